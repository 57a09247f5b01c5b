import { describe, expect, it } from 'vitest'
import { legacyDecoder, unicodeDecoder } from '../../../src/inputs/tail/encoding.ts'

describe('unicodeDecoder', () => {
  it('finds lines by whole units, not by a newline byte within one', () => {
    const decoder = unicodeDecoder('UTF-16LE', Buffer.alloc(0))!
    const text = Buffer.from('\u0a0dx\ny\n', 'utf16le')
    const first = decoder.lineEnd(text, 0, 0, text.length)
    expect(decoder.decode(text, 0, first, false)).toBe('\u0a0dx\n')
    expect(decoder.lineEnd(text, first, first, text.length)).toBe(text.length)
    expect(decoder.lineEnd(text, first, first, text.length - 1)).toBe(-1)
  })

  it('tells the encoding by the byte order mark or by where the zeros are', () => {
    const little = Buffer.from('\ufeffab\n', 'utf16le')
    expect(unicodeDecoder('auto', little)!.decode(little, 0, little.length, true)).toBe('ab\n')
    const big = Buffer.from('hello\n', 'utf16le').swap16()
    expect(unicodeDecoder('auto', big)!.decode(big, 0, big.length, false)).toBe('hello\n')
    expect(unicodeDecoder('auto', Buffer.from('plain text'))).toBeNull()
  })
})

describe('legacyDecoder', () => {
  it('knows the names that Fluent Bit has for code pages', () => {
    expect(legacyDecoder('ShiftJIS').decode(Buffer.from([0x93, 0xfa, 0x96, 0x7b]), 0, 4, false)).toBe('日本')
    expect(legacyDecoder('win1252').decode(Buffer.from([0xe9, 0x80]), 0, 2, false)).toBe('é€')
  })
})
