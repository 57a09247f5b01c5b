import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { defaultOf } from '../../src/config/values.ts'
import kafka from '../../src/inputs/kafka.ts'
import { readTime } from '../../src/inputs/kafka/message-record.ts'
import { Cluster } from '../../src/lib/kafka/cluster.ts'
import { Producer } from '../../src/lib/kafka/producer.ts'
import { BatchWriter } from '../../src/lib/kafka/record-batch.ts'
import type { Input } from '../../src/plugin/input.ts'
import { FakeBroker } from '../lib/kafka/fake-broker.ts'
import { clusterOf, producerOf } from '../lib/kafka/settings.ts'
import { RecordingIngest, makeContext } from './recording-ingest.ts'

let broker: FakeBroker
let ingest: RecordingIngest
let cluster: Cluster
let producer: Producer
const running: Input[] = []
beforeEach(async () => {
  broker = await FakeBroker.start()
  ingest = new RecordingIngest()
  cluster = new Cluster(clusterOf([broker.port]))
  producer = new Producer(cluster, producerOf())
})
afterEach(async () => {
  for (const input of running.splice(0)) await input.stop(performance.now() + 200)
  await cluster.close()
  await broker.stop()
})

interface Message {
  readonly value: string
  readonly key?: string
}

async function send (messages: readonly (string | Message)[], partition = 0): Promise<void> {
  const writer = new BatchWriter(256)
  writer.reset()
  writer.begin()
  const headers = Buffer.concat([Buffer.from([2, 4]), Buffer.from('id'), Buffer.from([2]), Buffer.from('7')])
  for (const message of messages) {
    const { value, key } = typeof message === 'string' ? { value: message, key: undefined } : message
    const bytes = key === undefined ? null : Buffer.from(key)
    writer.open(bytes, value.length, headers.length)
    writer.text(value)
    writer.close(bytes, headers, headers.length)
  }
  await cluster.topic('logs')
  const batch = writer.bytes.subarray(writer.finish(1_795_341_600_123), writer.length)
  expect(await producer.produce('logs', partition, batch, messages.length)).toEqual({ kind: 'delivered' })
}

async function start (set: { readonly [name: string]: unknown } = {}, properties: { readonly [name: string]: string } = {}): Promise<Input> {
  const options = {
    ...defaults(), brokers: [broker.address], topics: ['logs'],
    'rdkafka.': new Map(Object.entries({ 'auto.offset.reset': 'earliest', 'auto.commit.interval.ms': '100', 'heartbeat.interval.ms': '100', 'retry.backoff.ms': '20', ...properties })),
    ...set
  }
  const input = await kafka.create(options as never, makeContext(ingest))
  running.push(input)
  await input.start()
  return input
}

function defaults (): { readonly [name: string]: unknown } {
  return Object.fromEntries(Object.entries(kafka.options).map(([name, field]) => [name, defaultOf(field)]))
}

async function taken (count: number): Promise<void> {
  await expect.poll(() => ingest.records.length, { timeout: 10_000 }).toBe(count)
}
const stop = async (): Promise<void> => { await running.pop()!.stop(performance.now() + 200) }

describe('a message', () => {
  it('becomes what Fluent Bit makes of it', async () => {
    await send([{ value: 'text', key: 'k' }, '{"a":1}'])
    await start()
    await taken(2)
    expect(ingest.records.map(({ members }) => members)).toEqual([
      { topic: 'logs', partition: 0, offset: 0, error: null, key: 'k', payload: 'text' },
      { topic: 'logs', partition: 0, offset: 1, error: null, key: null, payload: '{"a":1}' }
    ])
    expect(ingest.records[0]).toMatchObject({ seconds: 1_795_341_600, nanos: 123_000_000 })
  })

  it('becomes a structure when it is JSON', async () => {
    await send([' {"a": [1,\n2]} ', '[1]', '{"a":', '12'])
    await start({ format: 'json' })
    await taken(4)
    expect(ingest.records.map(({ members }) => members['payload'])).toEqual([{ a: [1, 2] }, [1], '{"a":', '12'])
  })

  it('is the record itself, with its time, when it is to be unwrapped', async () => {
    await send(['{"@timestamp":1700000000.5,"log":"x"}', '{"@timestamp":"2026-11-22T10:00:00.25+01:00","n":12345678901234567890}', 'text'])
    await start({ format: 'json', unwrap: true, headers_key: 'headers' })
    await taken(3)
    expect(ingest.records.map(({ members, seconds, nanos }) => [members, seconds, nanos])).toEqual([
      [{ log: 'x', headers: { id: '7' } }, 1_700_000_000, 500_000_000],
      [{ n: Number('12345678901234567890'), headers: { id: '7' } }, 1_795_338_000, 250_000_000],
      [{ topic: 'logs', partition: 0, offset: 2, error: null, key: null, payload: 'text', headers: { id: '7' } }, 1_795_341_600, 123_000_000]
    ])
  })
})

it('reads times to the nanosecond', () => {
  expect([readTime('1700000000'), readTime('1700000000.123456789'), readTime('2026-11-22T10:00:00.000001Z'), readTime('soon'), readTime('99999999999')]).toEqual([
    [1_700_000_000, 0], [1_700_000_000, 123_456_789], [1_795_341_600, 1000], undefined, undefined
  ])
})

describe('positions', () => {
  it('are committed when what was read is delivered, and not before', async () => {
    ingest.delivering = false
    await send(['a', 'b'])
    await start()
    await taken(2)
    await new Promise((resolve) => { setTimeout(resolve, 250) })
    expect(broker.group.positions.get('logs/0')).toBe(0)
    ingest.deliver()
    await expect.poll(() => broker.group.positions.get('logs/0')).toBe(2)
  })

  it('are where the next one goes on', async () => {
    await send(['a', 'b'])
    await start()
    await taken(2)
    await stop()
    expect([broker.group.positions.get('logs/0'), broker.group.left]).toEqual([2, 1])
    await send(['c'])
    await start()
    await taken(3)
    expect(ingest.values('payload')).toEqual(['a', 'b', 'c'])
    expect(new Set(ingest.records.map(({ uid }) => uid)).size).toBe(1)
  })

  it('that were not committed before a kill are not taken twice by who has them in the buffer', async () => {
    ingest.delivering = false
    await send(['a', 'b'])
    await start()
    await taken(2)
    ingest.kill()
    await stop()
    expect(broker.group.positions.get('logs/0')).toBe(0)
    ingest.revive()
    ingest.delivering = true
    await send(['c'])
    await start()
    await taken(3)
    expect(ingest.values('payload')).toEqual(['a', 'b', 'c'])
    await expect.poll(() => broker.group.positions.get('logs/0')).toBe(3)
  })

  it('begin at the end of a topic that is new to the group, unless told otherwise; added partitions at their beginning', async () => {
    await send(['old'])
    await start({}, { 'auto.offset.reset': 'latest', 'topic.metadata.refresh.interval.ms': '50' })
    await expect.poll(() => broker.group.positions.get('logs/0')).toBe(1)
    broker.topics.set('logs', 2)
    await cluster.refresh([])
    await send(['first of the new'], 1)
    await taken(1)
    expect(ingest.values('payload')).toEqual(['first of the new'])
  })

  it('before the beginning of the log: what was deleted is counted', async () => {
    await send(['a', 'b', 'c'])
    broker.group.positions.set('logs/0', 0)
    broker.starts.set('logs/0', 2)
    await start()
    await expect.poll(() => ingest.dropped).toEqual({ deleted_by_kafka: 2 })
    await taken(1)
    expect(ingest.values('payload')).toEqual(['c'])
  })

  it('beyond its end: it is another topic, read from its beginning as such', async () => {
    await send(['a', 'b', 'c'])
    await start()
    await taken(3)
    broker.logs.delete('logs/0')
    await expect.poll(() => ingest.recovered().some(({ generation }) => generation === 1), { timeout: 5000 }).toBe(true)
    await send(['x'])
    await taken(4)
    expect(ingest.records.at(-1)).toMatchObject({ generation: 1, ranges: [[0, 1]] })
  })
})

describe('trouble', () => {
  it('of a rebalance: reading goes on where it was', async () => {
    await send(['a'])
    await start()
    await taken(1)
    broker.group.heartbeat = 27
    await expect.poll(() => broker.group.generation).toBe(2)
    await send(['b'])
    await taken(2)
    expect(ingest.values('payload')).toEqual(['a', 'b'])
  })

  it('of a member that is not known any more: it joins as a new one', async () => {
    await start()
    await expect.poll(() => broker.group.generation).toBe(1)
    broker.group.heartbeat = 25
    await send(['a'])
    await taken(1)
    await expect.poll(() => broker.group.generation).toBe(2)
  })

  it('with the connection: it is made again', async () => {
    await send(['a'])
    await start()
    await taken(1)
    broker.hangUp()
    await send(['b'])
    await taken(2)
    expect(ingest.values('payload')).toEqual(['a', 'b'])
  })

  it('with damaged bytes: nothing of them is taken', async () => {
    await send(['a'])
    const [batch] = broker.logs.get('logs/0')!
    batch!.bytes[batch!.bytes.length - 3]! ^= 1
    await start()
    await expect.poll(() => broker.seen.filter((api) => api === 1).length).toBeGreaterThan(2)
    expect(ingest.records).toEqual([])
    batch!.bytes[batch!.bytes.length - 3]! ^= 1
    await taken(1)
  })
})

it('waits while the buffer is full', async () => {
  ingest.room = false
  await send(['a'])
  await start()
  await new Promise((resolve) => { setTimeout(resolve, 200) })
  expect(ingest.records).toEqual([])
  ingest.makeRoom()
  await taken(1)
})

it.each([
  [{ topics: [] }, {}, 'at least one topic'], [{}, { 'auto.offset.reset': 'error' }, 'must begin somewhere'],
  [{}, { 'group.protocol': 'consumer' }, 'rdkafka.group.protocol: the classic protocol'], [{ aws_msk_iam: true }, {}, 'needs a region']
])('refuses %o %o', async (set, properties, reason) => {
  await expect(start(set, properties as never)).rejects.toThrow(reason)
})
