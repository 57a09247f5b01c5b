import { describe, expect, it } from 'vitest'
import { LINES, ONE_LINE, emit } from '../../../src/lib/onigmo/emit.ts'
import { parsePattern } from '../../../src/lib/onigmo/parse.ts'
import { ASCII } from '../../../src/lib/onigmo/sets.ts'

function source(pattern: string, kind: 0 | 1 = ONE_LINE): { source: string; linear: boolean } {
  return emit(parsePattern(pattern, { fold: false, dotAll: false, extended: false }), ASCII, kind)
}

describe('emit', () => {
  it('gives an expression that JavaScript reads as Ruby reads the pattern', () => {
    expect(new RegExp(source('\\A\\h+\\z').source).test('beef')).toBe(true)
    expect(new RegExp(source('\\A\\h+\\z').source).test('beeg')).toBe(false)
    expect(new RegExp(source('^b$', LINES).source).test('a\nb\nc')).toBe(true)
    expect(new RegExp(source('').source).test('')).toBe(true)
  })

  it('says which expressions cannot run for ever', () => {
    expect(source('(a+)+$').linear).toBe(true)
    expect(source('(a)\\1').linear).toBe(false)
    expect(source('(?<!x)a').linear).toBe(false)
  })
})
