/** Throws records away: for trials and measurements. */
import { defineOutput, delivered } from '../plugin/output.ts'
import { JSON_DATE_FORMATS } from './shared/json-date.ts'

const reason = 'records are thrown away without being formatted'

export const nothing = defineOutput({
  name: 'null',
  summary: 'Throw records away.',
  options: {
    format: { kind: 'string', doc: 'Accepted as in Fluent Bit.', withoutEffect: reason },
    json_date_key: { kind: 'string', default: 'date', doc: 'Accepted as in Fluent Bit.', withoutEffect: reason },
    json_date_format: { kind: 'choice', values: JSON_DATE_FORMATS, doc: 'Accepted as in Fluent Bit.', withoutEffect: reason }
  },
  examples: [{ title: 'Throw everything away', config: "name: 'null'\nmatch: '*'" }],
  limits: () => ({ maxBytes: 8 * 1024 * 1024, maxRecords: 1_000_000, concurrency: 1, ordered: false, gather: false }),
  create: () => ({ write: () => Promise.resolve(delivered) })
})
