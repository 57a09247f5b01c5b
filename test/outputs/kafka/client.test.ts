/** What both clients promise the output, whatever is behind them. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { BatchWriter } from '../../../src/lib/kafka/record-batch.ts'
import { ByteClient } from '../../../src/outputs/kafka/byte-client.ts'
import type { Client } from '../../../src/outputs/kafka/client.ts'
import { KafkajsClient } from '../../../src/outputs/kafka/kafkajs-client.ts'
import type { KafkaSettings } from '../../../src/outputs/kafka/settings.ts'
import { API_VERSIONS, FakeBroker, METADATA, PRODUCE } from '../../lib/kafka/fake-broker.ts'
import { clusterOf, containing, producerOf } from '../../lib/kafka/settings.ts'
import { outputContext } from '../output-context.ts'

let broker: FakeBroker
let client: Client
beforeEach(async () => {
  broker = await FakeBroker.start()
  // the fake speaks the forms of these versions
  broker.versions = [[PRODUCE, 3, 8], [METADATA, 0, 4], [API_VERSIONS, 0, 0]]
})
afterEach(async () => {
  await client.close()
  await broker.stop()
})

function settings(set: Partial<KafkaSettings> = {}): KafkaSettings {
  return {
    cluster: clusterOf([broker.port]), producer: producerOf({ idempotence: 'off' }), codec: 'none', level: undefined,
    batchBytes: 1_000_000, batchRecords: 1000, hash: undefined, ...set
  }
}

function batch(...texts: string[]): Buffer {
  const writer = new BatchWriter(64)
  writer.begin()
  // two headers of one name
  const headers = Buffer.concat([Buffer.from([4, 2]), Buffer.from('a'), Buffer.from([2]), Buffer.from('1'), Buffer.from([2]), Buffer.from('a'), Buffer.from([2]), Buffer.from('2')])
  for (const text of texts) {
    const key = Buffer.from(`key of ${text}`)
    writer.open(key, text.length, headers.length)
    writer.text(text)
    writer.close(key, headers, headers.length)
  }
  return Buffer.from(writer.bytes.subarray(writer.finish(1_795_341_600_000), writer.length))
}

const clients = { bytes: (set: KafkaSettings) => new ByteClient(set), kafkajs: (set: KafkaSettings) => new KafkajsClient(set, outputContext().log) }

describe.each(['bytes', 'kafkajs'] as const)('the client %s', (name) => {
  const make = (set?: Partial<KafkaSettings>): Client => (client = clients[name](settings(set)))

  it.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)('sends values, keys, headers and the time as they are, codec %s', async (codec) => {
    broker.topics.set('logs', 3)
    make({ codec })
    await client.open()
    expect(await client.partitions('logs')).toBe(3)
    const texts = ['one', 'two', 'x'.repeat(5000)]
    expect(await client.produce('logs', 2, batch(...texts), 3)).toEqual({ kind: 'delivered' })
    expect(broker.values).toEqual(texts)
    expect(broker.stored[1]).toMatchObject({
      topic: 'logs', partition: 2, time: 1_795_341_600_000, key: Buffer.from('key of two'), headers: [['a', Buffer.from('1')], ['a', Buffer.from('2')]]
    })
  })

  it('cannot open where nobody listens, and can when somebody does', async () => {
    make({ cluster: clusterOf([1], { connectTimeout: 1000 }) })
    await expect(client.open()).rejects.toThrow('127.0.0.1:1')
    await client.close()
    make()
    await expect(client.open()).resolves.toBeUndefined()
  })

  it('says of a topic that cannot be had why', async () => {
    make()
    broker.topicError = () => 29
    await expect(client.partitions('logs')).rejects.toMatchObject({ code: 29, message: containing('topic logs: TOPIC_AUTHORIZATION_FAILED') })
  })

  it.each([[10, 'large'], [29, 'retry'], [32, 'bad'], [87, 'bad']])('the broker\'s error %i is %s', async (error, kind) => {
    make()
    await client.partitions('logs')
    broker.judge = () => ({ error })
    expect(await client.produce('logs', 0, batch('a', 'b'), 2)).toMatchObject({ kind, reason: containing('topic logs, partition 0') })
    expect(broker.values).toEqual([])
  })

  it('a batch without an answer may have been taken', async () => {
    make({ producer: producerOf({ idempotence: 'off', deliveryTimeout: 1 }), cluster: clusterOf([broker.port], { requestTimeout: 300 }) })
    await client.partitions('logs')
    broker.react = ({ api }) => api === PRODUCE ? 'hang' : undefined
    expect(await client.produce('logs', 0, batch('a'), 1)).toMatchObject({ kind: 'retry', unsure: true, denied: false })
  })

  it('gives up what is under way when it is stopped, and takes nothing after', async () => {
    make()
    await client.partitions('logs')
    broker.react = ({ api }) => api === PRODUCE ? 'hang' : undefined
    const sent = client.produce('logs', 0, batch('a'), 1)
    await expect.poll(() => broker.seen, { timeout: 10_000 }).toContain(PRODUCE)
    client.stop()
    expect(await sent).toMatchObject({ kind: 'retry', reason: 'the agent stops', unsure: true })
    expect(await client.produce('logs', 0, batch('b'), 1)).toMatchObject({ kind: 'retry', reason: 'the agent stops', unsure: false })
    expect(broker.seen.filter((api) => api === PRODUCE).length).toBe(1)
  })
})
