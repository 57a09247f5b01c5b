import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Pool } from '../../../src/event/pool.ts'
import { Record } from '../../../src/event/record.ts'
import { LogMerger, type MergeOptions } from '../../../src/filters/kubernetes/merge-log.ts'
import { membersOf, put, textOf } from '../../support/model.ts'
import { bodyOf, fill, fillCri, regexParser } from '../support.ts'

function merged(options: Partial<MergeOptions>, line: string, pattern?: string): string {
  const pool = new Pool()
  const merger = new LogMerger({ under: undefined, trim: true, keep: false, ...options }, pool)
  const record = new Record(pool)
  const parser = pattern === undefined ? undefined : regexParser('p', pattern, pool)
  fill(record, line)
  merger.merge(record, parser)
  return bodyOf(record)
}

const log = (text: string, more: object = {}): string => JSON.stringify({ s: 1, log: text, ...more })

describe('LogMerger', () => {
  it.each<[string, Partial<MergeOptions>, string, string]>([
    ['an object', {}, log('{"a":1,"b":[2]}', { t: 2 }), '{"s":1,"t":2,"a":1,"b":[2]}'],
    ['an object and keeps log', { keep: true }, log('{"a":1}'), '{"s":1,"log":"{\\"a\\":1}","a":1}'],
    ['an object in white space', {}, log(' {"a":1}\n'), '{"s":1,"a":1}'],
    ['an empty object', {}, log('{}'), '{"s":1}'],
    ['under a key', { under: 'app' }, log('{"s":2,"q":"\\"x"}'), '{"s":1,"app":{"s":2,"q":"\\"x"}}'],
    ['an empty object under a key', { under: 'app', keep: true }, log('{}'), '{"s":1,"log":"{}"}'],
    ['over an earlier key', {}, log('{"s":2}'), '{"s":2}'],
    ['a key named log', {}, log('{"log":"x","a":1}'), '{"s":1,"log":"x","a":1}'],
    ['a key named log beside the old one', { keep: true }, log('{"log":"x"}'), '{"s":1,"log":"x"}'],
    ['a map', {}, '{"log":{"a":1},"s":2}', '{"s":2,"a":1}'],
    ['a map and keeps it', { keep: true, under: 'app' }, '{"log":{"a":1},"s":2}', '{"log":{"a":1},"s":2,"app":{"a":1}}']
  ])('merges %s', (_, options, line, expected) => {
    expect(merged(options, line)).toBe(expected)
  })

  it.each(['plain', '{"a":1} x', '{"a":1}{"b":2}', '[1]', '{"a":', '', '"a"', '{"s":2} {"s":3}'])('leaves %j as it is', (text) => {
    for (const under of [undefined, 'app']) expect(merged({ under }, log(text))).toBe(log(text))
  })

  it('leaves a record without log, and a log that is no text, as they are', () => {
    for (const line of ['{"a":1}', '{"log":5}', '{"log":null}', '{"log":[1]}']) expect(merged({}, line)).toBe(line)
  })

  it.each([
    ['x\n', 'x'],
    ['x\n\n', 'x'],
    ['\n', '\n'],
    ['\n\n', '\n'],
    ['x\\n', 'x'],
    ['x\\r\n', 'x'],
    ['x\r\n', 'x\r'],
    ['x\\', 'x\\'],
    ['x\\\\n', 'x\\'],
    ['turn', 'turn'],
    ['\\n', ''],
    ['n', 'n'],
    ['x\n ', 'x\n ']
  ])('trims %j to %j, merged flat, under a key or by a parser', (text, expected) => {
    const inner = JSON.stringify({ a: text })
    expect(merged({}, log(inner))).toBe(`{"s":1,"a":${JSON.stringify(expected)}}`)
    expect(merged({ under: 'k' }, log(inner))).toBe(`{"s":1,"k":{"a":${JSON.stringify(expected)}}}`)
    expect(merged({}, log(text), '^(?<a>[^]*)$')).toBe(`{"s":1,"a":${JSON.stringify(expected)}}`)
    expect(merged({ trim: false }, log(inner))).toBe(`{"s":1,"a":${JSON.stringify(text)}}`)
  })

  it('trims a merged string that took an earlier place', () => {
    expect(merged({}, log('{"s":"x\\n"}'))).toBe('{"s":"x"}')
  })

  it('merges what a parser finds, over earlier keys and under a key', () => {
    expect(merged({}, log('A b'), '^(?<s>[A-Z]) (?<w>.*)')).toBe('{"s":"A","w":"b"}')
    expect(merged({ keep: true }, log('A b'), '^(?<s>[A-Z]) (?<w>.*)')).toBe('{"s":"A","log":"A b","w":"b"}')
    expect(merged({ under: 'app' }, log('A b'), '^(?<s>[A-Z]) (?<w>.*)')).toBe('{"s":1,"app":{"s":"A","w":"b"}}')
    expect(merged({}, log('no'), '^(?<s>[A-Z]) (?<w>.*)')).toBe(log('no'))
    expect(merged({}, log('A'), '^(?<log>[A-Z])')).toBe('{"s":1,"log":"A"}')
  })

  it('merges raw text as well as text with escapes, as a merge of objects does', () => {
    const key = fc.constantFrom('a', 'time', 'log', 'ü', 'q"')
    const value = fc.oneof(fc.integer(), fc.string({ unit: 'grapheme' }), fc.dictionary(key, fc.integer(), { maxKeys: 2 }))
    const inner = fc.dictionary(key, value, { maxKeys: 4 })
    fc.assert(fc.property(inner, fc.boolean(), fc.boolean(), (object, keep, raw) => {
      const text = JSON.stringify(object)
      const pool = new Pool()
      const merger = new LogMerger({ under: undefined, trim: false, keep }, pool)
      const record = new Record(pool)
      if (raw) fillCri(record, `t stdout F ${text}`)
      else fill(record, JSON.stringify({ time: 't', stream: 'stdout', _p: 'F', log: text }))
      merger.merge(record, undefined)
      const members = membersOf(JSON.stringify({ time: 't', stream: 'stdout', _p: 'F', log: text }))
      if (!keep && !Object.hasOwn(object, 'log')) members.pop()
      for (const [name, given] of Object.entries(object)) put(members, name, given)
      expect(bodyOf(record)).toBe(textOf(members))
    }), { numRuns: 500 })
  })
})
