import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FAILED, MATCHED, UNDECIDED, bytesMatcher, textMatcher } from '../../../src/lib/onigmo/matcher.ts'
import { parsePattern } from '../../../src/lib/onigmo/parse.ts'

const plain = { fold: false, dotAll: false, extended: false }
const line = /^(?<host>[^ ]*) \[(?<time>[^\]]*)\] "(?<method>\S+)" (?<code>\d+)$/

describe('a matcher over bytes', () => {
  it('finds the groups that a RegExp finds, at the same places', () => {
    const matcher = bytesMatcher(parsePattern(line.source, plain))!
    const part = fc.string({ unit: fc.constantFrom('a', ' ', '[', ']', '"', '1', '-'), maxLength: 6 })
    fc.assert(fc.property(part, part, part, part, (host, time, method, code) => {
      const text = `${host} [${time}] "${method}" ${code}`
      const groups = new Int32Array(10)
      const outcome = matcher(Buffer.from(text), 0, text.length, groups)
      if (outcome === UNDECIDED) return
      const found = line.exec(text)
      expect(outcome).toBe(found === null ? FAILED : MATCHED)
      if (found !== null) expect([1, 2, 3, 4].map((g) => text.slice(groups[g * 2], groups[g * 2 + 1]))).toEqual(found.slice(1))
    }), { numRuns: 300 })
  })

  it('stays within its range', () => {
    const matcher = bytesMatcher(parsePattern('\\Aab\\z', plain))!
    expect(matcher(Buffer.from('xabx'), 1, 3, new Int32Array(2))).toBe(MATCHED)
    expect(matcher(Buffer.from('xabx'), 1, 4, new Int32Array(2))).toBe(FAILED)
  })

  it('is the same over text, and is not made for what it does not do', () => {
    expect(textMatcher(parsePattern('b+c', plain))!('abbc', 0, 4, new Int32Array(2))).toBe(MATCHED)
    expect(bytesMatcher(parsePattern('(a)\\1', plain))).toBeUndefined()
  })
})
