import { describe, expect, it } from 'vitest'
import { defaultOf } from '../../../src/config/values.ts'
import { kafkaOptions } from '../../../src/inputs/kafka/options.ts'
import { readSettings, type KafkaOptions, type KafkaSettings } from '../../../src/inputs/kafka/settings.ts'
import { PluginError, type Log } from '../../../src/plugin/context.ts'

const said: string[] = []
const say = (message: string): void => void said.push(message)
const log: Log = { error: say, warn: say, info: say, debug: say }

function read(properties: { readonly [name: string]: string } = {}, set: Partial<KafkaOptions> = {}): KafkaSettings {
  said.length = 0
  const defaults = Object.fromEntries(Object.entries(kafkaOptions).map(([name, field]) => [name, defaultOf(field)]))
  return readSettings({ ...defaults, brokers: ['kafka-1:9092'], topics: ['logs'], 'rdkafka.': new Map(Object.entries(properties)), ...set } as KafkaOptions, log)
}

describe('without properties', () => {
  it('reads as librdkafka does: from the end, what is committed, with its times', () => {
    const { group, consumer, begin, commitInterval, cluster } = read()
    expect([begin, commitInterval, cluster.createTopics]).toEqual(['latest', 1000, false])
    expect(group).toMatchObject({ group: 'fantail', instance: null, topics: ['logs'], sessionTimeout: 45_000, heartbeat: 3000, rebalanceTimeout: 300_000 })
    expect(consumer).toMatchObject({ maxWait: 500, minBytes: 1, maxBytes: 4_000_000, partitionBytes: 1_048_576, committedOnly: true })
  })
})

describe('a property', () => {
  it('stands over the option of the same meaning', () => {
    const { group, consumer } = read({ 'group.id': 'theirs', 'fetch.max.bytes': '5000000', 'isolation.level': 'read_uncommitted', 'group.instance.id': 'i1' }, { group_id: 'ours' })
    expect([group.group, group.instance, consumer.maxBytes, consumer.committedOnly]).toEqual(['theirs', 'i1', 5_000_000, false])
  })

  it.each([['smallest', 'earliest'], ['earliest', 'earliest'], ['beginning', 'earliest'], ['largest', 'latest'], ['latest', 'latest'], ['end', 'latest']])(
    'auto.offset.reset %s means %s', (given, begin) => {
      expect(read({ 'auto.offset.reset': given }).begin).toBe(begin)
    })

  it('leaves three heartbeats to a session at least', () => {
    expect(read({ 'session.timeout.ms': '6000' }).group.heartbeat).toBe(2000)
    expect(read({ 'session.timeout.ms': '60000', 'heartbeat.interval.ms': '5000' }).group.heartbeat).toBe(5000)
  })

  it.each([
    ['auto.offset.reset', 'error', 'a group that has read nothing must begin somewhere: earliest or latest'],
    ['session.timeout.ms', 'soon', ''], ['no.such.property', '1', '']
  ])('that cannot be used is refused by name: %s %s', (name, value, reason) => {
    expect(() => read({ [name]: value })).toThrow(PluginError)
    expect(() => read({ [name]: value })).toThrow(`rdkafka.${name}: ${reason}`)
    expect(() => read({ [name]: value })).toThrow(expect.objectContaining({ option: `rdkafka.${name}` }) as Error)
  })

  it('that does nothing is said, with the reason', () => {
    read({ 'enable.auto.commit': 'true' })
    expect(said.join()).toMatch(/^rdkafka\.enable\.auto\.commit has no effect: .+\.$/)
  })
})

it('needs a topic', () => {
  expect(() => read({}, { topics: [] })).toThrow('at least one topic must be named')
})
