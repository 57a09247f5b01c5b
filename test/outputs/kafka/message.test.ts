import { expect, test } from 'vitest'
import { Pool } from '../../../src/event/pool.ts'
import { BatchWriter, recordsOf, type RecordView } from '../../../src/lib/kafka/record-batch.ts'
import { Messages } from '../../../src/outputs/kafka/message.ts'
import { kafka } from '../../../src/outputs/kafka.ts'
import type { PluginError } from '../../../src/plugin/context.ts'
import { makeBatch, type RecordSpec } from '../../event/make-batch.ts'
import { optionsOf } from '../output-context.ts'
import { readMsgpack } from '../shared/read-msgpack.ts'

interface Given {
  readonly [name: string]: unknown
}

const make = (set: Given): Messages => new Messages(optionsOf(kafka, set), new Pool())

function write(specs: readonly RecordSpec[], set: Given = {}): { records: RecordView[]; refused: (string | undefined)[] } {
  const messages = make(set)
  const batch = makeBatch(specs)
  const writer = new BatchWriter(16)
  writer.begin()
  const refused = specs.map((_, i) => messages.write(batch, i, messages.key(batch, i), writer))
  const start = writer.finish(0)
  return { records: recordsOf(writer.bytes.subarray(start, writer.length)), refused }
}

const values = (specs: readonly RecordSpec[], set: Given = {}): string[] => write(specs, set).records.map(({ value }) => String(value))

test.each([
  ['double', '1795341600.123456789'], ['iso8601', '"2026-11-22T10:00:00.123456Z"'], ['iso8601_ns', '"2026-11-22T10:00:00.123456789Z"']
])('the time as %s', (timestamp_format, time) => {
  expect(values([{ body: { a: 1 } }], { timestamp_format })).toEqual([`{"@timestamp":${time},"a":1}`])
})

test('a record that has the key of the time keeps its own', () => {
  expect(values([{ body: '{"a":1,"t":"mine"}' }, { body: {} }], { timestamp_key: 't' })).toEqual(['{"a":1,"t":"mine"}', '{"t":1795341600.123456789}'])
})

test('sizes at which lengths take another byte, for values, keys and numbers of records', () => {
  const sizes = [0, 1, 22, 23, 24, 25, 60, 61, 62, 63, 64, 65, 127, 128, 8100, 8190, 8191, 8192, 8193, 16_384, 1_048_570, 1_048_580]
  const texts = sizes.map((size) => 'x'.repeat(size))
  const { records } = write(texts.map((log) => ({ body: { log, k: log.slice(0, 9000) } })), { format: 'raw', raw_log_key: 'log', message_key_field: 'k' })
  expect(records.map(({ value }) => value!.length)).toEqual(sizes)
  expect(records.map(({ key }) => key!.length)).toEqual(sizes.map((size) => Math.min(size, 9000)))
  expect(records.every(({ headers }) => headers[0]![0] === 'fantail-id')).toBe(true)
  expect(values(Array.from({ length: 130 }, (_, log) => ({ body: { log } })), { format: 'raw', raw_log_key: 'log' }).map(Number)).toEqual(Array.from({ length: 130 }, (_, n) => n))
})

test('a record that cannot be a message leaves nothing behind', () => {
  const { records, refused } = write([{ body: { m: 'one' } }, { body: { other: 'x'.repeat(9000) } }, { body: { m: 'two' } }], { format: 'raw', raw_log_key: '$m' })
  expect(records.map(({ value, offset }) => [String(value), offset])).toEqual([['one', 0], ['two', 1]])
  expect(refused).toEqual([undefined, 'the record has nothing under $m', undefined])
})

test('MessagePack larger than the text that it is made of', () => {
  const numbers = Array.from({ length: 1000 }, (_, n) => n + 0.5)
  const { records } = write([{ body: { numbers } }], { format: 'msgpack' })
  expect((readMsgpack(records[0]!.value!).value as { numbers: unknown }).numbers).toEqual(numbers)
})

test('GELF is one object with no line end', () => {
  expect(values([{ body: { short_message: 'hi' } }], { format: 'gelf' })).toEqual(['{"version":"1.1","short_message":"hi","timestamp":1795341600.123}'])
})

test('names and values of headers are any text; the identity is the last', () => {
  const header = [['a', ''], ['a', 'again'], ['ü', 'x'.repeat(200)]]
  const given = header.map(([name, value]) => [name, Buffer.from(value!)])
  const records = write([{ body: {}, start: 0, end: 10 }, { body: {}, start: 2 ** 45, end: 2 ** 45 + 10, ordinal: 65_535 }], { header, id_header: 'id' }).records
  expect(records.map(({ headers }) => headers.slice(0, 3))).toEqual([given, given])
  expect(records.map(({ headers }) => headers[3]![0])).toEqual(['id', 'id'])
  expect(String(records[0]!.headers[3]![1])).toBe('abcdefghijk-0---------9')
  expect(String(records[1]!.headers[3]![1])).not.toBe(String(records[0]!.headers[3]![1]))
  for (const id_header of ['off', 'False', 'no', '']) expect(write([{ body: {} }], { header, id_header }).records[0]!.headers).toEqual(given)
})

test('the key of a record, or the constant one, or none', () => {
  const specs = [{ body: { k: { id: 'é' } } }, { body: { k: {} } }, { body: { k: { id: '' } } }, { body: { k: { id: [1, 2] } } }]
  const keys = (set: Given): (string | undefined)[] => write(specs, set).records.map(({ key }) => key?.toString())
  expect(keys({ message_key_field: "$k['id']", message_key: 'all' })).toEqual(['é', 'all', '', '[1,2]'])
  expect(keys({ message_key_field: "$k['id']" })).toEqual(['é', undefined, '', '[1,2]'])
  expect(keys({ message_key: 'all' })).toEqual(['all', 'all', 'all', 'all'])
  expect([make({}).hasKeyField, make({ message_key: 'a' }).hasKeyField, make({ message_key_field: 'k' }).hasKeyField]).toEqual([false, false, true])
})

test('a topic of the record counts when it is named, or may be any and can be one', () => {
  const batch = makeBatch(['a', 'b', 'c', '..', 'x'.repeat(250), 7, '', null].map((t) => ({ body: { t } })).concat([{ body: {} as { t: string } }]))
  const topics = (set: Given): string[] => Array.from({ length: batch.count }, (_, i) => make({ topics: ['a', 'b'], ...set }).topic(batch, i))
  expect(topics({})).toEqual(Array(9).fill('a'))
  expect(topics({ topic_key: 't' })).toEqual(['a', 'b', ...Array<string>(7).fill('a')])
  expect(topics({ topic_key: 't', dynamic_topic: true })).toEqual(['a', 'b', 'c', 'a', 'a', '7', 'a', 'null', 'a'])
})

test.each(['topic_key', 'message_key_field', 'raw_log_key'])('an accessor of %s that is none is refused by this name', (option) => {
  expect(() => make({ [option]: "$a['" })).toThrow(expect.objectContaining({ option }) as PluginError)
})
