import { describe, expectTypeOf, it } from 'vitest'
import type { Fields, OptionsOf } from '../../src/config/fields.ts'

const fields = {
  path: { kind: 'list', required: true, doc: '' },
  format: { kind: 'choice', values: ['json', 'text'], default: 'json', doc: '' },
  limit: { kind: 'size', doc: '' },
  rule: { kind: 'words', count: 2, multiple: true, doc: '' },
  'rdkafka.': { kind: 'string', prefix: true, doc: '' }
} as const satisfies Fields

describe('OptionsOf', () => {
  it('gives each option the type of its kind, undefined only without default', () => {
    type Options = OptionsOf<typeof fields>
    expectTypeOf<Options['path']>().toEqualTypeOf<readonly string[]>()
    expectTypeOf<Options['format']>().toEqualTypeOf<'json' | 'text'>()
    expectTypeOf<Options['limit']>().toEqualTypeOf<number | undefined>()
    expectTypeOf<Options['rule']>().toEqualTypeOf<readonly (readonly string[])[]>()
    expectTypeOf<Options['rdkafka.']>().toEqualTypeOf<ReadonlyMap<string, string>>()
  })
})
