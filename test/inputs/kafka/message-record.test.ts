import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Pool } from '../../../src/event/pool.ts'
import { Record } from '../../../src/event/record.ts'
import { MessageRecord, readTime } from '../../../src/inputs/kafka/message-record.ts'
import type { KafkaOptions } from '../../../src/inputs/kafka/settings.ts'
import type { RecordView } from '../../../src/lib/kafka/record-batch.ts'

interface Given {
  readonly value?: string | Buffer | null
  readonly key?: string | null
  readonly time?: number
  readonly headers?: RecordView['headers']
}

function fill(given: Given, set: Partial<KafkaOptions> = {}): { readonly members: [string, unknown][]; readonly time: readonly [number, number] } {
  const { value = 'text', key = null, time = 1_795_341_600_123, headers = [] } = given
  const pool = new Pool()
  const options = { format: 'none', unwrap: false, timestamp_key: '@timestamp', headers_key: undefined, ...set } as KafkaOptions
  const record = new Record(pool)
  const message = { offset: 7, time, key: key === null ? null : Buffer.from(key), value: value === null ? null : Buffer.from(value), headers }
  new MessageRecord(options, pool).fill(record, { topic: 'logs', partition: 3 }, message)
  return { members: Array.from({ length: record.count }, (_, i) => [record.keyText(i), record.value(i)]), time: [record.seconds, record.nanos] }
}

const around = (key: unknown, payload: unknown): [string, unknown][] =>
  [['topic', 'logs'], ['partition', 3], ['offset', 7], ['error', null], ['key', key], ['payload', payload]]
const unwrap = { format: 'json', unwrap: true } as const
const json = { format: 'json' } as const

describe('a message', () => {
  it('has the members of Fluent Bit, in its order, around whatever text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (key, value) => {
      expect(fill({ key, value }).members).toEqual(around(Buffer.from(key).toString(), Buffer.from(value).toString()))
    }))
    expect(fill({ value: null }).members).toEqual(around(null, null))
    expect(fill({ value: '', key: '' }).members).toEqual(around('', ''))
    expect(fill({ value: Buffer.from([0x61, 0xff]) }).members).toEqual(around(null, 'a\ufffd'))
  })

  it('has a time that is its own, and that of now when it has none', () => {
    expect(fill({ time: 1_795_341_600_001 }).time).toEqual([1_795_341_600, 1_000_000])
    const before = Math.floor(Date.now() / 1000)
    // what Kafka calls NO_TIMESTAMP
    for (const options of [{}, unwrap]) {
      const [seconds, nanos] = fill({ time: -1, value: '{}' }, options).time
      expect(seconds).toBeGreaterThanOrEqual(before)
      expect(nanos).toBeGreaterThanOrEqual(0)
    }
  })

  it('has its headers where they are asked for', () => {
    const headers = [['a', Buffer.from('1')], ['b', null], ['a', Buffer.from('ä"')]] as const
    expect(fill({ headers }, { headers_key: 'headers' }).members.at(-1)).toEqual(['headers', { a: 'ä"', b: null }])
    expect(fill({ headers }).members).toEqual(around(null, 'text'))
    expect(fill({}, { headers_key: 'headers' }).members.at(-1)).toEqual(['headers', {}])
  })
})

describe('a payload with format json', () => {
  it('is a structure when it is an object or a list', () => {
    const structure = fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.array(fc.jsonValue()))
    fc.assert(fc.property(structure, fc.constantFrom('', ' ', '\n\t'), (value, blanks) => {
      expect(JSON.stringify(fill({ value: blanks + JSON.stringify(value) + blanks }, json).members)).toBe(JSON.stringify(around(null, value)))
    }))
  })

  it.each(['12', '"text"', 'true', 'null', '', '{"a":', '{"a":1}}', '[1],"x":[2]', '{"a":1},"key":"forged"', '{a:1}'])('stays text when it is none: %s', (value) => {
    expect(fill({ value, key: 'k' }, json).members).toEqual(around('k', value))
  })
})

describe('a payload that is unwrapped', () => {
  it('is the record, and its time the record\'s', () => {
    expect(fill({ value: '{"a":1,"@timestamp":1700000000.5,"b":{"c":[]}}' }, unwrap)).toEqual({ members: [['a', 1], ['b', { c: [] }]], time: [1_700_000_000, 500_000_000] })
    expect(fill({ value: '{"t":"2026-11-22T10:00:00+01:00"}' }, { ...unwrap, timestamp_key: 't' })).toEqual({ members: [], time: [1_795_338_000, 0] })
  })

  it('keeps what is no time, and takes the message\'s', () => {
    for (const value of ['"soon"', '-1', 'null', '99999999999', '{}']) {
      const { members, time } = fill({ value: `{"@timestamp":${value},"a":1}` }, unwrap)
      expect([members, time]).toEqual([[['@timestamp', JSON.parse(value)], ['a', 1]], [1_795_341_600, 123_000_000]])
    }
  })

  it.each(['[1]', 'text', '{"a":', '', '7'])('is wrapped when it is no object: %s', (value) => {
    expect(fill({ value }, unwrap).members).toEqual(around(null, value === '[1]' ? [1] : value))
  })
})

describe('a time', () => {
  it('is read to the nanosecond', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 0xffff_ffff }), fc.nat(999_999_999), (seconds, nanos) => {
      const digits = String(nanos).padStart(9, '0')
      expect(readTime(`${seconds}.${digits}`)).toEqual([seconds, nanos])
      const iso = new Date(seconds * 1000).toISOString().slice(0, 19)
      for (const zone of ['Z', '+00:00', '-0000']) expect(readTime(`${iso}.${digits}${zone}`)).toEqual([seconds, nanos])
    }))
  })

  it.each(['', 'x', '-1', '1e9', '4294967296', '99999999999', ' 1', '1.', '2026-11-22', '2026-11-22T10:00:00', '2026-13-01T00:00:00Z', '1969-12-31T23:59:59Z'])('is not: "%s"', (text) => {
    expect(readTime(text)).toBeUndefined()
  })
})
