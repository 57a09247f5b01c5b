import { describe, expect, it } from 'vitest'
import { compileRegex } from '../../../src/lib/onigmo/regex.ts'
import { parseClass } from '../../../src/lib/onigmo/parse-class.ts'
import { EscapeReader } from '../../../src/lib/onigmo/parse-escape.ts'
import { ASCII, resolve } from '../../../src/lib/onigmo/sets.ts'

/** The ASCII characters of a class, written with its brackets. */
function members(text: string): string {
  const reader = new EscapeReader(text)
  reader.skip(1)
  const ranges = resolve(parseClass(reader), false, ASCII)
  let all = ''
  for (let i = 0; i < ranges.length; i += 2) for (let c = ranges[i]!; c <= ranges[i + 1]!; c++) all += String.fromCharCode(c)
  return all
}

describe('parseClass', () => {
  it('reads ranges, brackets in first place and dashes at the end', () => {
    expect(members('[a-cx]')).toBe('abcx')
    expect(members('[]a]')).toBe(']a')
    expect(members('[a-]')).toBe('-a')
  })

  it('reads nested, intersected and named classes', () => {
    expect(members('[a-z&&[^b-y]]')).toBe('az')
    expect(members('[[:digit:]_]')).toBe('0123456789_')
    expect(members('[^[:^digit:]]')).toBe('0123456789')
  })

  it('says what is wrong with a class and where', () => {
    expect(() => compileRegex('ab[cd')).toThrow('a class that is not closed')
    expect(() => compileRegex('[[:nope:]]')).toThrow('[:nope:]')
  })
})
