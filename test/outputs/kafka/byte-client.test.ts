import { afterEach, beforeEach, expect, test } from 'vitest'
import { BatchWriter } from '../../../src/lib/kafka/record-batch.ts'
import { ByteClient } from '../../../src/outputs/kafka/byte-client.ts'
import { kafka } from '../../../src/outputs/kafka.ts'
import { readSettings } from '../../../src/outputs/kafka/settings.ts'
import { FakeBroker, PRODUCE } from '../../lib/kafka/fake-broker.ts'
import { optionsOf, outputContext } from '../output-context.ts'

let broker: FakeBroker
let client: ByteClient
beforeEach(async () => { broker = await FakeBroker.start() })
afterEach(async () => {
  await client.close()
  await broker.stop()
})

function make(properties: { [name: string]: string } = {}): void {
  client = new ByteClient(readSettings(optionsOf(kafka, {
    brokers: [broker.address], 'rdkafka.': new Map(Object.entries({ 'retry.backoff.ms': '5', ...properties }))
  }), outputContext()))
}

function batch(text: string): Buffer {
  const writer = new BatchWriter(64)
  writer.begin()
  writer.open(null, text.length, 1)
  writer.text(text)
  writer.close(null, Buffer.from([0]), 1)
  return Buffer.from(writer.bytes.subarray(writer.finish(1_795_341_600_000), writer.length))
}

test('a batch whose answer is lost is sent again and stored once', async () => {
  make()
  broker.judge = (_topic, _partition, _records, before) => before === 0 ? { error: 7, stored: true } : undefined
  expect(await client.produce('logs', 0, batch('once'), 1)).toEqual({ kind: 'delivered' })
  expect(broker.values).toEqual(['once'])
  expect(broker.seen.filter((api) => api === PRODUCE).length).toBe(2)
})

test('batches are compressed by the level that is set, and the one that was given stays as it was', async () => {
  make({ 'compression.codec': 'gzip', 'compression.level': '9' })
  const text = 'the same again, '.repeat(500)
  const given = batch(text)
  const before = Buffer.from(given)
  expect(await client.produce('logs', 0, given, 1)).toEqual({ kind: 'delivered' })
  expect(given.equals(before)).toBe(true)
  expect(broker.values).toEqual([text])
  const { bytes } = broker.logs.get('logs/0')![0]!
  expect(bytes.length).toBeLessThan(300)
  // gzip's own mark of the strongest level
  expect(bytes[61 + 8]).toBe(2)
})

test('without acknowledgement a batch is delivered when it is on its way', async () => {
  make({ acks: '0', 'enable.idempotence': 'false' })
  expect(await client.produce('logs', 0, batch('a'), 1)).toEqual({ kind: 'delivered' })
  await expect.poll(() => broker.values, { timeout: 10_000 }).toEqual(['a'])
})
