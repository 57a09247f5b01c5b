import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MATCHED, UNDECIDED, bytesMatcher, textMatcher } from '../../../src/lib/onigmo/matcher.ts'
import { compileRegex } from '../../../src/lib/onigmo/regex.ts'
import { recordedMatches, type Captured } from './recorded-matches.ts'

const cases = recordedMatches.flatMap(([pattern, matches]) => matches.map(([text, captured]) => [pattern, text, captured] as const))

/** Named groups of the match, empty where they took no part; nothing when no named group took part. */
function named(pattern: string, group: (number: number) => string | undefined): Captured {
  const { names } = compileRegex(pattern)
  const found = names.map(({ name, groups }) => [name, groups.map(group).find((text) => text !== undefined)] as const)
  return found.every(([, text]) => text === undefined)
    ? undefined
    : Object.fromEntries(found.map(([name, text]) => [name, text ?? '']))
}

describe('compileRegex', () => {
  it.each(cases)('%s on %j gives what Onigmo gives', (pattern, text, captured) => {
    const match = compileRegex(pattern).execIndexed(text)
    expect(match === null ? undefined : named(pattern, (group) => match[group])).toEqual(captured)
  })

  it.each(cases)('%s on %j: the matchers agree or leave it open', (pattern, text, captured) => {
    const { pattern: parsed } = compileRegex(pattern)
    const bytes = Buffer.from(text)
    const groups = new Int32Array(parsed.groups * 2 + 2)
    const overBytes = bytesMatcher(parsed)?.(bytes, 0, bytes.length, groups) ?? UNDECIDED
    if (overBytes !== UNDECIDED) {
      const slice = (group: number): string | undefined =>
        groups[group * 2]! < 0 ? undefined : bytes.toString('utf8', groups[group * 2], groups[group * 2 + 1])
      expect(overBytes === MATCHED ? named(pattern, slice) : undefined).toEqual(captured)
    }
    const overText = textMatcher(parsed)?.(text, 0, text.length, groups) ?? UNDECIDED
    if (overText !== UNDECIDED && captured !== undefined) expect(overText).toBe(MATCHED)
  })

  it('takes ^ and $ as the bounds of lines, but no line begins behind the last newline', () => {
    const empty = compileRegex('^$')
    expect(empty.test('a\n')).toBe(false)
    expect(empty.test('a\n\nb')).toBe(true)
    expect(empty.test('a\n\r\n')).toBe(false)
    expect(compileRegex('^b$').test('a\nb\nc')).toBe(true)
    expect(compileRegex('^b$').test('a\rb\rc')).toBe(false)
    expect(compileRegex('\\Ab').test('a\nb')).toBe(false)
    expect(compileRegex('a\\Z').test('a\n')).toBe(true)
    expect(compileRegex('a\\z').test('a\n')).toBe(false)
  })

  it.each([
    ['a\\Kb', '\\K is not supported at character 2'],
    ['(?~a)', 'the absence operator (?~…) is not supported at character 1'],
    ['(a)?(?(1)b|c)', 'conditions (?(…)…) are not supported at character 5'],
    ['(?<a>x)\\g<a>', 'calls of groups (\\g) are not supported at character 8'],
    ['a(b', 'a group that is not closed at character 2'],
    ['[a', 'a class that is not closed at character 1'],
    ['ab)', 'unmatched close parenthesis at character 3'],
    ['*a', 'nothing to repeat at character 1'],
    ['[z-a]', 'a range whose end is before its start at character 2'],
    ['\\p{Nope}', 'the unknown property Nope at character 1'],
    ['(?<a>x)\\1', 'a numbered back-reference beside named groups at character 8']
  ])('refuses %s: %s', (pattern, reason) => {
    expect(() => compileRegex(pattern)).toThrow(reason)
  })

  it.each([
    ['/a.b/m', 'a\nb', true],
    ['/a.b/', 'a\nb', false],
    ['/a b/x', 'ab', true],
    ['/abc/ig', '/abc/ig', true],
    ['/abc/ig', 'ABC', false],
    ['/', 'a/b', true],
    ['//', '', true]
  ])('reads the delimiters of %s as Fluent Bit does', (pattern, text, found) => {
    expect(compileRegex(pattern).test(text)).toBe(found)
  })

  it('gives groups by name, of equal names the last that took part', () => {
    const regex = compileRegex('^(?:x(?<a>\\d)|y(?<a>\\d))(?<b>z)?$')
    expect({ ...regex.exec('x1')!.groups }).toEqual({ a: '1' })
    expect({ ...regex.exec('y2z')!.groups }).toEqual({ a: '2', b: 'z' })
  })

  it('says of any pattern the same over bytes as RegExp does', () => {
    const atom = fc.constantFrom('a', 'b', '[ab]', '[^a]', '.', '\\d', '\\w', 'é', ' ', '^', '$', '\\b', '(?=b)', '(?!a)')
    const times = fc.constantFrom('', '*', '+', '?', '*?', '+?', '{2}', '{1,2}', '{0,2}?')
    const piece = fc.tuple(atom, times).map(([letter, quantifier]) => /^[\^$\\(]/.test(letter) && !/^\\[dw]/.test(letter) ? letter : letter + quantifier)
    const group = fc.tuple(fc.array(piece, { minLength: 1, maxLength: 3 }), fc.constantFrom('', '?', '??'), fc.boolean())
      .map(([parts, quantifier, alternative]) => `(${parts.join('')}${alternative ? '|b' : ''})${quantifier}`)
    const pattern = fc.array(fc.oneof(piece, group), { minLength: 1, maxLength: 5 }).map((parts) => parts.join(''))
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '1', ' ', 'é', '\n', '-'), maxLength: 12 })
    let decided = 0
    fc.assert(fc.property(pattern, text, (source, subject) => {
      const regex = compileRegex(source)
      const matcher = bytesMatcher(regex.pattern)
      if (!matcher) return
      const bytes = Buffer.from(subject)
      const groups = new Int32Array(regex.pattern.groups * 2 + 2)
      const outcome = matcher(bytes, 0, bytes.length, groups)
      if (outcome === UNDECIDED) return
      decided++
      const match = regex.execIndexed(subject)
      expect(outcome === MATCHED).toBe(match !== null)
      if (match === null) return
      for (let i = 0; i < match.length; i++) {
        const slice = groups[i * 2]! < 0 ? undefined : bytes.toString('utf8', groups[i * 2], groups[i * 2 + 1])
        expect([i, slice]).toEqual([i, match[i]])
      }
    }), { numRuns: 3000 })
    expect(decided).toBeGreaterThan(1000)
  })
})

describe('a pattern that backtracks for ever', () => {
  it.each([
    ['of nested repeats', '^(a+)+$'],
    ['with a lookahead', '^(?=a)(a+)+$'],
    ['with a back-reference', '^(?<x>a+)+\\k<x>$'],
    ['with an atomic group around nothing', '^(?>b?)(?:a|a?)+$']
  ])('does not stop the agent: %s', (_, pattern) => {
    const program = `
      import { compileRegex } from ${JSON.stringify(new URL('../../../src/lib/onigmo/regex.ts', import.meta.url).pathname)}
      const regex = compileRegex(process.argv[1])
      const found = [regex.test('a'.repeat(40) + '!'), regex.test('é' + 'a'.repeat(40) + '!'), regex.exec('a'.repeat(5000) + '!'), regex.execIndexed('a'.repeat(40) + '!')]
      console.log(JSON.stringify(found))`
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', program, pattern], { timeout: 15_000, encoding: 'utf8' })
    expect(JSON.parse(output)).toEqual([false, false, null, null])
  })
})
