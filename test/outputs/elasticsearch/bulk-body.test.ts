import { expect, test } from 'vitest'
import { Stream } from '../../../src/event/stream.ts'
import { Pool } from '../../../src/event/pool.ts'
import { PluginError } from '../../../src/plugin/context.ts'
import { BulkBody } from '../../../src/outputs/elasticsearch/bulk-body.ts'
import { readSettings } from '../../../src/outputs/elasticsearch/settings.ts'
import { BufferPool } from '../../../src/outputs/shared/buffer-pool.ts'
import { es } from '../../../src/outputs/es.ts'
import { TEN, makeBatch, type RecordSpec } from '../../event/make-batch.ts'
import { optionsOf } from '../output-context.ts'

function build(specs: readonly RecordSpec[], set: { [name: string]: unknown } = {}): {
  lines: string[]; text: string; refused: Map<number, string>; sent: readonly number[] | undefined
} {
  const pool = new Pool()
  const body = new BulkBody(readSettings(optionsOf(es, set), pool), pool, new BufferPool(1))
  const request = body.build(makeBatch(specs), TEN + 86_400)
  const text = request.body.toString('utf8', 0, request.length)
  expect(text === '' || text.endsWith('\n')).toBe(true)
  const lines = text.split('\n').slice(0, -1)
  for (const line of lines) JSON.parse(line)
  return { lines, text, refused: new Map(request.refused), sent: request.sent }
}

const OFF = { generate_id: false }
const CREATE = '{"create":{"_index":"fluent-bit"}}'

test('a record becomes an action line and a document with its time', () => {
  const { lines } = build([{ body: { log: 'a\n{"delete":{}}', n: 12345678901234567890n.toString() }, constant: '{"pod":"p"}' }], OFF)
  expect(lines).toEqual([
    CREATE,
    '{"@timestamp":"2026-11-22T10:00:00.123Z","log":"a\\n{\\"delete\\":{}}","n":"12345678901234567890","shared":{"pod":"p"}}'
  ])
})

test('an empty record is a document with a time only', () => {
  expect(build([{ body: {} }, { body: {}, seconds: 0, nanos: 0 }], OFF).lines).toEqual([
    CREATE, '{"@timestamp":"2026-11-22T10:00:00.123Z"}', CREATE, '{"@timestamp":"1970-01-01T00:00:00.000Z"}'
  ])
})

test('ids follow from the place in the source and differ where it does', () => {
  const other = new Stream('abcdefghijk', 1, { input: 't', path: '/b', marks: {} })
  const far = 2 ** 47 + 5
  const records = [
    { body: {}, start: 0, end: 10 }, { body: {}, start: 0, end: 11 }, { body: {}, start: 0, end: 10, ordinal: 1 },
    { body: {}, start: far, end: far + 100_000 }, { body: {}, start: 0, end: 10, stream: other }
  ]
  const ids = (): string[] => build(records).lines.filter((_, i) => i % 2 === 0)
    .map((line) => (JSON.parse(line) as { create: { _id: string } }).create._id)
  expect(ids()).toEqual(ids())
  expect(new Set(ids()).size).toBe(records.length)
  expect(ids()[0]).toBe('abcdefghijk-0---------9')
  expect(ids()[2]).toBe('abcdefghijk-0---------9.0')
})

test('ids of one file sort like its lines', () => {
  const starts = [0, 9, 63, 64, 4095, 4096, 2 ** 24 - 1, 2 ** 24, 2 ** 30, 2 ** 40]
  const ids = build(starts.map((start) => ({ body: {}, start, end: start + 1 }))).lines.filter((_, i) => i % 2 === 0)
  expect([...ids].sort()).toEqual(ids)
})

test('logstash_format takes the date of the record, or the present one', () => {
  const days = [{ body: {}, seconds: TEN - 86_400 }, { body: {} }, { body: {}, seconds: TEN - 86_400 }]
  const indices = (set: { [name: string]: unknown }): unknown[] => build(days, { ...OFF, logstash_format: true, ...set }).lines
    .filter((_, i) => i % 2 === 0).map((line) => (JSON.parse(line) as { create: { _index: string } }).create._index)
  expect(indices({})).toEqual(['logstash-2026.11.21', 'logstash-2026.11.22', 'logstash-2026.11.21'])
  expect(indices({ current_time_index: true })).toEqual(Array(3).fill('logstash-2026.11.23'))
  expect(indices({ logstash_prefix: 'n', logstash_prefix_separator: '_', logstash_dateformat: '%Y' }))
    .toEqual(Array(3).fill('n_2026'))
})

test('the prefix comes from the record where it has a usable one', () => {
  const { lines } = build([
    { body: { k: { ns: 'shop' } } }, { body: {} }, { body: { k: { ns: 7 } } }, { body: { k: { ns: 'a"b' } } },
    { body: { k: { ns: 'x'.repeat(200) } } }
  ], { ...OFF, logstash_format: true, logstash_prefix_key: "$k['ns']" })
  expect(lines.filter((_, i) => i % 2 === 0).map((line) => /"_index":"(.*?)-2026/.exec(line)?.[1])).toEqual(
    ['shop', 'logstash', 'logstash', 'logstash', 'x'.repeat(128)])
})

test('the index is made of record and present time; a record without the value is refused', () => {
  const { lines, refused, sent } = build([{ body: { a: { b: 'x' } } }, { body: {} }, { body: { a: { b: 'y' } } }],
    { ...OFF, index: "logs-$a['b']-%Y.%m.%d" })
  expect(lines.map((line) => /"_index":"(.*?)"/.exec(line)?.[1])).toEqual(['logs-x-2026.11.23', undefined, 'logs-y-2026.11.23', undefined])
  expect([...refused.keys()]).toEqual([1])
  expect(sent).toEqual([0, 2])
})

test('the time key of the record is replaced, nested ones stay', () => {
  const { lines } = build([
    { body: { a: 1, '@timestamp': 'mine', b: { '@timestamp': 'x' } } }, { body: { '@timestamp': 'mine' } }, { body: { c: 1 } }
  ], OFF)
  expect(lines.filter((_, i) => i % 2 === 1)).toEqual([
    '{"@timestamp":"2026-11-22T10:00:00.123Z","a":1,"b":{"@timestamp":"x"}}',
    '{"@timestamp":"2026-11-22T10:00:00.123Z"}',
    '{"@timestamp":"2026-11-22T10:00:00.123Z","c":1}'
  ])
})

test('the tag is added, once, under its key', () => {
  const { lines } = build([{ body: { tag: 'mine', a: 1 }, tag: 'kube.a' }, { body: {}, tag: 'kube."b' }],
    { ...OFF, include_tag_key: true, tag_key: 'tag' })
  expect(lines[1]).toBe('{"@timestamp":"2026-11-22T10:00:00.123Z","tag":"kube.a","a":1}')
  expect(lines[3]).toBe('{"@timestamp":"2026-11-22T10:00:00.123Z","tag":"kube.\\"b"}')
})

test('time key, format and digits are as configured', () => {
  const { lines } = build([{ body: {} }, { body: {}, seconds: TEN + 1 }],
    { ...OFF, time_key: 't', time_key_format: '%d/%b %H:%M:%S', time_key_nanos: true })
  expect(lines[1]).toBe('{"t":"22/Nov 10:00:00.123456789Z"}')
  expect(lines[3]).toBe('{"t":"22/Nov 10:00:01.123456789Z"}')
})

test('dots in keys become underscores at every depth, dots in values stay', () => {
  const { lines } = build([{ body: { 'a.b': { 'c.d': 'e.f', g: ['h.i', { 'j."k.': 1.5 }] } } }], { ...OFF, replace_dots: true })
  expect(lines[1]).toBe('{"@timestamp":"2026-11-22T10:00:00.123Z","a_b":{"c_d":"e.f","g":["h.i",{"j_\\"k_":1.5}]}}')
})

test('update and upsert wrap the document and take their id from the record', () => {
  const records = [{ body: { id: 'x"1', a: 1 } }, { body: { a: 2 } }, { body: { id: 5 } }, { body: { id: 'y'.repeat(513) } }]
  const update = build(records, { write_operation: 'update', id_key: 'id' })
  expect(update.lines).toEqual([
    '{"update":{"_index":"fluent-bit","_id":"x\\"1"}}',
    '{"doc":{"@timestamp":"2026-11-22T10:00:00.123Z","id":"x\\"1","a":1}}'
  ])
  expect([...update.refused.keys()]).toEqual([1, 2, 3])
  expect(build(records, { write_operation: 'upsert', id_key: '$id' }).lines[1])
    .toBe('{"doc_as_upsert":true,"doc":{"@timestamp":"2026-11-22T10:00:00.123Z","id":"x\\"1","a":1}}')
  expect(() => build([], { write_operation: 'update' })).toThrow(PluginError)
})

test('generate_id on hashes the document', () => {
  const { lines } = build([{ body: { a: 1 } }, { body: { a: 1 } }, { body: { a: 2 } }], { generate_id: true })
  const ids = lines.filter((_, i) => i % 2 === 0).map((line) => (JSON.parse(line) as { create: { _id: string } }).create._id)
  expect(ids[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/)
  expect(ids[0]).toBe(ids[1])
  expect(ids[0]).not.toBe(ids[2])
})

test('a type is sent only when asked for', () => {
  expect(build([{ body: {} }], { ...OFF, type: 'doc' }).lines[0]).toBe('{"create":{"_index":"fluent-bit","_type":"doc"}}')
  expect(build([{ body: {} }], { ...OFF, type: 'doc', suppress_type_name: true }).lines[0]).toBe(CREATE)
})

test('long ids, tags and indices find room', () => {
  const tag = 't'.repeat(5000)
  const { lines } = build(Array.from({ length: 50 }, (_, i) => ({ body: { id: 'é'.repeat(250) + i, p: '\u0001'.repeat(120) + i }, tag })),
    { include_tag_key: true, id_key: 'id', index: '$p' })
  expect(lines.length).toBe(100)
})
