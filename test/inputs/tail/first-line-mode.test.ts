import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { firstLineMode } from '../../../src/inputs/tail/first-line-mode.ts'
import type { Parser } from '../../../src/plugin/parser.ts'
import { JoinerBench, parser } from './parsers.ts'

const FLUSH = 4_000
const first = parser('first', /^(?<level>[A-Z]+) (?<text>.*)$/s)
const cause = parser('cause', /^cause: (?<cause>.*)$/s)

function bench(rest: readonly Parser[] = [], begin = first): JoinerBench {
  return new JoinerBench((pool) => firstLineMode(begin, rest, pool.key('log'), FLUSH))
}

describe('multiline with parser_firstline', () => {
  it('adds lines to the last text of the group until the next first line', () => {
    const joiner = bench()
    joiner.give(['ERROR one', '  at a', '  at b', 'INFO two'])
    expect(joiner.members).toEqual([{ level: 'ERROR', text: 'one\n  at a\n  at b' }])
    expect(joiner.emitted[0]!.ranges).toEqual([[0, 10], [10, 17], [17, 24]])
    expect(joiner.joiner.heldLines).toBe(1)
  })

  it('takes a line apart that another parser knows, only within a group', () => {
    const joiner = bench([cause])
    joiner.give(['cause: early', 'ERROR one', 'cause: disk', '  at b'])
    joiner.joiner.flush(Date.now(), true)
    expect(joiner.members).toEqual([{ log: 'cause: early' }, { level: 'ERROR', text: 'one', cause: 'disk\n  at b' }])
  })

  it('gives the group the time of its first line, even where a later one has its own', () => {
    const timed = parser('timed', /^(?<level>[A-Z]+) (?<time>\d+) (?<text>.*)$/)
    const joiner = bench([parser('late', /^late (?<time>\d+) (?<more>.*)$/)], timed)
    joiner.give(['ERROR 7 one', 'late 99 x'], 50)
    joiner.joiner.flush(Date.now(), true)
    expect(joiner.emitted.map(({ seconds, members }) => [seconds, members])).toEqual([
      [7, { level: 'ERROR', text: 'one', more: 'x' }]
    ])
  })

  it('lets a group go when nothing came for as long as told', () => {
    const joiner = bench()
    expect(joiner.joiner.flush(Date.now(), false)).toBe(Infinity)
    joiner.give(['ERROR one'])
    expect(joiner.joiner.flush(Date.now(), false)).toBeGreaterThan(FLUSH - 1_000)
    expect(joiner.emitted).toEqual([])
    joiner.joiner.flush(Date.now() + FLUSH + 1, false)
    expect(joiner.members).toEqual([{ level: 'ERROR', text: 'one' }])
  })

  // a known defect: a group that follows another takes no lines, since the end of the one before closes it
  it('joins the lines of a second group as those of the first', () => {
    const joiner = bench()
    joiner.give(['ERROR one', '  at a', 'INFO two', '  at b'])
    joiner.joiner.flush(Date.now(), true)
    expect(joiner.members).toEqual([{ level: 'ERROR', text: 'one\n  at a' }, { level: 'INFO', text: 'two\n  at b' }])
  })

  it('whatever lines come: each is in one record, once', () => {
    const line = fc.constantFrom('ERROR e', 'INFO i', '  at x', 'cause: c', '', 'stray')
    fc.assert(fc.property(fc.array(line, { maxLength: 20 }), (lines) => {
      const joiner = bench([cause])
      joiner.give(lines)
      joiner.joiner.flush(Date.now(), true)
      const ranges = joiner.emitted.flatMap((each) => each.ranges).sort(([a], [b]) => a - b)
      let at = 0
      expect(ranges).toEqual(lines.map((each) => [at, (at += each.length + 1)]))
      expect([joiner.joiner.heldLines, joiner.joiner.heldBytes]).toEqual([0, 0])
    }))
  })
})
