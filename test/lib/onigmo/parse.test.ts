import { describe, expect, it } from 'vitest'
import { parsePattern } from '../../../src/lib/onigmo/parse.ts'

const plain = { fold: false, dotAll: false, extended: false }

describe('parsePattern', () => {
  it('counts groups, and only named ones when there are any', () => {
    expect(parsePattern('(a)(?:b)(c)', plain)).toMatchObject({ groups: 2, names: [] })
    expect(parsePattern('(a)(?<x>b)(?<y>c)(?<x>d)', plain)).toMatchObject({
      groups: 3, names: [{ name: 'x', groups: [1, 3] }, { name: 'y', groups: [2] }]
    })
  })

  it('lets an option in the middle reach to the end of its group, alternatives included', () => {
    expect(parsePattern('a(?i)b|c', plain).root).toEqual(parsePattern('a(?i:b|c)', plain).root)
  })

  it('skips blanks and comments with option x', () => {
    expect(parsePattern('a b # c\n d', { ...plain, extended: true }).root).toEqual(parsePattern('abd', plain).root)
  })
})
