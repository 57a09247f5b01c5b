import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Stream } from '../../../src/event/stream.ts'
import { KafkaError } from '../../../src/lib/kafka/protocol-errors.ts'
import type { Outcome } from '../../../src/lib/kafka/producer.ts'
import { BatchWriter, recordsOf } from '../../../src/lib/kafka/record-batch.ts'
import type { Client } from '../../../src/outputs/kafka/client.ts'
import { Messages } from '../../../src/outputs/kafka/message.ts'
import { Partitions } from '../../../src/outputs/kafka/partitions.ts'
import { readSettings } from '../../../src/outputs/kafka/settings.ts'
import { Shipment } from '../../../src/outputs/kafka/shipment.ts'
import { kafka } from '../../../src/outputs/kafka.ts'
import { DELIVERED, REFUSED, RETRY, UNSURE, type Verdict } from '../../../src/plugin/output.ts'
import { makeBatch, type RecordSpec } from '../../event/make-batch.ts'
import { optionsOf, outcomes, outputContext } from '../output-context.ts'

interface Sent {
  readonly topic: string
  readonly partition: number
  readonly size: number
  readonly values: readonly string[]
}

type Answer = (values: readonly string[], sent: Sent) => Outcome

/** Takes what it is sent unless `answer` says otherwise, some time later. */
class ToyClient implements Client {
  readonly sent: Sent[] = []
  readonly kept: string[] = []
  count = 1
  answer: Answer = () => ({ kind: 'delivered' })
  topic: (name: string) => void = () => {}

  async open(): Promise<void> {
    await Promise.resolve()
  }

  async partitions(topic: string): Promise<number> {
    await Promise.resolve()
    this.topic(topic)
    return this.count
  }

  async produce(topic: string, partition: number, batch: Buffer, count: number): Promise<Outcome> {
    await new Promise((resolve) => { setImmediate(resolve) })
    const values = recordsOf(batch).map(({ value }) => String(value))
    if (values.length !== count) throw new Error(`${values.length} records said to be ${count}`)
    const sent = { topic, partition, size: batch.length, values }
    this.sent.push(sent)
    const outcome = this.answer(values, sent)
    if (outcome.kind === 'delivered') this.kept.push(...values)
    return outcome
  }

  stop(): void {}

  async close(): Promise<void> {
    await Promise.resolve()
  }
}

const WHIMS = ['ok', 'ok', 'ok', 'large', 'bad', 'named', 'retry', 'unsure', 'refused'] as const
const RAW = { format: 'raw', raw_log_key: 'v', brokers: ['b'] }
const retry = (set: Partial<Extract<Outcome, { kind: 'retry' }>> = {}): Outcome => ({ kind: 'retry', reason: 'later', unsure: false, throttle: 0, denied: false, ...set })

interface Shipped {
  readonly verdict: Verdict
  readonly alarms: readonly string[]
}

async function ship(client: Client, records: readonly RecordSpec[], set: { [name: string]: unknown } = {}, properties: { [name: string]: string } = {}): Promise<Shipped> {
  const context = outputContext()
  const options = optionsOf(kafka, { ...RAW, 'rdkafka.': new Map(Object.entries(properties)), ...set })
  const settings = readSettings(options, context)
  const alarms: string[] = []
  const shipment = new Shipment(makeBatch(records), client, new BatchWriter(64), {
    settings, messages: new Messages(options, context.pool), partitions: new Partitions(settings.hash), alarm: (reason) => alarms.push(reason)
  })
  return { verdict: await shipment.send(), alarms }
}

const values = (...texts: string[]): RecordSpec[] => texts.map((v) => ({ body: { v } }))

test('a batch is filled to the byte, and no further', async () => {
  const specs = values('a'.repeat(400), 'b'.repeat(400), 'c'.repeat(400))
  const whole = new ToyClient()
  await ship(whole, specs.slice(0, 2), { message_key: 'k'.repeat(100), header: [['h', 'x'.repeat(200)]] })
  const { size } = whole.sent[0]!
  expect(size).toBeGreaterThan(1400)
  const counts = async (limit: number): Promise<number[]> => {
    const client = new ToyClient()
    await ship(client, specs, { message_key: 'k'.repeat(100), header: [['h', 'x'.repeat(200)]] }, { 'message.max.bytes': String(limit) })
    return client.sent.map(({ values: { length } }) => length)
  }
  expect(await counts(size)).toEqual([2, 1])
  expect(await counts(size - 1)).toEqual([1, 1, 1])
})

test('batches stay within both limits, and nothing is lost, added or put out of order', async () => {
  const streams = Array.from({ length: 6 }, (_, n) => new Stream(`stream-${n}000`, 0, { input: 'tail.0', path: '/a', marks: {} }))
  const record = fc.record({ size: fc.oneof(fc.nat({ max: 300 }), fc.nat({ max: 3000 })), stream: fc.nat({ max: 5 }), bare: fc.integer({ min: 0, max: 9 }) })
  const rule = fc.asyncProperty(
    fc.array(record, { minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1000, max: 4000 }), fc.integer({ min: 1, max: 12 }),
    fc.constantFrom('raw', 'json', 'msgpack'), fc.infiniteStream(fc.constantFrom(...WHIMS)),
    async (given, partitions, bytes, records, format, whims) => {
      const client = new ToyClient()
      client.count = partitions
      const number = (text: string): number => Number(/#(\d+)#/.exec(text)![1])
      const refused = new Set<number>()
      const partitionOf = new Map<number, number>()
      client.answer = (texts, { size, partition }) => {
        expect(texts.length).toBeLessThanOrEqual(records)
        if (texts.length > 1) expect(size).toBeLessThanOrEqual(bytes)
        for (const text of texts) partitionOf.set(number(text), partition)
        const numbers = texts.map(number)
        expect(numbers).toEqual([...numbers].sort((a, b) => a - b))
        const whim = whims.next().value as (typeof WHIMS)[number]
        switch (whim) {
          case 'large':
          case 'bad':
            if (texts.length === 1) refused.add(numbers[0]!)
            return whim === 'large' ? { kind: 'large', reason: 'why' } : { kind: 'bad', reason: 'why', records: new Map() }
          case 'named': {
            const place = texts.length >>> 1
            refused.add(numbers[place]!)
            return { kind: 'bad', reason: 'why', records: new Map([[place, 'this one']]) }
          }
          case 'refused':
            for (const n of numbers) refused.add(n)
            return { kind: 'refused', reason: 'why' }
          case 'retry': return retry()
          case 'unsure': return retry({ unsure: true })
          default: return { kind: 'delivered' }
        }
      }
      const specs = given.map(({ size, stream, bare }, n): RecordSpec => (
        { body: bare === 0 && format === 'raw' ? { other: n } : { v: `#${n}#${'x'.repeat(size)}` }, stream: streams[stream]!, start: n * 10 }
      ))
      const { verdict } = await ship(client, specs, { format }, { 'message.max.bytes': String(bytes), 'batch.num.messages': String(records) })
      const fates = verdict.kind === 'partial' ? outcomes(verdict) : specs.map(() => verdict.kind === 'delivered' ? DELIVERED : RETRY)
      if (verdict.kind === 'partial') {
        expect([...verdict.reasons.keys()].sort((a, b) => a - b)).toEqual(fates.flatMap((fate, n) => fate === DELIVERED ? [] : [n]))
      }
      const kept = client.kept.map(number)
      expect([...kept].sort((a, b) => a - b)).toEqual(fates.flatMap((fate, n) => fate === DELIVERED ? [n] : []))
      const bare = specs.flatMap(({ body }, n) => 'other' in (body as object) ? [n] : [])
      expect(fates.flatMap((fate, n) => fate === REFUSED ? [n] : [])).toEqual([...refused, ...bare].sort((a, b) => a - b))
      for (let partition = 0; partition < partitions; partition++) {
        const there = kept.filter((n) => partitionOf.get(n) === partition)
        expect(there).toEqual([...there].sort((a, b) => a - b))
        // nothing overtakes what is to be tried again
        const waits = fates.findIndex((fate, n) => partitionOf.get(n) === partition && (fate === RETRY || fate === UNSURE))
        if (waits >= 0) expect(there.filter((n) => n > waits)).toEqual([])
      }
    }
  )
  await fc.assert(rule, { numRuns: 150 })
})

test('the whole batch goes again when nothing of it was taken, and pauses as long as any broker says', async () => {
  const client = new ToyClient()
  client.answer = () => retry({ throttle: 70 })
  expect((await ship(client, values('a', 'b'))).verdict).toEqual({ kind: 'retry', reason: 'later', after: 70, throttled: true })
  client.answer = () => retry({ unsure: true })
  expect((await ship(client, values('a', 'b'))).verdict).toEqual({ kind: 'retry', reason: 'later', unsure: true })
})

test('of one partition, what follows a batch without answer is sure not to be there', async () => {
  const client = new ToyClient()
  client.answer = ([first]) => first === 'b' ? retry({ unsure: true, throttle: 5 }) : { kind: 'delivered' }
  const { verdict } = await ship(client, values('a', 'b', 'c'), {}, { 'batch.num.messages': '1' })
  expect(outcomes(verdict)).toEqual([DELIVERED, UNSURE, RETRY])
  expect(verdict).toMatchObject({ after: 5, throttled: true, reasons: new Map([[1, 'later'], [2, 'later']]) })
  expect(client.sent.map(({ values: [first] }) => first)).toEqual(['a', 'b'])
})

test('a topic that never can be refuses its records; one that cannot now keeps them and raises the alarm', async () => {
  const client = new ToyClient()
  const records = [{ body: { v: 'x', t: 'none' } }, { body: { v: 'y', t: 'shut' } }, { body: { v: 'z', t: 'down' } }, { body: { v: 'w' } }]
  client.topic = (name) => {
    if (name === 'none') throw new KafkaError('no such name', { code: 17 })
    if (name === 'shut') throw new KafkaError('not for you', { code: 29 })
    if (name === 'down') throw new KafkaError('nobody answers')
  }
  const { verdict, alarms } = await ship(client, records, { topic_key: 't', dynamic_topic: true })
  expect(outcomes(verdict)).toEqual([REFUSED, RETRY, RETRY, DELIVERED])
  expect(verdict).toMatchObject({ reasons: new Map([[0, 'no such name'], [1, 'not for you'], [2, 'nobody answers']]) })
  expect(alarms).toEqual(['not for you'])
})

test('a broker that names records which are not there is asked half by half', async () => {
  const client = new ToyClient()
  client.answer = (texts) => texts.includes('bad') ? { kind: 'bad', reason: 'some', records: new Map([[99, 'that one']]) } : { kind: 'delivered' }
  const { verdict } = await ship(client, values('a', 'bad', 'c'))
  expect(outcomes(verdict)).toEqual([DELIVERED, REFUSED, DELIVERED])
  expect(client.kept).toEqual(['a', 'c'])
})

test('a batch of which no record can be a message asks nobody', async () => {
  const client = new ToyClient()
  expect(outcomes((await ship(client, [{ body: {} }, { body: { w: 1 } }])).verdict)).toEqual([REFUSED, REFUSED])
  expect(client.sent).toEqual([])
})
