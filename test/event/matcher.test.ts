import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileMatcher, ExactMatcher } from '../../src/event/matcher.ts'
import { compileRegex } from '../../src/lib/onigmo/regex.ts'

function matches(pattern: string, text: string): boolean {
  const bytes = Buffer.from(`<${text}>`)
  return compileMatcher(pattern).matches(bytes, 1, bytes.length - 1)
}

describe('compileMatcher', () => {
  it.each([
    ['debug', 'a debug line', true],
    ['^debug$', 'debug', true],
    ['^debug$', 'debugs', false],
    ['^debug', 'debugs', true],
    ['debug$', 'no debug', true],
    ['^(warn|error)$', 'error', true],
    ['^(warn|error)$', 'errors', false],
    ['(?:a|bc)', 'xbcx', true],
    ['a\\.b', 'a.b', true],
    ['a\\.b', 'axb', false],
    ['^b$', 'a\nb\nc', true],
    ['/healthz', 'GET /healthz', true],
    ['ü', 'grün', true],
    ['a|b', 'xb', true],
    ['^x|y$', 'xz', true]
  ])('%s in %j: %s', (pattern, text, expected) => {
    expect(matches(pattern, text)).toBe(expected)
    expect(compileMatcher(pattern).matchesText(text)).toBe(expected)
  })

  it('says of bytes what the regular expression says of the text', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', '\\.', 'ü'), minLength: 1, maxLength: 4 })
    const inner = fc.oneof(word, fc.array(word, { minLength: 1, maxLength: 3 }).map((words) => `(${words.join('|')})`))
    const pattern = fc.tuple(fc.constantFrom('', '^'), inner, fc.constantFrom('', '$')).map((parts) => parts.join(''))
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '.', 'ü', '\n'), maxLength: 10 })
    fc.assert(fc.property(pattern, text, (source, given) => {
      expect(matches(source, given)).toBe(compileRegex(source).test(given))
    }), { numRuns: 2000 })
  })
})

describe('ExactMatcher', () => {
  it('takes the whole text only', () => {
    const matcher = new ExactMatcher(['a', 'bc'])
    const bytes = Buffer.from('abc')
    expect([matcher.matches(bytes, 0, 1), matcher.matches(bytes, 1, 3), matcher.matches(bytes, 0, 3)]).toEqual([true, true, false])
    expect([matcher.matchesText('bc'), matcher.matchesText('b')]).toEqual([true, false])
  })
})
