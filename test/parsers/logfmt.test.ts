import { describe, expect, it } from 'vitest'
import { Pool } from '../../src/event/pool.ts'
import type { ParserDefinition } from '../../src/parsers/shared/definition.ts'
import { LogfmtParser } from '../../src/parsers/logfmt.ts'
import { NOW, parseText } from './reading.ts'

function parse(text: string, rest: Partial<ParserDefinition> = {}): ReturnType<typeof parseText> {
  const pool = new Pool()
  return parseText(new LogfmtParser({ name: 'l', format: 'logfmt', ...rest }, pool), pool, text)
}

describe('LogfmtParser', () => {
  it.each([
    ['a=1 b="x y" c', { a: '1', b: 'x y', c: true }],
    ['a="\\"q\\" \\u00e9\\n"', { a: '"q" é\n' }],
    ['a="open', { a: 'open' }],
    ['a="open\\', { a: 'open\\' }],
    ['a= b=""', { a: true, b: '' }],
    ['a=1 a=2', { a: '2' }],
    ['k\\n=1', { 'k\\n': '1' }],
    ['日本=語 é="ü"', { 日本: '語', é: 'ü' }],
    ['   ', undefined],
    ['', undefined],
    ['""', undefined]
  ])('%j is %j', (text, expected) => {
    expect(parse(text)?.body).toEqual(expected)
  })

  it('casts the values of typed keys and leaves the others', () => {
    expect(parse('n=42 s="4\\"2" b', { types: 'n:integer' })?.body).toEqual({ n: 42, s: '4"2', b: true })
  })

  it('takes the time, and no line whose time does not fit', () => {
    const time = { time_format: '%Y-%m-%d', time_key: 'ts' }
    expect(parse('ts=2026-03-04 a=1', time)).toMatchObject({ seconds: Date.parse('2026-03-04') / 1000, body: { a: '1' } })
    expect(parse('a=1 ts=soon', time)).toBeUndefined()
    expect(parse('ts= a=1', time)).toMatchObject({ seconds: NOW, body: { ts: true, a: '1' } })
    expect(parse('ts=2026-03-04', time)).toBeUndefined()
  })

  it('may refuse keys without a value', () => {
    expect(parse('a= b=1', { logfmt_no_bare_keys: true })?.body).toEqual({ a: true, b: '1' })
    expect(parse('a=1 b', { logfmt_no_bare_keys: true })).toBeUndefined()
  })
})
