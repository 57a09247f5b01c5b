import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ASCII, BMP, className, complement, overlap, resolve } from '../../../src/lib/onigmo/sets.ts'
import type { SetNode } from '../../../src/lib/onigmo/syntax.ts'

const ranges = fc.array(fc.integer({ min: 0, max: ASCII }), { maxLength: 6 }).map((codes): SetNode => ({
  type: 'or', of: codes.map((code) => ({ type: 'ranges', ranges: [code, Math.min(code + 5, ASCII)] }))
}))
const members = (set: readonly number[]): Set<number> => {
  const codes = new Set<number>()
  for (let i = 0; i < set.length; i += 2) for (let code = set[i]!; code <= set[i + 1]!; code++) codes.add(code)
  return codes
}

describe('resolve', () => {
  it('unites, intersects and negates as sets do', () => {
    fc.assert(fc.property(ranges, ranges, (a, b) => {
      const [one, other] = [resolve(a, false, ASCII), resolve(b, false, ASCII)]
      expect(members(resolve({ type: 'or', of: [a, b] }, false, ASCII))).toEqual(members(one).union(members(other)))
      expect(members(resolve({ type: 'and', of: [a, b] }, false, ASCII))).toEqual(members(one).intersection(members(other)))
      expect(complement(complement(one, ASCII), ASCII)).toEqual(one)
      expect(overlap(one, other)).toBe(members(one).intersection(members(other)).size > 0)
    }))
  })

  it('takes letters in either case', () => {
    expect(resolve({ type: 'ranges', ranges: [0x61, 0x62] }, true, ASCII)).toEqual([0x41, 0x42, 0x61, 0x62])
    expect(resolve({ type: 'ranges', ranges: [0x6b, 0x6b] }, true, BMP)).toEqual([0x4b, 0x4b, 0x6b, 0x6b, 0x212a, 0x212a])
  })
})

describe('className', () => {
  it.each([['Alpha', 'alpha'], ['l u', undefined], ['Lu', 'Lu'], ['greek', 'Script=Greek'], ['nope', undefined]])('%s is %s', (name, expected) => {
    expect(className(name)).toBe(expected)
  })
})
