import { afterEach, beforeEach, expect, test } from 'vitest'
import { BatchWriter } from '../../../src/lib/kafka/record-batch.ts'
import { KafkajsClient } from '../../../src/outputs/kafka/kafkajs-client.ts'
import { kafka } from '../../../src/outputs/kafka.ts'
import { readSettings } from '../../../src/outputs/kafka/settings.ts'
import { API_VERSIONS, FakeBroker, INIT_PRODUCER_ID, METADATA, PRODUCE } from '../../lib/kafka/fake-broker.ts'
import { optionsOf, outputContext, type TestContext } from '../output-context.ts'

let broker: FakeBroker
let context: TestContext
let client: KafkajsClient | undefined
beforeEach(async () => {
  broker = await FakeBroker.start()
  broker.versions = [[PRODUCE, 3, 8], [METADATA, 0, 4], [API_VERSIONS, 0, 0]]
  context = outputContext()
})
afterEach(async () => {
  await client?.close()
  client = undefined
  await broker.stop()
})

function make(properties: { [name: string]: string } = {}): KafkajsClient {
  const options = optionsOf(kafka, { brokers: [broker.address], client: 'kafkajs', 'rdkafka.': new Map(Object.entries(properties)) })
  return (client = new KafkajsClient(readSettings(options, context), context.log))
}

function batch(...texts: string[]): Buffer {
  const writer = new BatchWriter(64)
  writer.begin()
  for (const text of texts) {
    writer.open(null, text.length, 1)
    writer.text(text)
    writer.close(null, Buffer.from([0]), 1)
  }
  return Buffer.from(writer.bytes.subarray(writer.finish(0), writer.length))
}

test('sequence numbers that are asked for are refused, with who has them', () => {
  expect(() => make({ 'enable.idempotence': 'true' })).toThrow('client kafkajs sends without sequence numbers; client bytes has them')
})

test('a batch of the length of one that was given up is no repeat of it', async () => {
  const made = make()
  await made.partitions('logs')
  broker.judge = (_topic, _partition, _records, before) => before === 0 ? { error: 7 } : undefined
  expect(await made.produce('logs', 0, batch('a', 'b'))).toMatchObject({ kind: 'retry', unsure: true })
  expect(await made.produce('logs', 0, batch('c', 'd'))).toEqual({ kind: 'delivered' })
  expect(broker.values).toEqual(['c', 'd'])
  expect(broker.seen).not.toContain(INIT_PRODUCER_ID)
})

test('a request whose connection was lost may have arrived, one for which there was none has not', async () => {
  const made = make()
  await made.partitions('logs')
  broker.react = ({ api }) => api === PRODUCE ? 'hang up' : undefined
  expect(await made.produce('logs', 0, batch('a'))).toMatchObject({ kind: 'retry', unsure: true })
  await broker.stop()
  for (let i = 0; i < 2; i++) await made.produce('logs', 0, batch('a'))
  expect(await made.produce('logs', 0, batch('a'))).toMatchObject({ kind: 'retry', unsure: false })
})

test('the number of partitions is asked for once while it is young', async () => {
  const made = make()
  await made.open()
  await made.partitions('logs')
  const asked = broker.seen.filter((api) => api === METADATA).length
  expect(await made.partitions('logs')).toBe(1)
  expect(broker.seen.filter((api) => api === METADATA).length).toBe(asked)
})

test('opening that failed is tried anew', async () => {
  const made = make()
  let shut = true
  broker.react = () => shut ? 'hang up' : undefined
  await expect(made.open()).rejects.toThrow(/.+/)
  shut = false
  await expect(made.open()).resolves.toBeUndefined()
  expect(await made.partitions('logs')).toBe(1)
})

test('a connection with nothing to do lets the process rest', async () => {
  const made = make()
  await made.partitions('logs')
  const timers: unknown[] = []
  const { setTimeout: real } = globalThis
  globalThis.setTimeout = ((...args: Parameters<typeof real>) => {
    timers.push(args[1])
    return real(...args)
  }) as typeof real
  try {
    await new Promise((resolve) => { real(resolve, 100) })
  } finally {
    globalThis.setTimeout = real
  }
  expect(timers.length).toBeLessThan(5)
})
