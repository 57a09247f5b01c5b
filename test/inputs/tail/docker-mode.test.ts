import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dockerMode } from '../../../src/inputs/tail/docker-mode.ts'
import type { Parser } from '../../../src/plugin/parser.ts'
import { JoinerBench, parser } from './parsers.ts'

const FLUSH = 4_000

function bench(take: Parser | null = null, first: Parser | null = null): JoinerBench {
  return new JoinerBench((pool) => dockerMode(take, first, pool.key('log'), FLUSH))
}

const part = (log: string, n = 1): string => JSON.stringify({ log, n })

describe('docker_mode', () => {
  it('joins objects up to the one whose log ends a line, whatever its text; each range goes with it', () => {
    fc.assert(fc.property(fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1, maxLength: 6 }), (texts) => {
      const whole = texts.map((text) => text.replaceAll('\n', ' '))
      const lines = whole.map((text, i) => part(i === whole.length - 1 ? text + '\n' : text))
      const joiner = bench()
      joiner.give(lines)
      expect(joiner.emitted.length).toBe(1)
      expect(JSON.parse(String(joiner.members[0]!['log']))).toEqual({ log: whole.join('') + '\n', n: 1 })
      expect(joiner.emitted[0]!.ranges.length).toBe(lines.length)
      expect(joiner.joiner.heldLines).toBe(0)
    }))
  })

  it('gives the joined object to the parser, with the time of its first part', () => {
    const joiner = bench(parser('object', /"log":"(?<text>.*)\\n"/))
    joiner.give([part('be')], 5)
    joiner.give([part('gun\n')], 9)
    expect(joiner.emitted.map(({ members, seconds }) => [members, seconds])).toEqual([[{ text: 'begun' }, 5]])
  })

  it('lets an open line go before one that is no such object, and that as it is', () => {
    const joiner = bench()
    joiner.give([part('open'), 'plain', '{"n":1}'])
    expect(joiner.members).toEqual([{ log: part('open') }, { log: 'plain' }, { log: '{"n":1}' }])
    expect(joiner.emitted.flatMap(({ ranges }) => ranges).map(([from]) => from)).toEqual([0, 21, 27])
  })

  it('waits for the rest of a line as long as told, and lets it go then', () => {
    const joiner = bench()
    joiner.give([part('open')])
    const wait = joiner.joiner.flush(Date.now(), false)
    expect(wait).toBeGreaterThan(FLUSH - 1_000)
    expect(wait).toBeLessThanOrEqual(FLUSH)
    expect([joiner.joiner.heldLines, joiner.emitted.length]).toEqual([1, 0])
    expect(joiner.joiner.flush(Date.now() + FLUSH + 1, false)).toBe(Infinity)
    expect(joiner.members).toEqual([{ log: part('open') }])
  })

  it('with a parser of first lines joins complete lines too, up to the next first one', () => {
    const joiner = bench(null, parser('first', /"log":"(?<level>ERROR)/))
    joiner.give([part('ERROR a\n'), part('  at b\n'), part('ERROR c\n')])
    expect(joiner.members).toEqual([{ log: part('ERROR a\n  at b\n') }])
    expect(joiner.joiner.heldLines).toBe(1)
  })

  it('lets a line without an end go before it takes up the memory', () => {
    const joiner = bench()
    for (let i = 0; i < 30; i++) joiner.give([part('x'.repeat(100_000))])
    expect(joiner.emitted.length).toBe(1)
    expect(joiner.joiner.heldBytes).toBeLessThan(2 * 1024 * 1024)
  })
})
