import { describe, expect, it } from 'vitest'
import { Pool } from '../../../src/event/pool.ts'
import { BLOCK, Record } from '../../../src/event/record.ts'
import { cast, made, parseTypes, type ValueType } from '../../../src/parsers/shared/types.ts'

/** The value as JSON spells it; a text in quotes. */
function castText(text: string, type: ValueType): string {
  const record = new Record(new Pool())
  const block = Buffer.from(text)
  record.useBlock(block)
  cast(record, BLOCK, 0, block.length, type)
  const value = record.bytes[made.source].toString('utf8', made.start, made.end)
  if (made.kind !== 0) return JSON.stringify(value)
  JSON.parse(value)
  return value
}

describe('cast', () => {
  it.each([
    ['42', 'integer', '42'], ['-7', 'integer', '-7'], ['+7', 'integer', '7'], ['007', 'integer', '7'], ['0', 'integer', '0'],
    ['-0', 'integer', '0'], [' 12ab', 'integer', '12'], ['', 'integer', '0'], ['-', 'integer', '0'], ['abc', 'integer', '0'],
    ['9223372036854775807', 'integer', '9223372036854775807'], ['99999999999999999999', 'integer', '9223372036854775807'],
    ['-99999999999999999999', 'integer', '-9223372036854775808'],
    ['0xff', 'hex', '255'], ['FF', 'hex', '255'], ['0x', 'hex', '0'], ['zz', 'hex', '0'], ['ffffffffffffffff', 'hex', '18446744073709551615'],
    ['2.5', 'float', '2.5'], ['1e3', 'float', '1e3'], ['1.x', 'float', '1'], ['.5', 'float', '0.5'], ['', 'float', '0'], ['1e999', 'float', '0'],
    ['true', 'bool', 'true'], ['TRUEish', 'bool', 'true'], ['False', 'bool', 'false'], ['yes', 'bool', '"yes"'], ['', 'bool', '""'],
    ['a"b', 'string', '"a\\"b"']
  ] as const)('%j as %s is %s', (text, type, expected) => {
    expect(castText(text, type)).toBe(expected)
  })
})

describe('parseTypes', () => {
  it('takes what it does not know for text, and the first of two', () => {
    expect([...parseTypes('a:Integer  b:nope c d:float d:hex')]).toEqual([['a', 'integer'], ['b', 'string'], ['d', 'float']])
  })

  it('reads commas as Fluent Bit does: as part of one type', () => {
    expect([...parseTypes('a:integer,b:integer')]).toEqual([['a', 'string']])
  })
})
