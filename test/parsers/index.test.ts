import { describe, expect, it } from 'vitest'
import { Pool } from '../../src/event/pool.ts'
import { createParser, createParsers, stockMultilineParsers, stockParsers } from '../../src/parsers/index.ts'
import { PluginError } from '../../src/plugin/context.ts'
import { JoinedPath, NOW, parseText, readLines, type Sent } from './reading.ts'
import { recordedCases, type RecordedCase } from './recorded-cases.ts'

function read({ parser, multiline, joiner, lines }: RecordedCase): readonly Sent[] {
  const pool = new Pool()
  if (parser) return readLines(createParser(parser, pool), pool, lines)
  const { rules = [], ...options } = multiline ?? { name: '' }
  const parsers = createParsers([], multiline ? [{ name: options.name, options, rules }] : [], pool)
  const path = new JoinedPath(parsers.joiner(joiner!), pool)
  path.read(...lines)
  path.joiner.flush(0, true)
  return path.sent
}

function timeless(record: { date: number }): object {
  const { date: _, ...body } = record
  return body
}

/** Lines that Fluent Bit loses: times before 1970, and groups that wait when it stops. */
const LOST: { readonly [name: string]: readonly object[] } = {
  'parser-time-two-digit-year': [{ date: NOW, m: 'c' }],
  'parser-time-two-digit-year-keep': [{ date: NOW, time: '691231-235959', m: 'c' }],
  'multiline-custom': [{ date: NOW, log: '2026-11-24 third\n  tail\n' }]
}

describe('createParsers', () => {
  it.each(recordedCases.map((one) => [one.name, one] as const))('answers as Fluent Bit does: %s', (name, one) => {
    const sent = read(one).map(({ seconds, nanos, body }) => ({ date: seconds + nanos / 1e9, ...body }))
    const expected = one.expected.map((line) => JSON.parse(line.replace('"date":<now>', `"date":${NOW}`)) as { date: number })
    const all = [...expected, ...(LOST[name] ?? [])] as { date: number; time?: string }[]
    expect(sent.map(timeless)).toEqual(all.map(timeless))
    sent.forEach(({ date }, i) => expect(date).toBeCloseTo(all[i]!.date, 5))
  })

  it('keeps the order of keys of a container line', () => {
    const pool = new Pool()
    const path = new JoinedPath(createParsers([], [], pool).joiner(['cri']), pool)
    path.read('2026-11-22T10:00:00.1Z stdout F hello')
    expect(path.sent[0]!.keys).toEqual(['time', 'stream', '_p', 'log'])
  })

  it('has every stock parser, and each compiles', () => {
    const parsers = createParsers([], [], new Pool())
    expect(stockParsers).toContain('nginx')
    for (const name of stockParsers) expect(parsers.parser(name)?.name).toBe(name)
    for (const name of stockMultilineParsers) expect(parsers.joiner([name])).toBeTypeOf('function')
  })

  it('takes the parser of the configuration before the stock parser of the same name', () => {
    const pool = new Pool()
    const own = { name: 'json', options: { name: 'json', format: 'logfmt' as const }, given: [] }
    const parser = createParsers([own], [], pool).parser('json')!
    expect(parseText(parser, pool, 'a=1')?.body).toEqual({ a: '1' })
  })

  it('knows no other names', () => {
    const parsers = createParsers([], [], new Pool())
    expect(parsers.parser('nope')).toBeUndefined()
    expect(() => parsers.joiner(['nope'])).toThrow(PluginError)
  })

  it('names the parser whose definition is wrong', () => {
    const broken = { name: 'bad', options: { name: 'bad', format: 'regex' as const, regex: '(?<a>' }, given: [] }
    expect(() => createParsers([broken], [], new Pool())).toThrow(/^parser bad: a group that is not closed at character 1$/)
  })

  it('applies decoders in the order written', () => {
    const pool = new Pool()
    const given = [
      { name: 'decode_field_as', value: 'escaped log do_next' },
      { name: 'decode_field', value: 'json log' }
    ]
    const parser = createParsers([{ name: 'd', options: { name: 'd', format: 'json' }, given }], [], pool).parser('d')!
    expect(parseText(parser, pool, JSON.stringify({ log: '{\\"a\\":1}', k: 2 }))?.body).toEqual({ log: '{"a":1}', k: 2, a: 1 })
  })
})
