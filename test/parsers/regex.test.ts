import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Pool } from '../../src/event/pool.ts'
import { ARENA, RAW_TEXT, Record } from '../../src/event/record.ts'
import type { ParserDefinition } from '../../src/parsers/shared/definition.ts'
import { createParsers } from '../../src/parsers/index.ts'
import { RegexParser } from '../../src/parsers/regex.ts'
import { NOW, parseText, readLines, takeRecord } from './reading.ts'

const pool = new Pool()
const regexParser = (regex: string, rest: Partial<ParserDefinition> = {}): RegexParser =>
  new RegexParser({ name: 'p', format: 'regex', regex, ...rest }, pool)
const bodyOf = (parser: RegexParser, text: string): object | undefined => parseText(parser, pool, text)?.body

describe('RegexParser', () => {
  it('reads what web servers write', () => {
    const nginx = createParsers([], [], pool).parser('nginx')!
    const line = (user: string): string =>
      `10.0.0.1 - ${user} [10/Oct/2026:13:55:36 -0700] "GET /a b?c=d HTTP/1.1" 200 2326 "-" "agent ${user}"`
    for (const user of ['alice', 'Zoë', '爱丽丝', '😀']) {
      expect(parseText(nginx, pool, line(user))).toMatchObject({
        seconds: Date.parse('2026-10-10T20:55:36Z') / 1000,
        body: { remote: '10.0.0.1', host: '-', user, method: 'GET', path: '/a b?c=d', code: '200', size: '2326', referer: '-', agent: `agent ${user}` }
      })
    }
    expect(parseText(nginx, pool, 'no such line')).toBeUndefined()
  })

  it('splits container lines as its pattern says, whatever they hold', () => {
    const stock = createParsers([], [], pool).parser('cri')!
    const pattern = /^(?<time>[^ ]+) (?<stream>stdout|stderr) (?<logtag>[^ ]*) (?<message>.*)$/
    const part = fc.constantFrom('2026-11-22T10:00:00Z', ' ', 'stdout', 'stderr', 'F', 'P', ' stdout F ', 'é', '😀', 'x')
    fc.assert(fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
      const line = parts.join('')
      const match = pattern.exec(line)
      const expected = match && Object.fromEntries(Object.entries(match.groups!).filter(([, text]) => text !== ''))
      const valid = match === null || match[1]!.startsWith('2026-11-22T10:00:00Z')
      const found = parseText(stock, pool, line)?.body
      // A time that cannot be read is dropped.
      if (valid) expect(found && { ...expected, ...found }).toEqual(match ? expected : undefined)
    }), { numRuns: 1000 })
  })

  it('takes no line in which no named group took part', () => {
    expect(bodyOf(regexParser('(?<a>x)?'), 'y')).toBeUndefined()
    expect(bodyOf(regexParser('(x)(y)'), 'xy')).toBeUndefined()
    expect(bodyOf(regexParser('(?<a>x?)'), 'y')).toEqual({})
    expect(bodyOf(regexParser('(?<a>x)?', { skip_empty_values: false }), 'y')).toBeUndefined()
  })

  it('keeps a record whose time cannot be read, without the time', () => {
    const parser = regexParser('^(?<time>\\S+) (?<m>.*)$', { time_format: '%Y', time_keep: true })
    expect(parseText(parser, pool, 'x y')).toMatchObject({ seconds: NOW, body: { m: 'y' } })
    expect(parseText(parser, pool, '2026 y')).toMatchObject({ seconds: Date.parse('2026-01-01') / 1000, body: { time: '2026', m: 'y' } })
  })

  it('replaces members that are there already, and parses text of the arena', () => {
    const record = new Record(pool)
    record.append(pool.key('a'), ARENA, record.addText('old'), record.arenaLength, RAW_TEXT)
    record.append(pool.key('z'), ARENA, record.addText('stays'), record.arenaLength, RAW_TEXT)
    const start = record.addText('1-2 é')
    const parser = regexParser('(?<a>\\d)-(?<b>\\d) (?<c>.)', { types: 'a:integer' })
    expect(parser.parse(record, ARENA, start, record.arenaLength)).toBe(true)
    expect(takeRecord(record).body).toEqual({ a: 1, z: 'stays', b: '2', c: 'é' })
  })

  it('leaves the record as it was when it does not match', () => {
    const record = new Record(pool)
    record.setText(pool.key('a'), 'old')
    record.setTime(NOW, 5)
    const start = record.addText('nothing')
    expect(regexParser('(?<a>\\d)').parse(record, ARENA, start, record.arenaLength)).toBe(false)
    expect(takeRecord(record)).toMatchObject({ seconds: NOW, nanos: 5, body: { a: 'old' } })
  })

  it('reads patterns that only RegExp can do, in lines of one block', () => {
    const parser = regexParser('^(?<a>\\w)\\k<a>(?<rest>.*)$')
    expect(readLines(parser, pool, ['xxy', 'aaé', 'ab', 'zz']).map(({ body }) => body)).toEqual([
      { a: 'x', rest: 'y' }, { a: 'a', rest: 'é' }, { log: 'ab' }, { a: 'z' }
    ])
  })
})
