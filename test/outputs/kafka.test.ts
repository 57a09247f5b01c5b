import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Stream } from '../../src/event/stream.ts'
import { murmur2 } from '../../src/lib/kafka/partitioner.ts'
import { kafka } from '../../src/outputs/kafka.ts'
import { DELIVERED, REFUSED, RETRY, type Output, type Verdict } from '../../src/plugin/output.ts'
import { makeBatch, type RecordSpec } from '../event/make-batch.ts'
import { FakeBroker, PRODUCE } from '../lib/kafka/fake-broker.ts'
import { containing } from '../lib/kafka/settings.ts'
import { never, optionsOf, outcomes, outputContext, type TestContext } from './output-context.ts'
import { readMsgpack } from './shared/read-msgpack.ts'

let broker: FakeBroker
let context: TestContext
let output: Output
const made: Output[] = []
beforeEach(async () => {
  broker = await FakeBroker.start()
  context = outputContext()
})
afterEach(async () => {
  for (const one of made.splice(0)) await one.close?.()
  await broker.stop()
})

async function make (set: { readonly [name: string]: unknown } = {}, properties: { readonly [name: string]: string } = {}): Promise<Output> {
  output = await kafka.create(optionsOf(kafka, {
    brokers: [broker.address], topics: ['logs'], 'rdkafka.': new Map(Object.entries({ 'retry.backoff.ms': '5', ...properties })), ...set
  }), context)
  made.push(output)
  return output
}

async function write (records: readonly RecordSpec[], set?: { readonly [name: string]: unknown }, properties?: { readonly [name: string]: string }): Promise<Verdict> {
  await make(set, properties)
  return await output.write(makeBatch(records), never)
}

const delivered = { kind: 'delivered' }
const bodies = (...texts: string[]): RecordSpec[] => texts.map((log) => ({ body: { log } }))

describe('messages', () => {
  it('are the record with its time in front, and carry its identity', async () => {
    expect(await write([{ body: '{"a":1.50,"b":"é"}' }])).toEqual(delivered)
    expect(broker.values).toEqual(['{"@timestamp":1795341600.123456789,"a":1.50,"b":"é"}'])
    expect(broker.stored[0]).toMatchObject({ key: null, headers: [['fantail-id', Buffer.from('abcdefghijk-0---------0Z')]] })
  })

  it('have the time under the key and in the form that are set', async () => {
    await write([{ body: {} }], { timestamp_key: 't', timestamp_format: 'iso8601' })
    expect(broker.values).toEqual(['{"t":"2026-11-22T10:00:00.123456Z"}'])
  })

  it('can be MessagePack', async () => {
    await write([{ body: { n: 5, text: 'x' } }], { format: 'msgpack' })
    expect(readMsgpack(broker.stored[0]!.value!).value).toEqual({ '@timestamp': 1795341600.1234567, n: 5, text: 'x' })
  })

  it('can be GELF, and a record that cannot be is refused by itself', async () => {
    const verdict = await write([...bodies('one'), { body: { other: 1 } }], { format: 'gelf', gelf_short_message_key: 'log' })
    expect(outcomes(verdict)).toEqual([DELIVERED, REFUSED])
    expect(broker.values.map((text) => JSON.parse(text) as object)).toEqual([{ version: '1.1', short_message: 'one', timestamp: 1795341600.123 }])
  })

  it('can be one value as it is', async () => {
    const verdict = await write([{ body: { log: 'a "b"' } }, { body: {} }, { body: { log: { n: 1 } } }], { format: 'raw', raw_log_key: 'log' })
    expect(outcomes(verdict)).toEqual([DELIVERED, REFUSED, DELIVERED])
    expect(broker.values).toEqual(['a "b"', '{"n":1}'])
  })

  it('have the headers that are set, with or without the identity', async () => {
    await write(bodies('x'), { header: [['cluster', 'c 1']], id_header: 'off' })
    expect(broker.stored[0]!.headers).toEqual([['cluster', Buffer.from('c 1')]])
  })

  it('have a key that is set or taken from the record', async () => {
    await write([{ body: { k: 'own' } }, { body: {} }, { body: { k: 5 } }], { message_key: 'all', message_key_field: 'k' })
    expect(broker.stored.map(({ key }) => String(key))).toEqual(['own', 'all', '5'])
  })
})

describe('topics', () => {
  const records: RecordSpec[] = [{ body: { to: 'audit' } }, { body: { to: 'secret' } }, { body: {} }]
  const topics = (): string[] => broker.stored.map(({ topic }) => topic).sort()

  it('are chosen by the record among those that are named', async () => {
    broker.topics.set('audit', 2)
    expect(await write(records, { topics: ['logs', 'audit'], topic_key: 'to' })).toEqual(delivered)
    expect(topics()).toEqual(['audit', 'logs', 'logs'])
  })

  it('are any that the record names, when they may be', async () => {
    for (const topic of ['audit', 'secret']) broker.topics.set(topic, 1)
    await write([...records, { body: { to: 'no topic' } }], { topic_key: '$to', dynamic_topic: true })
    expect(topics()).toEqual(['audit', 'logs', 'logs', 'secret'])
  })

  it('that cannot be written to hold up their own records only', async () => {
    broker.topics.set('audit', 1)
    broker.topicError = (topic) => topic === 'audit' ? 29 : 0
    const verdict = await write(records, { topics: ['logs', 'audit'], topic_key: 'to' })
    expect(outcomes(verdict)).toEqual([RETRY, DELIVERED, DELIVERED])
    expect(context.logged.join()).toContain('The brokers do not accept messages: topic audit: TOPIC_AUTHORIZATION_FAILED')
  })
})

describe('partitions', () => {
  const stream = (n: number): Stream => new Stream(`stream-${String(n).padStart(4, '0')}`, 0, { input: 'tail.0', path: '/a', marks: {} })

  it('hold the lines of a file in order, and many files are spread', async () => {
    broker.topics.set('logs', 4)
    const streams = Array.from({ length: 40 }, (_, n) => stream(n))
    await write(Array.from({ length: 400 }, (_, n) => ({ body: { file: n % 40, n }, stream: streams[n % 40]!, start: n })))
    const places = new Map<number, Set<number>>()
    const last = new Map<number, number>()
    for (const { partition, value } of broker.stored) {
      const { file, n } = JSON.parse(String(value)) as { file: number, n: number }
      places.set(file, (places.get(file) ?? new Set()).add(partition))
      expect(n).toBeGreaterThan(last.get(file) ?? -1)
      last.set(file, n)
    }
    expect([...places.values()].every((partitions) => partitions.size === 1)).toBe(true)
    expect(new Set(broker.stored.map(({ partition }) => partition)).size).toBe(4)
  })

  it('follow the key by the hash of librdkafka that is set', async () => {
    broker.topics.set('logs', 1000)
    const keyed = [{ body: { k: '123456789' } }]
    await write(keyed, { message_key_field: 'k' })
    await write(keyed, { message_key_field: 'k' }, { partitioner: 'murmur2_random' })
    expect(broker.stored.map(({ partition }) => partition)).toEqual([0xcbf43926 % 1000, (murmur2(Buffer.from('123456789')) & 0x7fff_ffff) % 1000])
  })
})

describe('sizes', () => {
  it('of batches stay below the limit', async () => {
    await write(Array.from({ length: 100 }, (_, n) => ({ body: { n, text: 'x'.repeat(90) } })), {}, { 'message.max.bytes': '2000' })
    expect(broker.stored.length).toBe(100)
    expect(broker.seen.filter((api) => api === PRODUCE).length).toBeGreaterThan(6)
    expect(broker.stored.map(({ value }) => (JSON.parse(String(value)) as { n: number }).n)).toEqual(Array.from({ length: 100 }, (_, n) => n))
  })

  it('that the broker does not take are halved, in order, and a message too large alone is refused', async () => {
    broker.judge = (_topic, _partition, records) => records.some(({ value }) => String(value).includes('huge')) || records.length > 2 ? { error: 10 } : undefined
    const verdict = await write(bodies('a', 'b', 'huge', 'c', 'd', 'e'))
    expect(outcomes(verdict)).toEqual([0, 0, REFUSED, 0, 0, 0])
    expect(verdict.kind === 'partial' && verdict.reasons.get(2)).toContain('MESSAGE_TOO_LARGE')
    expect(broker.values.map((text) => (JSON.parse(text) as { log: string }).log)).toEqual(['a', 'b', 'c', 'd', 'e'])
  })
})

describe('records that the broker refuses', () => {
  it('are taken out by its word', async () => {
    broker.judge = (_topic, _partition, records) => records.length === 3 ? { error: 87, message: 'some', records: [[1, 'needs a key']] } : undefined
    const verdict = await write(bodies('a', 'b', 'c'))
    expect([outcomes(verdict), verdict.kind === 'partial' && verdict.reasons.get(1)]).toEqual([[0, REFUSED, 0], 'needs a key'])
  })

  it('are searched for when it does not say which', async () => {
    broker.judge = (_topic, _partition, records) => records.some(({ value }) => String(value).includes('bad')) ? { error: 32 } : undefined
    expect(outcomes(await write(bodies('a', 'b', 'bad', 'c', 'd')))).toEqual([0, 0, REFUSED, 0, 0])
  })
})

describe('what is to be tried again', () => {
  it('is the whole batch when nothing was taken', async () => {
    broker.judge = () => ({ error: 29 })
    expect(await write(bodies('a', 'b'))).toMatchObject({ kind: 'retry', reason: containing('TOPIC_AUTHORIZATION_FAILED') })
    broker.react = ({ api }) => api === PRODUCE ? 'hang up' : undefined
    expect(await write(bodies('a'), {}, { 'enable.idempotence': 'false' })).toMatchObject({ kind: 'retry', unsure: true })
  })

  it('is what one partition did not take, and what follows there waits behind it', async () => {
    broker.topics.set('logs', 2)
    const [one, other] = ['aaaaaaaaaaa', 'abcdefghijk'].map((uid) => new Stream(uid, 0, { input: 'tail.0', path: '/a', marks: {} }))
    await write([{ body: { n: 0 }, stream: one! }, { body: { n: 0 }, stream: other! }])
    const [first, second] = broker.stored.map(({ partition }) => partition)
    expect(first).not.toBe(second)
    let asked = 0
    broker.judge = (_topic, partition) => partition === first && ++asked === 2 ? { error: 29 } : undefined
    const records = Array.from({ length: 12 }, (_, n) => ({ body: { n, pad: 'x'.repeat(200) }, stream: n % 2 === 0 ? one! : other! }))
    const verdict = outcomes(await write(records, {}, { 'message.max.bytes': '1000' }))
    expect(verdict.filter((_, n) => n % 2 === 1)).toEqual([0, 0, 0, 0, 0, 0])
    expect(verdict.filter((_, n) => n % 2 === 0)).toEqual([0, 0, 0, RETRY, RETRY, RETRY])
    expect(asked).toBe(2)
  })

  it('is what was under way when the agent stopped', async () => {
    await make()
    broker.react = ({ api }) => api === PRODUCE ? 'hang' : undefined
    const stop = new AbortController()
    const sent = output.write(makeBatch(bodies('a')), stop.signal)
    await expect.poll(() => broker.seen).toContain(PRODUCE)
    stop.abort()
    expect(await sent).toEqual({ kind: 'retry', reason: 'the agent stops', unsure: true })
  })
})

it('cannot open without a broker, and says whom it asked', async () => {
  await make({ brokers: ['127.0.0.1:1'] })
  await expect(output.open!()).rejects.toThrow('cannot connect to 127.0.0.1:1')
})

it.each([
  [{ format: 'raw' }, {}, 'format raw needs raw_log_key'],
  [{ format: 'avro' }, {}, 'format avro is not supported'],
  [{ topics: ['no topic'] }, {}, 'no topic cannot be the name of a topic'],
  [{ topics: [] }, {}, 'at least one topic'],
  [{ brokers: undefined }, {}, 'the output needs brokers'],
  [{}, { 'transactional.id': 'x' }, 'rdkafka.transactional.id: transactions'],
  [{}, { acks: '1', 'enable.idempotence': 'true' }, 'enable.idempotence needs acks all']
])('refuses %o %o', async (set, properties, reason) => {
  await expect(make(set, properties as never)).rejects.toThrow(reason)
})

it('gathers only what is compressed', () => {
  const gathers = (properties: { readonly [name: string]: string }): boolean => (
    kafka.limits(optionsOf(kafka, { 'rdkafka.': new Map(Object.entries(properties)) })).gather
  )
  expect([gathers({}), gathers({ 'compression.codec': 'none' }), gathers({ 'compression.type': 'lz4' })]).toEqual([false, false, true])
})

it('warns of properties that do nothing here', async () => {
  await make({}, { 'linger.ms': '5' })
  expect(context.logged).toEqual(['rdkafka.linger.ms has no effect: a batch goes as soon as the broker has answered the one before; what comes meanwhile is gathered.'])
})

it('keeps kafkajs out of the agent until it is asked for', () => {
  expect(readFileSync(new URL('../../src/outputs/kafka.ts', import.meta.url), 'utf8')).not.toMatch(/from '.*kafkajs/)
})
