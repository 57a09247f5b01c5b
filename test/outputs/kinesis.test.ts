import { createHash } from 'node:crypto'
import { inflateSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { kinesis } from '../../src/outputs/kinesis.ts'
import type { Output, Verdict } from '../../src/plugin/output.ts'
import { makeBatch, type RecordSpec } from '../event/make-batch.ts'
import { KEYS, KinesisFake } from '../support/fakes/kinesis.ts'
import { never, optionsOf, outputContext } from './output-context.ts'

let fake: KinesisFake
let port: number
let output: Output

beforeEach(async () => {
  process.env['AWS_ACCESS_KEY_ID'] = KEYS.accessKeyId
  process.env['AWS_SECRET_ACCESS_KEY'] = KEYS.secretAccessKey
  fake = new KinesisFake()
  port = await fake.listen()
})
afterEach(async () => {
  await output.close?.()
  await fake.close()
})

async function put(records: readonly RecordSpec[], set: { [name: string]: unknown } = {}): Promise<Verdict> {
  output = await kinesis.create(optionsOf(kinesis, { stream: 'logs', region: 'eu-central-1', endpoint: `http://127.0.0.1:${port}`, ...set }), outputContext())
  return await output.write(makeBatch(records), never)
}

const RECORDS: readonly RecordSpec[] = [{ body: { log: 'a', k: { id: 'one' } } }, { body: { log: 'b', k: { id: 'é'.repeat(300) } } }, { body: { log: 'c' } }]

test('the partition key is a value of the record, as long as it may be, or one that spreads', async () => {
  expect(await put(RECORDS, { partition_key: 'k->id' })).toEqual({ kind: 'delivered' })
  const keys = fake.taken.map(({ key }) => key)
  expect(keys.slice(0, 2)).toEqual(['one', 'é'.repeat(256)])
  expect(keys[2]).toMatch(/^\w{7,}$/)
})

test('data_keys are what is sent, a newline is added when asked for, the time has microseconds', async () => {
  await put(RECORDS.slice(0, 1), { data_keys: ['log', 't'], append_newline: true, time_key: 't', time_key_format: '%S.%f %L' })
  expect(fake.taken[0]?.data.toString()).toBe('{"log":"a","t":"00.123456 123"}\n')
  await output.close?.()
  await put(RECORDS.slice(0, 1), { log_key: 'log' })
  expect(fake.taken[1]?.data.toString()).toBe('a')
})

test('records are compressed with zlib', async () => {
  await put(RECORDS.slice(2), { compression: 'zlib' })
  expect(inflateSync(fake.taken[0]!.data).toString()).toBe('{"log":"c"}')
})

/** The records in what the Kinesis Producer Library would have put together. */
function takenApart(data: Buffer): { key: string; records: string[] } {
  expect(data.toString('hex', 0, 4)).toBe('f3899ac2')
  const message = data.subarray(4, -16)
  expect(data.subarray(-16)).toEqual(createHash('md5').update(message).digest())
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let shift = 1; ; shift *= 128) {
      const byte = message[at++]!
      value += (byte & 0x7f) * shift
      if (byte < 0x80) return value
    }
  }
  const bytes = (): Buffer => {
    const length = varint()
    return message.subarray(at, (at += length))
  }
  let key = ''
  const records: string[] = []
  while (at < message.length) {
    const field = message[at++]
    if (field === 0x0a) key = bytes().toString()
    else {
      expect(field).toBe(0x1a)
      const end = varint() + at
      expect([message[at++], varint(), message[at++]]).toEqual([0x08, 0, 0x1a])
      records.push(bytes().toString())
      expect(at).toBe(end)
    }
  }
  return { key, records }
}

test('aggregation puts records together as the Kinesis Producer Library does, within the limits', async () => {
  await put(RECORDS, { aggregation: true, log_key: 'log' })
  expect(fake.taken).toHaveLength(1)
  expect(takenApart(fake.taken[0]!.data)).toEqual({ key: fake.taken[0]!.key, records: ['a', 'b', 'c'] })
  await output.close?.()
  await put(Array.from({ length: 30 }, (_, n) => ({ body: { n, pad: 'x'.repeat(100_000) } })), { aggregation: true, partition_key: 'pad' })
  const all = fake.taken.slice(1).flatMap(({ data }) => takenApart(data).records)
  expect(all.map((text) => (JSON.parse(text) as { n: number }).n)).toEqual(Array.from({ length: 30 }, (_, n) => n))
})
