import { expect, it } from 'vitest'
import { defaultOf } from '../../../src/config/values.ts'
import { options } from '../../../src/inputs/systemd/options.ts'

it('begins as Fluent Bit does where nothing is configured', () => {
  const defaults = Object.entries(options).filter(([, field]) => !('multiple' in field)).map(([name, field]) => [name, defaultOf(field)])
  expect(Object.fromEntries(defaults)).toEqual({
    path: undefined, systemd_filter_type: 'or', read_from_tail: false, lowercase: false, strip_underscores: false, max_fields: 8000, max_entries: 5000,
    db: undefined, 'db.sync': 'normal'
  })
  expect(options.systemd_filter.multiple).toBe(true)
})
