import { describe, expect, it } from 'vitest'
import { Pool } from '../../src/event/pool.ts'
import { BLOCK, Record } from '../../src/event/record.ts'
import type { ParserDefinition } from '../../src/parsers/shared/definition.ts'
import { JsonParser } from '../../src/parsers/json.ts'
import { NOW, parseText } from './reading.ts'

function parse(text: string, rest: Partial<ParserDefinition> = {}): ReturnType<typeof parseText> {
  const pool = new Pool()
  return parseText(new JsonParser({ name: 'j', format: 'json', ...rest }, pool), pool, text)
}

describe('JsonParser', () => {
  it('takes one object, and ignores text behind it unless that is another value', () => {
    expect(parse('{"a":1} junk')?.body).toEqual({ a: 1 })
    expect(parse(' {"a":1}  ')?.body).toEqual({ a: 1 })
    expect(parse('{"a":1}]')?.body).toEqual({ a: 1 })
    for (const text of ['{"a":1}{"b":2}', '{"a":1} [1]', '{"a":1} 5', '{"a":1} "x"', '[1]', '"a"', '1', '', '{"a":1']) expect(parse(text)).toBeUndefined()
  })

  it('keeps numbers as they are written', () => {
    const pool = new Pool()
    const record = new Record(pool)
    const block = Buffer.from('{"a":18446744073709551615,"b":1.50e1}')
    record.useBlock(block)
    expect(new JsonParser({ name: 'j', format: 'json' }, pool).parse(record, BLOCK, 0, block.length)).toBe(true)
    expect([record.text(0), record.text(1)]).toEqual(['18446744073709551615', '1.50e1'])
  })

  it.each([
    ['{"time":"2026-03-04","m":1}', { seconds: Date.parse('2026-03-04') / 1000, body: { m: 1 } }],
    ['{"time":"2026-\\u003003-04","m":1}', { seconds: NOW, body: { time: '2026-003-04', m: 1 } }],
    ['{"time":"\\u0032026-03-04","m":1}', { seconds: Date.parse('2026-03-04') / 1000, body: { m: 1 } }],
    ['{"time":1772582400,"m":1}', { seconds: NOW, body: { time: 1772582400, m: 1 } }],
    ['{"time":"soon","m":1}', { seconds: NOW, body: { time: 'soon', m: 1 } }],
    ['{"m":1}', { seconds: NOW, body: { m: 1 } }]
  ])('takes the time of %s', (text, expected) => {
    const { seconds, body } = parse(text, { time_format: '%Y-%m-%d' })!
    expect({ seconds, body }).toEqual(expected)
  })

  it.each([
    [{ time_zone: 'UTC' }, 'time_zone needs time_format'],
    [{ time_format: '%Y', time_zone: 'UTC', time_offset: '+0100' }, 'time_zone and time_offset exclude each other'],
    [{ time_format: '%Y', time_zone: 'UTC', time_system_timezone: true }, 'time_zone and time_system_timezone exclude each other']
  ])('refuses %j', (rest, reason) => {
    expect(() => parse('{}', rest)).toThrow(reason)
  })
})
