import { afterEach, beforeEach, expect, it } from 'vitest'
import { Cluster } from '../../../src/lib/kafka/cluster.ts'
import { FakeBroker, METADATA } from './fake-broker.ts'
import { clusterOf, containing } from './settings.ts'

let broker: FakeBroker
let cluster: Cluster
beforeEach(async () => {
  broker = await FakeBroker.start()
  cluster = new Cluster(clusterOf([1, broker.port]))
})
afterEach(async () => {
  await cluster.close()
  await broker.stop()
})

const questions = (): number => broker.seen.filter((api) => api === METADATA).length

it('finds the cluster by the first broker that answers, and remembers topics', async () => {
  broker.topics.set('logs', 3)
  expect((await cluster.topic('logs')).leaders).toEqual([1, 1, 1])
  expect([cluster.leader('logs', 2), cluster.leader('logs', 3), cluster.brokers.length]).toEqual([1, undefined, 1])
  const asked = questions()
  await cluster.topic('logs')
  expect(questions()).toBe(asked)
})

it('shares a question that several have', async () => {
  await Promise.all([cluster.topic('logs'), cluster.topic('logs'), cluster.topic('logs')])
  expect(questions()).toBe(1)
})

it('waits for a topic that is being made, for a while', async () => {
  broker.topicError = () => questions() < 2 ? 5 : 0
  expect((await cluster.topic('logs')).leaders).toEqual([1])
  await expect(new Cluster(clusterOf([broker.port])).topic('none')).resolves.toBeDefined()
  broker.topicError = () => 3
  await expect(cluster.topic('missing')).rejects.toMatchObject({ code: 3, message: containing('topic missing: UNKNOWN_TOPIC_OR_PARTITION') })
})

it('says at once what no waiting mends', async () => {
  broker.topicError = () => 29
  const began = performance.now()
  await expect(cluster.topic('secret')).rejects.toMatchObject({ code: 29 })
  expect(performance.now() - began).toBeLessThan(250)
})

it('keeps a known topic that is without answer for a moment, and finds new partitions when it asks again', async () => {
  await cluster.topic('logs')
  broker.topicError = () => 5
  await cluster.refresh([])
  expect(cluster.leader('logs', 0)).toBe(1)
  broker.topicError = () => 0
  broker.topics.set('logs', 2)
  await cluster.refresh([])
  expect((await cluster.topic('logs')).leaders).toEqual([1, 1])
})

it('makes one connection to a broker, and another when that is lost', async () => {
  await cluster.topic('logs')
  const [one, other] = await Promise.all([cluster.broker(1), cluster.broker(1)])
  expect(one).toBe(other)
  broker.hangUp()
  await expect.poll(() => one.isOpen).toBe(false)
  expect(await cluster.broker(1)).not.toBe(one)
  await expect(cluster.broker(9)).rejects.toThrow('no broker 9')
})

it('takes a new connection before the login ends, and lets the old one finish', async () => {
  await cluster.topic('logs')
  const old = await cluster.broker(1)
  old.retireAt = 0
  expect(await cluster.broker(1)).not.toBe(old)
  expect(old.isOpen).toBe(false)
})
