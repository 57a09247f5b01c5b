import { describe, expect, it, test } from 'vitest'
import { isTopic, readSettings, type KafkaSettings } from '../../../src/outputs/kafka/settings.ts'
import { kafka } from '../../../src/outputs/kafka.ts'
import { PluginError } from '../../../src/plugin/context.ts'
import type { NetworkOptions } from '../../../src/plugin/output.ts'
import { optionsOf, outputContext } from '../output-context.ts'

interface Given {
  readonly [name: string]: unknown
}

function read(set: Given = {}, properties: { readonly [name: string]: string } = {}, network: Partial<NetworkOptions> = {}): KafkaSettings & { logged: string[] } {
  const context = outputContext(network)
  const options = optionsOf(kafka, { brokers: ['b-1:9092'], 'rdkafka.': new Map(Object.entries(properties)), ...set })
  return { ...readSettings(options, context), logged: context.logged }
}

function complaint(...given: Parameters<typeof read>): { option: string | undefined; message: string } {
  try {
    read(...given)
  } catch (error) {
    if (!(error instanceof PluginError)) throw error
    return { option: error.option, message: error.message }
  }
  throw new Error('it was taken')
}

describe('without properties', () => {
  it('all replicas acknowledge, sequence numbers are used where the broker allows them, nothing is compressed', () => {
    const { producer, ...rest } = read()
    expect(producer).toMatchObject({ acks: -1, idempotence: 'preferred', ackTimeout: 30_000, deliveryTimeout: 300_000, retryBackoff: 100, retryBackoffMax: 1000 })
    expect(rest).toMatchObject({ codec: 'none', level: undefined, batchBytes: 1_000_000, batchRecords: 10_000, logged: [] })
    expect(rest.hash!(Buffer.from('123456789'))).toBe(0xcbf43926)
  })

  it('the brokers of the option go before host and port, which stand in for them', () => {
    const brokers = (...given: Parameters<typeof read>): string[] => read(...given).cluster.bootstrap.map(({ host, port }) => `${host} ${port}`)
    expect(brokers({ brokers: ['a:1', 'b'] }, {}, { host: 'other' })).toEqual(['a 1', 'b 9092'])
    expect(brokers({ brokers: undefined }, {}, { host: 'kafka' })).toEqual(['kafka 9092'])
    expect(brokers({ brokers: undefined }, {}, { host: 'kafka', port: 9093 })).toEqual(['kafka 9093'])
    expect(brokers({ brokers: undefined }, {}, { host: '::1', port: 9093 })).toEqual(['::1 9093'])
    expect(brokers({ brokers: undefined }, { 'metadata.broker.list': 'x:5,y:6' })).toEqual(['x 5', 'y 6'])
  })
})

describe('properties', () => {
  it('say how batches are acknowledged, tried and compressed', () => {
    const { producer, codec, level } = read({}, {
      'request.required.acks': '1', 'enable.idempotence': 'false', 'request.timeout.ms': '7', 'delivery.timeout.ms': '8',
      'retry.backoff.ms': '9', 'retry.backoff.max.ms': '10', 'compression.type': 'LZ4', 'compression.level': '3'
    })
    expect(producer).toMatchObject({ acks: 1, idempotence: 'off', ackTimeout: 7, deliveryTimeout: 8, retryBackoff: 9, retryBackoffMax: 10 })
    expect([codec, level]).toEqual(['lz4', 3])
  })

  it.each([['all', -1], ['-1', -1], ['1', 1], ['0', 0]])('acks %s', (acks, sent) => {
    expect(read({}, { acks }).producer.acks).toBe(sent)
  })

  it.each([['all'], ['-1']])('idempotence is required when it is asked for, with acks %s', (acks) => {
    expect(read({}, { acks, 'enable.idempotence': 'true' }).producer.idempotence).toBe('required')
  })

  it('of sizes: the smaller one is the batch\'s limit', () => {
    const bytes = (properties: { readonly [name: string]: string }): number => read({}, properties).batchBytes
    expect([
      bytes({ 'message.max.bytes': '5000' }), bytes({ 'batch.size': '3000' }), bytes({ 'message.max.bytes': '5000', 'batch.size': '3000' }),
      bytes({ 'message.max.bytes': '2000', 'batch.size': '3000' })
    ]).toEqual([5000, 3000, 3000, 2000])
    expect(read({}, { 'batch.num.messages': '7' }).batchRecords).toBe(7)
  })

  it('a level of -1 is the codec\'s own, no timeout of messages the usual one', () => {
    expect(read({}, { 'compression.level': '-1' }).level).toBeUndefined()
    expect(read({}, { 'message.timeout.ms': '0' }).producer.deliveryTimeout).toBe(300_000)
  })

  it('choose the hash of keys', () => {
    expect(read({}, { partitioner: 'random' }).hash).toBeUndefined()
    expect(read({}, { partitioner: 'fnv1a' }).hash!(Buffer.from('foobar'))).toBe(2 ** 32 - 0xbf9cf968)
  })

  it('without effect are named with the reason', () => {
    expect(read({}, { retries: '3' }).logged).toEqual(['rdkafka.retries has no effect: a batch is tried until it is acknowledged; see retry_limit of the output.'])
  })
})

describe('a complaint names its option', () => {
  it.each([
    ['format', { format: 'raw' }, {}, 'format raw needs raw_log_key, which says what of the record is the message'],
    ['format', { format: 'otlp_json' }, {}, 'format otlp_json is not supported; json, msgpack, gelf and raw are'],
    ['topics', { topics: ['good', '..'] }, {}, '.. cannot be the name of a topic: 1 to 249 of the characters A-Z a-z 0-9 . _ -'],
    ['topics', { topics: [] }, {}, 'at least one topic must be named'],
    ['brokers', { brokers: undefined }, {}, 'the output needs brokers, like kafka-1:9092'],
    ['rdkafka.acks', {}, { acks: '0', 'enable.idempotence': 'true' }, 'rdkafka.acks: enable.idempotence needs acks all, not 0']
  ])('%s: %o %o', (option, set, properties, message) => {
    expect(complaint(set, properties as { [name: string]: string })).toEqual({ option, message })
  })

  it.each([['batch.num.messages', '0'], ['compression.codec', 'brotli'], ['compression.level', '23'], ['message.max.bytes', 'much'], ['no.such', '1']])('rdkafka.%s = %s', (name, value) => {
    expect(complaint({}, { [name]: value })).toMatchObject({ option: `rdkafka.${name}`, message: expect.stringContaining(`rdkafka.${name}: `) as unknown })
  })
})

test('names of topics', () => {
  const names = ['a', 'A.b_c-9', 'x'.repeat(249), '...']
  const none = ['', '.', '..', 'x'.repeat(250), 'a b', 'é', 'a\n', 'a/b', 'a,b']
  expect([...names, ...none].filter(isTopic)).toEqual(names)
})
