import { describe, expect, it } from 'vitest'
import { Pool } from '../../src/event/pool.ts'
import type { ParserDefinition } from '../../src/parsers/shared/definition.ts'
import { LtsvParser } from '../../src/parsers/ltsv.ts'
import { parseText } from './reading.ts'

function parse(text: string, rest: Partial<ParserDefinition> = {}): ReturnType<typeof parseText> {
  const pool = new Pool()
  return parseText(new LtsvParser({ name: 'l', format: 'ltsv', ...rest }, pool), pool, text)
}

describe('LtsvParser', () => {
  it.each([
    ['a:1\tb-c.d_e:x y:z', { a: '1', 'b-c.d_e': 'x y:z' }],
    ['a:\tb:é', { a: '', b: 'é' }],
    ['a:1\ta:2', { a: '2' }],
    ['a:1\tno label\tb:2', { a: '1' }],
    ['a:1\t:x\tb:2', { a: '1', b: '2' }],
    ['plain', undefined],
    ['', undefined]
  ])('%j is %j', (text, expected) => {
    expect(parse(text)?.body).toEqual(expected)
  })

  it('takes the time, and no line whose time does not fit', () => {
    const rest = { time_format: '%Y-%m-%d', types: 'n:integer' }
    expect(parse('n:7\ttime:2026-03-04', rest)).toMatchObject({ seconds: Date.parse('2026-03-04') / 1000, body: { n: 7 } })
    expect(parse('n:7\ttime:soon', rest)).toBeUndefined()
  })
})
