import { expect, it } from 'vitest'
import { Pool } from '../../../src/event/pool.ts'
import { createTimeField } from '../../../src/parsers/shared/time-field.ts'

it('takes key, format and whether the time stays from the definition', () => {
  const field = createTimeField({ name: 'p', format: 'json', time_key: 'ts', time_format: '%s', time_keep: true }, new Pool())!
  expect([field.key.text, field.keep]).toEqual(['ts', true])
  expect(field.parser.parse(Buffer.from('1795341600'), 0, 10)).toBe(true)
  expect(field.parser.seconds).toBe(1795341600)
  expect(createTimeField({ name: 'p', format: 'json' }, new Pool())).toBeUndefined()
})

it('refuses what excludes each other', () => {
  const definition = { name: 'p', format: 'json', time_format: '%H:%M', time_zone: 'Europe/Berlin' } as const
  expect(() => createTimeField({ ...definition, time_offset: '+0100' }, new Pool())).toThrow('exclude each other')
  expect(() => createTimeField({ ...definition, time_system_timezone: true }, new Pool())).toThrow('exclude each other')
})
