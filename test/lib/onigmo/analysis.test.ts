import { describe, expect, it } from 'vitest'
import { END, decisive, groupsOf, leading, overlapping, union } from '../../../src/lib/onigmo/analysis.ts'
import { parsePattern } from '../../../src/lib/onigmo/parse.ts'

const root = (pattern: string) => parsePattern(pattern, { fold: false, dotAll: false, extended: false }).root

describe('sets of what may follow', () => {
  it('are joined and cut', () => {
    expect(union([0x30, 0x39], [0x35, 0x41])).toEqual([0x30, 0x41])
    expect(overlapping([0x30, 0x39], [0x35, 0x41])).toEqual([0x35, 0x39])
    expect(overlapping([0x30, 0x31], [0x40, 0x41])).toEqual([])
  })

  it('decide nothing when the match may be complete', () => {
    expect(decisive([0x30, 0x39])).toEqual([0x30, 0x39])
    expect(decisive(END)).toBeNull()
    expect(decisive(null)).toBeNull()
  })
})

describe('a pattern', () => {
  it('tells the anchor that it begins with, through groups', () => {
    expect(leading(root('^abc'))).toBe('line-start')
    expect(leading(root('(\\Aabc)'))).toBe('start')
    expect(leading(root('a^'))).toBeUndefined()
  })

  it('tells its groups', () => {
    expect(groupsOf(root('(a(b))|(c)'))).toEqual([1, 2, 3])
    expect(groupsOf(root('(?:a)'))).toEqual([])
  })
})
