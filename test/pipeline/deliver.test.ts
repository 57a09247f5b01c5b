import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Batch } from '../../src/event/batch.ts'
import { emptyInputTerms, emptyOutputTerms, outputImbalance } from '../../src/event/ledger.ts'
import { openStore } from '../../src/buffer/open-store.ts'
import { Delivery, type DeliveryOptions } from '../../src/pipeline/deliver.ts'
import { Parking } from '../../src/pipeline/parking.ts'
import { DELIVERED, KEPT, REFUSED, REPEATED, RETRY, delivered, type Output, type Verdict } from '../../src/plugin/output.ts'
import { tempFolder } from '../support/temp.ts'
import { eventually } from '../support/wait.ts'
import { FakeOutput, FakeQueue, FrameMaker, finish, letters, limits, log, meter, numbers, running, shown } from './fake-queue.ts'

const fast = { base: 2, cap: 6, limit: undefined }

function set(over: Partial<DeliveryOptions> = {}): { delivery: Delivery; queue: FakeQueue; output: FakeOutput; maker: FrameMaker } {
  const output = new FakeOutput()
  const queue = new FakeQueue()
  const delivery = new Delivery({ name: 'out', output, limits, queue, retry: fast, flush: 50, meter: meter(), log, ...over })
  return { delivery, queue, output, maker: new FrameMaker() }
}

const tick = async (turns = 5): Promise<void> => {
  for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve))
}

afterEach(() => {
  vi.useRealTimers()
})

describe('an idle output', () => {
  it('is written to in the turn in which the frame was appended', async () => {
    const { delivery, queue, output, maker } = set()
    delivery.start()
    await running(queue)
    queue.push(maker.frame(['a', 'a', 'b']))
    await Promise.resolve()
    expect(output.requests).toEqual([[0, 1, 2]])
    await finish(delivery)
    expect(queue.terms).toMatchObject({ routed: 3, delivered: 3, repeated: 0, dead_lettered: 0 })
  })

  it('gathers while a request is under way, for flush at most', async () => {
    const { delivery, queue, output, maker } = set()
    const first = Promise.withResolvers<Verdict>()
    output.answer = (_, request) => (request === 0 ? first.promise : delivered)
    delivery.start()
    await running(queue)
    for (let i = 0; i < 4; i++) {
      queue.push(maker.frame(['a']))
      await tick()
    }
    expect(output.requests).toEqual([[0]])
    first.resolve(delivered)
    await tick()
    expect(output.requests).toEqual([[0], [1, 2, 3]])
    await finish(delivery)
  })

  it('gathers for flush when requests cost', async () => {
    const { delivery, queue, output, maker } = set({ limits: { ...limits, gather: true } })
    delivery.start()
    await running(queue)
    queue.push(maker.frame(['a']))
    await sleep(10)
    queue.push(maker.frame(['a']))
    expect(output.requests).toEqual([])
    await sleep(70)
    expect(output.requests).toEqual([[0, 1]])
    await finish(delivery)
  })
})

describe('batches', () => {
  it('take only the sections that are routed here, and a frame without any is done at once', async () => {
    const { delivery, queue, output, maker } = set()
    queue.push(maker.frame(['a', 'b'], ['other']), maker.frame(['a'], ['other', 'out']))
    delivery.start()
    await finish(delivery)
    expect(output.requests).toEqual([[2]])
    expect(queue.terms.routed).toBe(1)
    expect(queue.finished.size).toBe(2)
  })

  it('are cut by records, across frames', async () => {
    const { delivery, queue, output, maker } = set({ limits: { ...limits, maxRecords: 4, concurrency: 1 } })
    queue.push(maker.frame(['a', 'a', 'a']), maker.frame(['a', 'a', 'a']), maker.frame(['a', 'a', 'a']))
    delivery.start()
    await finish(delivery)
    expect(output.requests).toEqual([[0, 1, 2, 3], [4, 5, 6, 7], [8]])
    expect(queue.finished.size).toBe(3)
  })

  it('are cut by bytes, and a record that is too large by itself goes alone', async () => {
    const { delivery, queue, output, maker } = set({ limits: { ...limits, maxBytes: 59, concurrency: 1 } })
    queue.push(maker.frame(['a', 'a', 'a', 'a']), maker.frame(['a'], ['out'], 'app', 'x'.repeat(100)), maker.frame(['a']))
    delivery.start()
    await finish(delivery)
    expect(output.requests).toEqual([[0, 1, 2], [3], [4], [5]])
  })
})

describe('verdicts', () => {
  it('retry sends the same again, and counts repeats only when the outcome was unsure', async () => {
    const { delivery, queue, output, maker } = set()
    const answers: Verdict[] = [{ kind: 'retry', reason: 'refused connection' }, { kind: 'retry', reason: 'reply lost', unsure: true }]
    output.answer = () => answers.shift() ?? delivered
    queue.push(maker.frame(['a', 'a']))
    delivery.start()
    await finish(delivery)
    expect(output.requests).toEqual([[0, 1], [0, 1], [0, 1]])
    expect(queue.terms).toMatchObject({ routed: 2, delivered: 2, repeated: 2 })
  })

  it('a throw and a rejection are retries, and so is nonsense', async () => {
    const { delivery, queue, output, maker } = set()
    const faults = [
      (): Verdict => { throw new Error('broken') },
      (): Verdict => undefined as unknown as Verdict,
      (): Verdict => ({ kind: 'partial', outcomes: new Uint8Array(0), reasons: new Map() }),
      (): Verdict => ({ kind: 'partial', outcomes: Uint8Array.of(9), reasons: new Map() })
    ]
    output.answer = () => (faults.shift() ?? (() => delivered))()
    queue.push(maker.frame(['a']))
    delivery.start()
    await finish(delivery)
    expect(output.requests).toHaveLength(5)
    expect(queue.terms).toMatchObject({ delivered: 1, repeated: 4 })
  })

  it('a write that throws at once is a retry', async () => {
    const { delivery, queue, output, maker } = set()
    const write = output.write.bind(output)
    let calls = 0
    output.write = (batch, signal) => {
      if (calls++ === 0) throw new Error('not even a promise')
      return write(batch, signal)
    }
    queue.push(maker.frame(['a']))
    delivery.start()
    await finish(delivery)
    expect(queue.terms.delivered).toBe(1)
  })

  it('no answer in time: smaller batches are tried until one is answered', async () => {
    const { delivery, queue, output, maker } = set()
    const sizes: number[] = []
    output.answer = (batch) => {
      sizes.push(batch.bytes)
      return batch.bytes > 60_000 ? { kind: 'retry', reason: 'late', unsure: true, slow: true } : delivered
    }
    for (let i = 0; i < 20; i++) queue.push(maker.frame(['a'], ['out'], 'app', 'x'.repeat(20_000)))
    delivery.start()
    await finish(delivery)
    expect(queue.terms).toMatchObject({ routed: 20, delivered: 20, dead_lettered: 0 })
    expect(sizes.slice(0, 4)).toEqual(sizes.slice(0, 4).sort((a, b) => b - a))
    expect(sizes.filter((bytes) => bytes > 60_000).length).toBeLessThan(12)
    expect(queue.terms.repeated).toBeGreaterThan(0)
  })

  it('Retry-After is honoured', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    const { delivery, queue, output, maker } = set()
    output.answer = (_, request) => (request === 0 ? { kind: 'retry', reason: '429', after: 7000, throttled: true } : delivered)
    queue.push(maker.frame(['a']))
    delivery.start()
    await running(queue)
    await vi.advanceTimersByTimeAsync(6990)
    expect(output.requests).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(20)
    expect(output.requests).toHaveLength(2)
    await delivery.stop()
  })

  it('refused becomes dead letters, and the frame is done once they are written', async () => {
    const folder = tempFolder('dlq')
    const { delivery, queue, output, maker } = set({ deadLetters: letters(folder) })
    output.answer = () => ({ kind: 'refused', reason: 'mapping conflict' })
    queue.push(maker.frame(['a', 'b']))
    delivery.start()
    await finish(delivery)
    expect(queue.terms).toMatchObject({ routed: 2, delivered: 0, dead_lettered: 2 })
    const found = await shown(folder)
    expect(found.map(({ reason, tag, record, stream }) => ({ reason, tag, record: JSON.parse(record) as unknown, path: stream.path }))).toEqual([
      { reason: 'mapping conflict', tag: 'app', record: { n: 0, s: 'a' }, path: '/var/log/a.log' },
      { reason: 'mapping conflict', tag: 'app', record: { n: 1, s: 'b' }, path: '/var/log/b.log' }
    ])
  })

  it('without dead letters refused records are dropped, counted', async () => {
    const { delivery, queue, output, maker } = set()
    output.answer = () => ({ kind: 'refused', reason: 'no' })
    queue.push(maker.frame(['a']))
    delivery.start()
    await finish(delivery)
    expect(queue.terms.dropped).toEqual({ refused: 1 })
  })

  it('too_large halves until it fits, and a single record becomes a dead letter', async () => {
    const folder = tempFolder('dlq')
    const { delivery, queue, output, maker } = set({ deadLetters: letters(folder), limits: { ...limits, concurrency: 1, ordered: true } })
    const taken: number[] = []
    output.answer = (batch) => {
      if (batch.count > 2 || numbers(batch).includes(5)) return { kind: 'too_large', reason: '413' }
      taken.push(...numbers(batch))
      return delivered
    }
    queue.push(maker.frame(['a', 'a', 'a', 'a', 'a', 'a', 'a', 'a']))
    delivery.start()
    await finish(delivery)
    expect(taken).toEqual([0, 1, 2, 3, 4, 6, 7])
    expect(queue.terms).toMatchObject({ delivered: 7, dead_lettered: 1 })
  })

  it('partial tries again only what is to be tried again', async () => {
    const folder = tempFolder('dlq')
    const { delivery, queue, output, maker } = set({ deadLetters: letters(folder) })
    output.answer = (_, request) => request > 0 ? delivered : {
      kind: 'partial', outcomes: Uint8Array.of(DELIVERED, RETRY, REFUSED, REPEATED), reasons: new Map([[1, '429'], [2, 'bad']])
    }
    queue.push(maker.frame(['a', 'a', 'a', 'a']))
    delivery.start()
    await finish(delivery)
    expect(output.requests).toEqual([[0, 1, 2, 3], [1]])
    expect(queue.terms).toMatchObject({ routed: 4, delivered: 3, dead_lettered: 1, repeated: 1 })
  })

  it('retry_limit is honoured, and what exhausts it becomes a dead letter', async () => {
    const folder = tempFolder('dlq')
    const { delivery, queue, output, maker } = set({ deadLetters: letters(folder), retry: { ...fast, limit: 2 } })
    output.answer = () => ({ kind: 'retry', reason: '503' })
    queue.push(maker.frame(['a']))
    delivery.start()
    await finish(delivery)
    expect(output.requests).toHaveLength(3)
    expect(queue.terms.dead_lettered).toBe(1)
    const [letter] = await shown(folder)
    expect(letter).toMatchObject({ reason: 'not delivered in 3 tries: 503' })
  })
})

describe('a rest', () => {
  it('waits for what is under way, sends nothing new, and leaves the rest in the queue', async () => {
    const { delivery, queue, output, maker } = set({ limits: { ...limits, maxRecords: 1, concurrency: 1 } })
    let answer: (verdict: Verdict) => void = () => {}
    output.answer = () => new Promise<Verdict>((resolve) => (answer = resolve))
    delivery.start()
    await running(queue)
    queue.push(maker.frame(['a', 'a']))
    await eventually('a request', () => output.requests.length === 1)
    const rested = delivery.rest(performance.now() + 10_000)
    queue.push(maker.frame(['a']))
    answer(delivered)
    await rested
    await tick()
    expect(output.requests.length).toBe(1)
    await delivery.stop()
    expect(queue.waiting().records).toBeGreaterThan(0)
  })

  it('waits no longer than to its deadline', async () => {
    const { delivery, queue, output, maker } = set()
    output.answer = () => new Promise<Verdict>(() => {})
    delivery.start()
    await running(queue)
    queue.push(maker.frame(['a']))
    await eventually('a request', () => output.requests.length === 1)
    await delivery.rest(performance.now() + 30)
    expect(delivery.status.requests).toBe(1)
    await delivery.stop()
  })
})

describe('a dead destination', () => {
  it('is probed by one request at a time, and when it answers all go on', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    const { delivery, queue, output, maker } = set({ limits: { ...limits, maxRecords: 1 }, retry: { base: 1000, cap: 8000, limit: undefined } })
    delivery.start()
    await running(queue)
    // Some successes open the way for several requests at once.
    for (let i = 0; i < 20; i++) queue.push(maker.frame(['a']))
    await tick(30)
    expect(output.mostUnderWay).toBe(4)
    const before = output.requests.length
    let up = false
    output.answer = () => (up ? delivered : { kind: 'retry', reason: 'ECONNREFUSED' })
    for (let i = 0; i < 50; i++) queue.push(maker.frame(['a']))
    await tick(30)
    expect(output.requests.length - before).toBeLessThanOrEqual(4)
    output.mostUnderWay = 0
    await vi.advanceTimersByTimeAsync(60_000)
    const probes = output.requests.length - before
    expect(output.mostUnderWay).toBe(1)
    expect(probes).toBeGreaterThan(8)
    expect(probes).toBeLessThan(60)
    up = true
    await vi.advanceTimersByTimeAsync(8000)
    expect(queue.terms.delivered).toBe(70)
    await delivery.stop()
  })

  it('a poison batch does not hold up others', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    const folder = tempFolder('parking')
    const parking = new Parking({ directory: folder, output: 'out', log })
    const { delivery, queue, output, maker } = set({ parking, retry: { base: 1000, cap: 8000, limit: undefined }, limits: { ...limits, maxRecords: 4 } })
    output.answer = (batch) => (numbers(batch).includes(2) ? { kind: 'retry', reason: '500' } : delivered)
    delivery.start()
    await running(queue)
    for (let i = 0; i < 25; i++) queue.push(maker.frame(['a', 'a', 'a', 'a']))
    await vi.advanceTimersByTimeAsync(20_000)
    expect(queue.terms.delivered).toBeGreaterThanOrEqual(96)
    await vi.advanceTimersByTimeAsync(100_000)
    vi.useRealTimers()
    await eventually('the poison record is parked', () => queue.waiting().frames === 0)
    expect(queue.waiting().frames).toBe(0)
    expect(queue.terms).toMatchObject({ routed: 100, delivered: 99 })
    expect(parking.records).toBe(1)
    await delivery.stop()
  })
})

describe('an output that keeps order', () => {
  it('never has records of one stream in two requests, and uses its lanes', async () => {
    const { delivery, queue, output, maker } = set({ limits: { ...limits, ordered: true, maxRecords: 5 } })
    const underWay = new Map<string, number>()
    const last = new Map<string, number>()
    let worst = 0
    output.answer = async (batch) => {
      const mine = new Set(Array.from({ length: batch.count }, (_, i) => batch.stream(i).uid))
      for (const uid of mine) {
        underWay.set(uid, (underWay.get(uid) ?? 0) + 1)
        worst = Math.max(worst, underWay.get(uid)!)
      }
      await sleep(Math.random() * 3)
      for (const uid of mine) underWay.set(uid, underWay.get(uid)! - 1)
      if (Math.random() < 0.2) return { kind: 'retry', reason: 'now and then' }
      for (let i = 0; i < batch.count; i++) {
        expect(batch.start(i)).toBe((last.get(batch.stream(i).uid) ?? -10) + 10)
        last.set(batch.stream(i).uid, batch.start(i))
      }
      return delivered
    }
    delivery.start()
    for (let i = 0; i < 60; i++) {
      queue.push(maker.frame(Array.from({ length: 10 }, () => 'abcdefgh'[Math.floor(Math.random() * 8)]!)))
      if (i % 10 === 0) await sleep(2)
    }
    await finish(delivery)
    expect(worst).toBe(1)
    expect(output.mostUnderWay).toBeGreaterThan(1)
    expect(queue.terms).toMatchObject({ routed: 600, delivered: 600 })
  })
})

describe('whatever the verdicts', () => {
  const verdicts = fc.array(fc.record({
    kind: fc.constantFrom('delivered', 'delivered', 'retry', 'unsure', 'refused', 'too_large', 'partial', 'partial', 'throw'),
    outcomes: fc.array(fc.constantFrom(DELIVERED, RETRY, REFUSED, REPEATED), { minLength: 1, maxLength: 8 })
  }), { maxLength: 60 })
  const frames = fc.array(fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 12 })

  it('each record is delivered or dead-lettered exactly once, in order where order is kept, and nothing stays', async () => {
    await fc.assert(fc.asyncProperty(verdicts, frames, fc.boolean(), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 7 }),
      async (script, shape, ordered, concurrency, maxRecords) => {
        const folder = tempFolder('model')
        const { delivery, queue, output, maker } = set({
          limits: { ...limits, ordered, concurrency, maxRecords }, deadLetters: letters(folder), retry: { base: 0.5, cap: 1, limit: undefined }, flush: 3
        })
        const gone: number[] = []
        const order = new Map<string, number>()
        const arrive = (batch: Batch, i: number): void => {
          gone.push(numbers(batch)[i]!)
          const uid = batch.stream(i).uid
          if (ordered) expect(batch.start(i)).toBeGreaterThan(order.get(uid) ?? -1)
          order.set(uid, batch.start(i))
        }
        const wholeOnly = ordered
        output.answer = async (batch, request) => {
          const step = script[request]
          if (request % 3 === 0) await tick(1)
          const all = (): void => { for (let i = 0; i < batch.count; i++) arrive(batch, i) }
          switch (step?.kind) {
            case 'retry': return { kind: 'retry', reason: 'later' }
            case 'unsure': return { kind: 'retry', reason: 'who knows', unsure: true, throttled: true }
            case 'refused': return { kind: 'refused', reason: 'never' }
            case 'too_large': return { kind: 'too_large', reason: '413' }
            case 'throw': throw new Error('plugin')
            case 'partial': {
              // Within a stream an ordered output stops at the first record that it does not take.
              const stopped = new Set<string>()
              const outcomes = Uint8Array.from({ length: batch.count }, (_, i) => {
                const uid = batch.stream(i).uid
                const outcome = wholeOnly && stopped.has(uid) ? RETRY : step.outcomes[i % step.outcomes.length]!
                if (outcome === RETRY) stopped.add(uid)
                if (outcome === DELIVERED || outcome === REPEATED) arrive(batch, i)
                return outcome
              })
              return { kind: 'partial', outcomes, reasons: new Map() }
            }
            default:
              all()
              return delivered
          }
        }
        delivery.start()
        for (const streams of shape) {
          queue.push(maker.frame(streams))
          if (streams.length % 2 === 0) await tick(1)
        }
        await finish(delivery)
        const dead = (await shown(folder)).map(({ record }) => (JSON.parse(record) as { n: number }).n)
        expect([...gone, ...dead].sort((a, b) => a - b)).toEqual(Array.from({ length: maker.made }, (_, i) => i))
        expect(queue.waiting().frames).toBe(0)
        expect(queue.terms).toMatchObject({ routed: maker.made, delivered: gone.length, dead_lettered: dead.length })
        expect(outputImbalance(queue.terms)).toBe(0)
      }), { numRuns: 60 })
  })
})

describe('on the real buffer', () => {
  it('each record arrives once and the ledger balances, through stops in the middle', async () => {
    const folder = tempFolder('store')
    const maker = new FrameMaker()
    const arrived: number[] = []
    let routed = 0
    for (let round = 0; round < 4; round++) {
      const store = await openStore({
        directory: folder, outputs: [{ name: 'out', totalLimit: undefined }], inputs: [{ name: 'tail.0', storage: 'filesystem', memoryLimit: 1e7 }],
        syncEveryFrame: false, keepsCorrupt: true, limit: 1e9
      })
      const output = new FakeOutput()
      const parking = new Parking({ directory: `${folder}/parking`, output: 'out', log })
      const delivery = new Delivery({
        name: 'out', output, limits: { ...limits, maxRecords: 7 }, queue: store.queue('out'), retry: fast, flush: 5, meter: meter(), log,
        parking, deadLetters: letters(`${folder}/dlq`), parkAfter: 10
      })
      const last = round === 3
      output.answer = async (batch, request) => {
        await sleep(1)
        if (!last && request > 6) return { kind: 'retry', reason: 'down' }
        const outcomes = Uint8Array.from(numbers(batch), (n) => (n % 11 === 0 ? REFUSED : n % 7 === 0 && !last ? RETRY : DELIVERED))
        outcomes.forEach((outcome, i) => outcome === DELIVERED && arrived.push(numbers(batch)[i]!))
        return { kind: 'partial', outcomes, reasons: new Map() }
      }
      delivery.start()
      for (let i = 0; i < 8; i++) {
        const builder = maker.fill(['a', 'b', 'a', 'c', 'b'])
        routed += 5
        store.append('tail.0', builder, { ...emptyInputTerms(), read: 5, buffered: 5 })
        await sleep(2)
      }
      if (last) await eventually('nothing waits', () => delivery.ledger(store.ledger().outputs.get('out')!).waiting === 0, { timeout: 15_000 })
      else await delivery.drain(performance.now() + 60)
      await delivery.stop()
      const terms = delivery.ledger(store.ledger().outputs.get('out')!)
      expect(terms.routed).toBe(routed)
      expect(outputImbalance(terms)).toBe(0)
      if (last) expect(terms.waiting).toBe(0)
      await store.close()
    }
    const dead = (await shown(`${folder}/dlq`)).map(({ record }) => (JSON.parse(record) as { n: number }).n)
    expect([...arrived, ...dead].sort((a, b) => a - b)).toEqual(Array.from({ length: routed }, (_, i) => i))
  })
})

describe('an output that keeps records', () => {
  it('has them in its own terms, and is asked to send them before the engine stops', async () => {
    const kept = emptyOutputTerms()
    const output: Output = {
      async write(batch) {
        const outcomes = Uint8Array.from(numbers(batch), (n) => (n === 1 ? REFUSED : KEPT))
        kept.waiting += outcomes.filter((outcome) => outcome === KEPT).length
        return { kind: 'partial', outcomes, reasons: new Map() }
      },
      kept: () => kept,
      async finish() {
        kept.delivered += kept.waiting
        kept.waiting = 0
      }
    }
    const { delivery, queue, maker } = set({ output })
    delivery.start()
    await running(queue)
    queue.push(maker.frame(['a', 'a', 'b']))
    await eventually('the frame is done', () => queue.waiting().frames === 0)
    expect(queue.terms).toMatchObject({ routed: 3, delivered: 0, dropped: { refused: 1 } })
    expect(delivery.ledger(queue.terms)).toMatchObject({ delivered: 0, waiting: 2 })
    expect(outputImbalance(delivery.ledger(queue.terms))).toBe(0)
    await finish(delivery)
    expect(delivery.ledger(queue.terms)).toMatchObject({ routed: 3, delivered: 2, waiting: 0, dropped: { refused: 1 } })
  })
})
