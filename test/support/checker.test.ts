import { describe, expect, it } from 'vitest'
import { Checker } from './checker.ts'
import { cri, criJson, criPartial, plain } from './writer.ts'

describe('a checker', () => {
  it('knows what never came', () => {
    const checker = new Checker()
    for (const number of [0, 1, 3, 6]) checker.see('w', number)
    expect(checker.missing([{ name: 'w', count: 8 }, { name: 'other', count: 1 }]))
      .toEqual(['w: 4 of 8 lost: 2, 4–5, 7', 'other: 1 of 1 lost: 0'])
    expect(checker.missing([{ name: 'w', count: 2 }])).toEqual([])
  })

  it('counts repeats and looks at the order of first occurrences only', () => {
    const checker = new Checker()
    for (const number of [0, 1, 2, 1, 2, 3]) checker.see('w', number)
    expect(checker.repeated).toBe(2)
    expect(checker.disorder()).toEqual([])
    checker.see('w', 9)
    checker.see('w', 5000)
    checker.see('w', 4)
    expect(checker.disorder()).toEqual(['w: 1 out of order, first: 4 first came after 5000'])
    expect(checker.seen('w')).toBe(7)
  })

  it('explains a repeat by a kill shortly after the first time', () => {
    const checker = new Checker()
    checker.repeats.push({ stream: 'w', number: 1, first: 1000, again: 5000 })
    expect(checker.unexplained([2000], 1500)).toEqual([])
    expect(checker.unexplained([2000], 500)).toHaveLength(1)
    expect(checker.unexplained([6000], 9000)).toHaveLength(1)
    expect(checker.unexplained([], 9000)).toHaveLength(1)
  })

  it.each([plain, cri, criJson])('finds the number in a line of any format', (format) => {
    const checker = new Checker()
    expect(checker.take(`{"log":${JSON.stringify(format('web-1', 42))}}`)).toBe(true)
    expect(checker.seen('web-1')).toBe(1)
    expect(checker.missing([{ name: 'web-1', count: 43 }])[0]).toContain('42 of 43 lost: 0–41')
  })

  it('takes text without a number for none of its lines', () => {
    const checker = new Checker()
    expect(checker.take('{"log":"hello 12"}')).toBe(false)
    expect(criPartial('w', 3).split('\n').filter((line) => checker.take(line))).toHaveLength(1)
  })
})
