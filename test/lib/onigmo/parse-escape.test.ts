import { describe, expect, it } from 'vitest'
import { EscapeReader } from '../../../src/lib/onigmo/parse-escape.ts'
import { RegexError } from '../../../src/lib/onigmo/syntax.ts'

function escape(text: string): unknown {
  const reader = new EscapeReader(text)
  reader.skip(1)
  return reader.escape(0)
}

describe('EscapeReader', () => {
  it('reads characters by their letters and codes', () => {
    expect([escape('\\t'), escape('\\x41'), escape('\\u00e9'), escape('\\-')]).toEqual([9, 0x41, 0xe9, 0x2d])
  })

  it('moves over whole characters', () => {
    const reader = new EscapeReader('😀b')
    expect([reader.next(), reader.peek(), reader.done]).toEqual(['😀', 'b', false])
    expect([reader.take('b'), reader.take('b'), reader.done]).toEqual([true, false, true])
  })

  it('says where a backslash stands alone', () => {
    const reader = new EscapeReader('ab\\')
    reader.skip(3)
    expect(() => reader.escape(2)).toThrow(RegexError)
    expect(new EscapeReader('x').problem('why').position).toBe(0)
  })
})
