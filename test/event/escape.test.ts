import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ESCAPE_GROWTH, escapeText, needsEscape } from '../../src/event/escape.ts'

function escape(text: string): string {
  const from = Buffer.from(`<${text}>`)
  const room = (from.length - 2) * ESCAPE_GROWTH
  const to = Buffer.alloc(1 + room + 1, '#')
  const end = escapeText(from, 1, from.length - 1, to, 1)
  expect([to[0], to[1 + room]]).toEqual([0x23, 0x23])
  return to.toString('utf8', 1, end)
}

describe('escapeText', () => {
  it('gives what JSON.stringify gives between the quotes, for any text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      const wellFormed = text.toWellFormed()
      expect(escape(wellFormed)).toBe(JSON.stringify(wellFormed).slice(1, -1))
    }))
  })

  it('escapes each control in its shortest form', () => {
    const all = Array.from({ length: 0x100 }, (_, i) => String.fromCharCode(i)).join('')
    expect(escape(all)).toBe(JSON.stringify(all).slice(1, -1))
  })

  it('writes nothing for an empty range', () => {
    expect(escape('')).toBe('')
  })

  it('gives the same for text of any length, longer than what is escaped at once too', () => {
    const line = '{"msg":"a \\"quoted\\" é\n\u0001 text"}'
    for (const count of [1, 2, 60, 61, 62, 500]) {
      const text = line.repeat(count)
      expect(escape(text)).toBe(JSON.stringify(text).slice(1, -1))
    }
  })

  it('copies long runs between escapes', () => {
    const text = 'a'.repeat(100) + '"' + 'b'.repeat(41) + '\n' + 'c'.repeat(40)
    expect(escape(text)).toBe(JSON.stringify(text).slice(1, -1))
  })
})

describe('needsEscape', () => {
  it('is true exactly when escaping changes the text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => {
      const bytes = Buffer.from(text.toWellFormed())
      expect(needsEscape(bytes, 0, bytes.length)).toBe(escape(text.toWellFormed()) !== text.toWellFormed())
    }))
  })
})
