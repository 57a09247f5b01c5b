import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compileAccessor } from '../../../src/event/accessor.ts'
import { Pool } from '../../../src/event/pool.ts'
import { Record } from '../../../src/event/record.ts'
import { ByteWriter } from '../../../src/lib/byte-writer.ts'
import { Line } from '../../../src/outputs/loki/line.ts'
import { loki } from '../../../src/outputs/loki.ts'
import { makeBatch, type RecordSpec } from '../../event/make-batch.ts'
import { optionsOf } from '../output-context.ts'

interface Given {
  readonly [name: string]: unknown
}

/** The lines that Loki reads: texts behind the JSON strings that are written. */
function lines(specs: readonly RecordSpec[], set: Given = {}, removed: readonly string[] = []): string[] {
  const pool = new Pool()
  const record = new Record(pool)
  const line = new Line(optionsOf(loki, set), removed.map((text) => compileAccessor(text, pool)))
  const batch = makeBatch(specs)
  const to = new ByteWriter(8)
  return specs.map((_, i) => {
    const start = to.length
    if (line.needsRecord) batch.open(i, record)
    line.write(batch, i, record, to)
    return JSON.parse(to.bytes.toString('utf8', start, to.length)) as string
  })
}

const line = (body: object | string, set?: Given, removed?: readonly string[]): string => lines([{ body }], set, removed)[0]!

test('the text of a record is the line, byte for byte', () => {
  const body = '{"a":1.50,"b":"\\u00e9\\n\\"","c":12345678901234567890,"d":{"e":[]}}'
  expect(line(body)).toBe(body)
})

test('any record, read back from its line, is the record', () => {
  fc.assert(fc.property(fc.dictionary(fc.string({ maxLength: 8 }), fc.jsonValue()), (body) => {
    const text = JSON.stringify(body)
    expect(line(text)).toBe(text)
    expect(JSON.parse(line(text, {}, ['$no_such_key']))).toEqual(JSON.parse(text))
  }))
})

test('lines larger than any before, and small ones behind them', () => {
  const bodies = [10, 70_000, 5, 300_000, 0].map((size) => JSON.stringify({ log: '\n"'.repeat(size) }))
  const specs = bodies.map((body) => ({ body }))
  expect(lines(specs)).toEqual(bodies)
  expect(lines(specs, {}, ['$no_such_key'])).toEqual(bodies)
})

test('constants of the frame are in the line', () => {
  const spec = { body: { log: 'x' }, constant: '{"pod":"p"}' }
  expect(lines([spec, spec])).toEqual(Array(2).fill('{"log":"x","shared":{"pod":"p"}}'))
  expect(lines([spec], {}, ["$shared['pod']"])).toEqual(['{"log":"x","shared":{}}'])
  expect(lines([spec], {}, ['$log'])).toEqual(['{"shared":{"pod":"p"}}'])
})

test('keys are removed at the top and within', () => {
  const body = '{"a":1,"m":{"x":1,"y":{"z":2,"w":3}},"b":2}'
  expect(line(body, {}, ['$a'])).toBe('{"m":{"x":1,"y":{"z":2,"w":3}},"b":2}')
  expect(line(body, {}, ["$m['y']['z']"])).toBe('{"a":1,"m":{"x":1,"y":{"w":3}},"b":2}')
  expect(line(body, {}, ["$m['y']['z']", "$m['y']['w']", "$m['x']"])).toBe('{"a":1,"m":{"y":{}},"b":2}')
  expect(line(body, {}, ["$m['no']", "$a['no']", '$c'])).toBe(body)
  expect(line(body, {}, ["$m['y']['z']", '$m', '$a', '$b'])).toBe('{}')
})

test('removing members of the same object one after the other leaves it valid', () => {
  const keys = ['a', 'b', 'c', 'd']
  fc.assert(fc.property(fc.subarray(keys), fc.shuffledSubarray(keys), fc.boolean(), (there, removed, spaced) => {
    const m = Object.fromEntries(there.map((key) => [key, `"${key}`]))
    const found = JSON.parse(line(`{"m":${JSON.stringify(m, null, spaced ? 1 : 0)}}`, {}, removed.map((key) => `$m['${key}']`))) as object
    expect(found).toEqual({ m: Object.fromEntries(there.filter((key) => !removed.includes(key)).map((key) => [key, `"${key}`])) })
  }))
})

test.each<[string, string, object | string, string]>([
  ['off', 'json', { log: 'a "b"' }, '{"log":"a \\"b\\""}'],
  ['on', 'json', { log: 'a "b"\n' }, '"a \\"b\\"\\n"'],
  ['yes', 'json', { log: 'x' }, '"x"'],
  ['true', 'json', { log: 'x' }, '"x"'],
  ['raw', 'json', { log: 'a "b"\n' }, 'a "b"\n'],
  ['on', 'json', '{"n":1.50}', '1.50'],
  ['raw', 'json', '{"n":{"a":[1,2]}}', '{"a":[1,2]}'],
  ['on', 'json', { a: 1, b: 2 }, '{"a":1,"b":2}'],
  ['on', 'json', {}, '{}'],
  ['off', 'key_value', { log: 'a "b"', n: 1 }, 'log="a "b"" n=1'],
  ['on', 'key_value', { log: 'a' }, 'a'],
  ['raw', 'key_value', { n: [1, { a: 'x' }] }, '"[1 "map[a:"x"]"]"'],
  ['off', 'key_value', '{"f":1.50,"t":true,"z":null,"m":{"a":1,"b":"x"},"big":12345678901234567890}', 'f=1.50 t=true z=null m="map[a:1 b:"x"]" big=12345678901234567890'],
  ['off', 'key_value', {}, '']
])('drop_single_key %s, line_format %s, of %o', (drop_single_key, line_format, body, expected) => {
  expect(line(body, { drop_single_key, line_format })).toBe(expected)
})

test('one key that is left after others were removed is a single one', () => {
  expect(line({ log: 'x', a: 1 }, { drop_single_key: 'raw' }, ['$a'])).toBe('x')
})

test('a record need not be open when its text is the line', () => {
  const needs = (set: Given, removed: readonly string[] = []): boolean => new Line(optionsOf(loki, set), removed.map((text) => compileAccessor(text, new Pool()))).needsRecord
  expect([needs({}), needs({ drop_single_key: 'no' }), needs({ drop_single_key: 'on' }), needs({ line_format: 'key_value' }), needs({}, ['$a'])]).toEqual([false, false, true, true, true])
})
