import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Cluster } from '../../../src/lib/kafka/cluster.ts'
import { Producer, type Outcome, type ProducerSettings } from '../../../src/lib/kafka/producer.ts'
import { BatchWriter } from '../../../src/lib/kafka/record-batch.ts'
import { FakeBroker, INIT_PRODUCER_ID, PRODUCE } from './fake-broker.ts'
import { clusterOf, containing, producerOf } from './settings.ts'

let broker: FakeBroker
let cluster: Cluster
let producer: Producer
const warnings: string[] = []
beforeEach(async () => {
  broker = await FakeBroker.start()
  broker.topics.set('logs', 2)
  warnings.length = 0
  await make()
})
afterEach(async () => {
  producer.stop('over')
  await cluster.close()
  await broker.stop()
})

async function make (set: Partial<ProducerSettings> = {}, requestTimeout = 300): Promise<void> {
  cluster = new Cluster(clusterOf([broker.port], { requestTimeout }))
  producer = new Producer(cluster, producerOf({ warn: (message) => warnings.push(message), ...set }))
  await cluster.topic('logs')
}

function batch (...texts: string[]): Buffer {
  const writer = new BatchWriter(256)
  writer.reset()
  writer.begin()
  for (const text of texts) {
    writer.open(null, text.length, 1)
    writer.text(text)
    writer.close(null, Buffer.from([0]), 1)
  }
  return writer.bytes.subarray(writer.finish(Date.now()), writer.length)
}

const send = (partition: number, ...texts: string[]): Promise<Outcome> => producer.produce('logs', partition, batch(...texts), texts.length)
const requests = (): number => broker.seen.filter((api) => api === PRODUCE).length
const delivered = { kind: 'delivered' }

it('puts what is ready for a broker into one request, and keeps order within a partition', async () => {
  expect(await Promise.all([send(0, 'a', 'b'), send(1, 'x'), send(0, 'c'), send(0, 'd')])).toEqual([delivered, delivered, delivered, delivered])
  expect(broker.stored.map(({ partition, value }) => `${partition}${value!.toString()}`)).toEqual(['0a', '0b', '1x', '0c', '0d'])
  expect(requests()).toBe(3)
  expect(broker.seen.filter((api) => api === INIT_PRODUCER_ID).length).toBe(1)
})

describe('a lost answer', () => {
  it('stores nothing twice', async () => {
    let lost = 3
    broker.react = ({ api }) => {
      if (api !== PRODUCE || lost === 0) return undefined
      lost--
      return lost === 1 ? 'hang up' : 'hang'
    }
    broker.judge = () => undefined
    expect(await send(0, 'a')).toEqual(delivered)
    expect(broker.values).toEqual(['a'])
  })

  it('stores nothing twice when the batch had arrived', async () => {
    broker.judge = (_topic, _partition, _records, before) => before === 0 ? { error: 20, stored: true } : undefined
    expect(await Promise.all([send(0, 'a'), send(0, 'b')])).toEqual([delivered, delivered])
    expect(broker.values).toEqual(['a', 'b'])
  })

  it('is told as unsure when it is given up, and the next batch goes under another producer id', async () => {
    await make({ deliveryTimeout: 400 }, 200)
    broker.react = ({ api }) => api === PRODUCE ? 'hang' : undefined
    expect(await send(0, 'a')).toMatchObject({ kind: 'retry', unsure: true, reason: containing('did not answer Produce in time') })
    broker.react = () => undefined
    expect(await send(0, 'b')).toEqual(delivered)
    expect(broker.seen.filter((api) => api === INIT_PRODUCER_ID).length).toBe(2)
  })

  it('is told at once without idempotence, so that the repeat is counted', async () => {
    await make({ idempotence: 'off' })
    broker.react = ({ api }) => api === PRODUCE ? 'hang up' : undefined
    expect(await send(0, 'a')).toMatchObject({ kind: 'retry', unsure: true })
    expect(requests()).toBe(1)
  })
})

describe('leaders', () => {
  it('are asked for again when a broker leads no more', async () => {
    const other = await FakeBroker.start()
    other.topics = broker.topics
    other.id = 2
    other.peers = [{ id: 1, port: broker.port }]
    broker.peers = [{ id: 2, port: other.port }]
    broker.judge = () => {
      for (const one of [broker, other]) one.leader = () => 2
      return { error: 6 }
    }
    expect(await send(0, 'a')).toEqual(delivered)
    expect([broker.values, other.values]).toEqual([[], ['a']])
    await other.stop()
  })

  it('that are never found let the batch go after a while, surely not sent', async () => {
    await make({ deliveryTimeout: 200 })
    broker.judge = () => ({ error: 6 })
    expect(await send(0, 'a')).toMatchObject({ kind: 'retry', unsure: false, reason: containing('NOT_LEADER_OR_FOLLOWER') })
    broker.leader = () => -1
    await cluster.refresh([])
    expect(await send(0, 'a')).toMatchObject({ kind: 'retry', unsure: false, reason: containing('no leader') })
  })
})

describe('what a broker says', () => {
  const told = async (error: number, more: object = {}): Promise<Outcome> => {
    broker.judge = () => ({ error, ...more })
    return await send(0, 'a', 'b')
  }

  it('becomes an outcome', async () => {
    expect(await told(10)).toMatchObject({ kind: 'large' })
    expect(await told(17)).toMatchObject({ kind: 'refused' })
    expect(await told(87, { message: 'some', records: [[1, 'no key']] })).toMatchObject({ kind: 'bad', reason: containing('some'), records: new Map([[1, 'no key']]) })
    expect(await told(29)).toMatchObject({ kind: 'retry', unsure: false, denied: true })
    expect(await told(46)).toEqual(delivered)
  })

  it('of a batch that was refused uses up no sequence numbers', async () => {
    await told(10)
    broker.judge = () => undefined
    expect([await send(0, 'a'), await send(0, 'b')]).toEqual([delivered, delivered])
  })

  it('of a sequence that it has lost leads to a fresh producer id', async () => {
    await send(0, 'a')
    broker.judge = (_topic, _partition, _records, before) => before === 1 ? { error: 59 } : undefined
    expect(await send(0, 'b')).toEqual(delivered)
    expect(broker.values).toEqual(['a', 'b'])
  })

  it('about enough replicas is waited for', async () => {
    broker.judge = (_topic, _partition, _records, before) => before < 3 ? { error: 19 } : undefined
    expect(await send(0, 'a')).toEqual(delivered)
  })

  it('about its quota is heeded', async () => {
    broker.throttle = 150
    await send(0, 'a')
    const began = performance.now()
    await send(0, 'b')
    expect(performance.now() - began).toBeGreaterThan(120)
  })

  it('with a partition left out is no delivery', async () => {
    await make({ idempotence: 'off' })
    broker.react = ({ api }) => api !== PRODUCE ? undefined : (w) => {
      w.int32(0)
      w.int32(0)
    }
    expect(await send(0, 'a')).toMatchObject({ kind: 'retry', unsure: true, reason: containing('leaves the partition out') })
  })

  it('that makes no sense is no delivery', async () => {
    await make({ idempotence: 'off' })
    broker.react = ({ api }) => api !== PRODUCE ? undefined : (w) => w.int32(1000)
    expect(await send(0, 'a')).toMatchObject({ kind: 'retry', unsure: true, reason: containing('makes no sense') })
  })
})

describe('idempotence', () => {
  const deny = (): void => {
    broker.react = ({ api }) => api !== INIT_PRODUCER_ID ? undefined : (w) => {
      w.int32(0)
      w.int16(31)
      w.int64(-1)
      w.int16(-1)
    }
  }

  it('is done without, with a warning, where it is not allowed', async () => {
    deny()
    expect(await send(0, 'a')).toEqual(delivered)
    expect(warnings).toEqual([containing('CLUSTER_AUTHORIZATION_FAILED')])
  })

  it('is insisted on where it was asked for', async () => {
    await make({ idempotence: 'required', deliveryTimeout: 100 })
    deny()
    expect(await send(0, 'a')).toMatchObject({ kind: 'retry', unsure: false })
    expect(broker.values).toEqual([])
  })
})

it('asks for no answer with acks 0', async () => {
  await make({ acks: 0 })
  expect(await send(0, 'a')).toEqual(delivered)
  await expect.poll(() => broker.values).toEqual(['a'])
})

it('survives a broker that hangs up on an idle connection', async () => {
  await send(0, 'a')
  broker.hangUp()
  expect(await send(0, 'b')).toEqual(delivered)
})

it('gives up everything when it stops, and says what may have arrived', async () => {
  broker.react = ({ api }) => api === PRODUCE ? 'hang' : undefined
  const sent = Promise.all([send(0, 'a'), send(0, 'b')])
  await expect.poll(requests).toBe(1)
  producer.stop('over')
  expect(await sent).toEqual([
    { kind: 'retry', reason: 'over', unsure: true, throttle: 0, denied: false }, { kind: 'retry', reason: 'over', unsure: false, throttle: 0, denied: false }
  ])
  expect(await send(0, 'c')).toMatchObject({ kind: 'retry', unsure: false })
})
