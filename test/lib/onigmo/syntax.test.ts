import { expect, it } from 'vitest'
import { parsePattern } from '../../../src/lib/onigmo/parse.ts'
import { RegexError, leastWidth } from '../../../src/lib/onigmo/syntax.ts'

it.each([['', 0], ['abc', 3], ['a?b+', 1], ['(?:ab|c)x{2,}', 3], ['^(a)$', 1], ['(?>ab)*', 0]])('the fewest characters of /%s/ are %i', (pattern, least) => {
  expect(leastWidth(parsePattern(pattern, { fold: false, dotAll: false, extended: false }).root)).toBe(least)
})

it('a wrong pattern says where', () => {
  expect(new RegexError('a class that is not closed', 4)).toMatchObject({ position: 4 })
})
