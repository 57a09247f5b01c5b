import { afterEach, beforeEach, expect, it } from 'vitest'
import { Cluster } from '../../../src/lib/kafka/cluster.ts'
import { Consumer, type Receiver } from '../../../src/lib/kafka/consumer.ts'
import { BatchWriter, seal } from '../../../src/lib/kafka/record-batch.ts'
import { FakeBroker } from './fake-broker.ts'
import { clusterOf } from './settings.ts'

let broker: FakeBroker
let cluster: Cluster
let consumer: Consumer
let values: string[]
let ends: number[]
let failures: string[]
let full: Promise<void> | undefined
beforeEach(async () => {
  broker = await FakeBroker.start()
  values = []
  ends = []
  failures = []
  full = undefined
  cluster = new Cluster(clusterOf([broker.port]))
  await cluster.topic('logs')
  const receiver: Receiver = {
    take: (_, records, next) => {
      values.push(...records.map(({ value }) => String(value)))
      ends.push(next)
    },
    taken: () => {},
    room: () => full,
    missed: (_, messages) => { failures.push(`missed ${messages}`) },
    restarted: (_, offset) => { failures.push(`restarted at ${offset}`) },
    failed: (reason) => { failures.push(reason) }
  }
  consumer = new Consumer(cluster, { maxWait: 100, minBytes: 1, maxBytes: 1e6, partitionBytes: 1e6, committedOnly: true, retryBackoff: 20 }, receiver)
})
afterEach(async () => {
  consumer.stop()
  await cluster.close()
  await broker.stop()
})

interface Kind {
  readonly producer?: bigint
  readonly transactional?: boolean
  readonly control?: boolean
}

function append (texts: readonly string[], { producer = -1n, transactional = false, control = false }: Kind = {}): void {
  const writer = new BatchWriter(256)
  writer.reset()
  writer.begin()
  for (const text of texts) {
    writer.open(null, text.length, 1)
    writer.text(text)
    writer.close(null, Buffer.from([0]), 1)
  }
  const bytes = Buffer.from(writer.bytes.subarray(writer.finish(0), writer.length))
  const log = broker.logs.get('logs/0') ?? []
  broker.logs.set('logs/0', log)
  const base = log.at(-1)?.next ?? 0
  bytes.writeBigInt64BE(BigInt(base), 0)
  bytes.writeInt16BE((transactional ? 0x10 : 0) | (control ? 0x20 : 0), 21)
  seal(bytes, { producerId: producer, epoch: 0, first: 0 })
  log.push({ bytes, next: base + texts.length })
}

const start = (offset: number): void => consumer.start([{ topic: 'logs', partition: 0, offset }])

it('hands over what comes, from the position on, within a batch too', async () => {
  append(['a', 'b', 'c'])
  start(1)
  await expect.poll(() => values).toEqual(['b', 'c'])
  append(['d'])
  await expect.poll(() => values).toEqual(['b', 'c', 'd'])
  expect(ends).toEqual([3, 4])
})

it('leaves out transactions that were given up, and marks', async () => {
  append(['kept'], { producer: 1n, transactional: true })
  append(['gone'], { producer: 2n, transactional: true })
  append(['plain'])
  append(['mark'], { producer: 2n, transactional: true, control: true })
  append(['later'], { producer: 2n, transactional: true })
  broker.aborted = [{ producer: 2, first: 1 }]
  start(0)
  await expect.poll(() => values).toEqual(['kept', 'plain', 'later'])
  expect(ends).toEqual([1, 2, 3, 4, 5])
})

it('waits for room', async () => {
  let go = (): void => {}
  full = new Promise((resolve) => { go = resolve })
  append(['a'])
  start(0)
  await new Promise((resolve) => { setTimeout(resolve, 80) })
  expect(values).toEqual([])
  full = undefined
  go()
  await expect.poll(() => values).toEqual(['a'])
})

it('goes on when a partition had no leader, or another broker leads', async () => {
  broker.leader = () => -1
  await cluster.refresh([])
  append(['a'])
  start(0)
  await new Promise((resolve) => { setTimeout(resolve, 60) })
  broker.leader = () => 1
  await expect.poll(() => values).toEqual(['a'])
})

it('says what was missed and what was made anew', async () => {
  append(['a', 'b'])
  broker.starts.set('logs/0', 1)
  start(0)
  await expect.poll(() => [failures, values]).toEqual([['missed 1'], ['b']])
  broker.logs.delete('logs/0')
  broker.starts.delete('logs/0')
  await expect.poll(() => failures).toEqual(['missed 1', 'restarted at 0'])
  append(['x'])
  await expect.poll(() => values).toEqual(['b', 'x'])
})

it('hands over nothing once it is stopped', async () => {
  start(0)
  consumer.stop()
  append(['a'])
  await new Promise((resolve) => { setTimeout(resolve, 80) })
  expect(values).toEqual([])
})
