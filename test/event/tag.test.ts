import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileTagMatcher, tagPart } from '../../src/event/tag.ts'

describe('compileTagMatcher', () => {
  it.each([
    ['kube.*', 'kube.a', true],
    ['kube.*', 'kube.', true],
    ['kube.*', 'kube', false],
    ['*', '', true],
    ['app', 'app', true],
    ['app', 'app.1', false],
    ['*.log', 'a.log', true],
    ['a*b*c', 'a-b-b-c', true],
    ['a*a', 'a', false],
    ['*ab*ab*', 'abab', true],
    ['*ab*ab*', 'aba', false],
    ['a.c', 'abc', false],
    ['k?be', 'kube', false]
  ])('%s and %s: %s', (pattern, tag, expected) => {
    expect(compileTagMatcher(pattern)(tag)).toBe(expected)
  })

  it('agrees with a regular expression', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*'), maxLength: 8 })
    fc.assert(fc.property(letters, letters, (pattern, text) => {
      const tag = text.replaceAll('*', 'a')
      const regex = new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '.*')}$`, 's')
      expect(compileTagMatcher(pattern)(tag)).toBe(regex.test(tag))
    }))
  })

  it('holds a regular expression at the start of the tag, not to its end', () => {
    const matches = compileTagMatcher(undefined, 'kube\\.(a|b)')
    expect(matches('kube.a.more')).toBe(true)
    expect(matches('x.kube.a')).toBe(false)
  })

  it('is satisfied with either of pattern and regular expression', () => {
    const matches = compileTagMatcher('app', '^sys')
    expect([matches('app'), matches('syslog'), matches('other')]).toEqual([true, true, false])
  })

  it('matches nothing without both', () => {
    expect(compileTagMatcher(undefined)('app')).toBe(false)
  })
})

describe('tagPart', () => {
  it('counts the parts between dots from 0', () => {
    expect([0, 1, 2, 3].map((n) => tagPart('a.b.c', n))).toEqual(['a', 'b', 'c', undefined])
    expect(tagPart('plain', 0)).toBe('plain')
  })
})
