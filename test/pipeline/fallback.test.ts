import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { emptyOutputTerms, outputImbalance } from '../../src/event/ledger.ts'
import { Delivery, type DeliveryOptions } from '../../src/pipeline/deliver.ts'
import { FallbackQueue } from '../../src/pipeline/fallback.ts'
import { Parking } from '../../src/pipeline/parking.ts'
import { DELIVERED, REFUSED, delivered, type Verdict } from '../../src/plugin/output.ts'
import { tempFolder } from '../support/temp.ts'
import { eventually } from '../support/wait.ts'
import { FakeOutput, FakeQueue, FrameMaker, limits, log, meter, numbers, running } from './fake-queue.ts'

const fast = { base: 2, cap: 6, limit: undefined }

interface Pair {
  readonly first: Delivery
  readonly second: Delivery
  readonly queue: FakeQueue
  readonly secondQueue: FakeQueue
  readonly output: FakeOutput
  readonly secondOutput: FakeOutput
  readonly maker: FrameMaker
  readonly start: () => Promise<void>
  readonly end: () => Promise<void>
}

/** Two outputs, the second the fallback of the first. */
function pair(after = 0, over: Partial<DeliveryOptions> = {}): Pair {
  const [output, secondOutput, queue, secondQueue] = [new FakeOutput(), new FakeOutput(), new FakeQueue(), new FakeQueue()]
  const fallback = new FallbackQueue(secondQueue, 'second')
  const shared = { limits, retry: fast, flush: 20, log }
  const second = new Delivery({ ...shared, name: 'second', output: secondOutput, queue: fallback, meter: meter() })
  fallback.answers = () => second.delivers
  const first = new Delivery({ ...shared, name: 'out', output, queue, meter: meter(), fallback: { fallback, after }, ...over })
  return {
    first, second, queue, secondQueue, output, secondOutput, maker: new FrameMaker(),
    start: async () => {
      second.start()
      first.start()
      await running(queue)
      await running(secondQueue)
    },
    end: async () => {
      await Promise.all([first.drain(performance.now() + 5000), second.drain(performance.now() + 5000)])
      await second.stop()
      await first.stop()
    }
  }
}

const some = (refused: (n: number) => boolean) => (batch: Parameters<FakeOutput['answer']>[0]): Verdict => {
  const outcomes = Uint8Array.from(numbers(batch), (n) => (refused(n) ? REFUSED : DELIVERED))
  return { kind: 'partial', outcomes, reasons: new Map() }
}

describe('what an output refuses', () => {
  it('goes to its fallback, once, and both ledgers balance', async () => {
    const { first, queue, secondQueue, output, secondOutput, maker, start, end } = pair()
    output.answer = some((n) => n % 3 === 0)
    await start()
    for (let i = 0; i < 10; i++) queue.push(maker.frame(['a', 'b', 'a']))
    secondQueue.push(new FrameMaker().frame(['z'], ['second']))
    await end()
    expect(queue.terms).toMatchObject({ routed: 30, delivered: 20, fallback: 10, dead_lettered: 0 })
    expect(secondQueue.terms).toMatchObject({ routed: 11, delivered: 11, fallback: 0 })
    expect([outputImbalance(queue.terms), outputImbalance(secondQueue.terms)]).toEqual([0, 0])
    expect(secondOutput.requests.flat().filter((n) => n > 0).sort((a, b) => a - b)).toEqual([3, 6, 9, 12, 15, 18, 21, 24, 27])
    expect(queue.finished.size).toBe(10)
    expect(first.status.requests).toBe(0)
  })

  it('as a whole, and after as many tries as retry_limit allows', async () => {
    const { queue, output, secondOutput, maker, start, end } = pair(1e6, { retry: { ...fast, limit: 1 } })
    output.answer = (batch) => (numbers(batch).includes(0) ? { kind: 'refused', reason: 'no' } : { kind: 'retry', reason: 'later' })
    await start()
    queue.push(maker.frame(['a']))
    await eventually('the first was handed over', () => secondOutput.requests.length === 1)
    queue.push(maker.frame(['a']))
    await eventually('the second was handed over', () => secondOutput.requests.length === 2)
    await end()
    expect(output.requests).toEqual([[0], [1], [1]])
    expect(queue.terms).toMatchObject({ routed: 2, fallback: 2 })
  })

  it('and its fallback refuses, too, becomes a dead letter of the fallback', async () => {
    const { queue, secondQueue, output, secondOutput, maker, start, end } = pair(0, {})
    output.answer = () => ({ kind: 'refused', reason: 'no' })
    secondOutput.answer = () => ({ kind: 'refused', reason: 'neither' })
    await start()
    queue.push(maker.frame(['a', 'a']))
    await end()
    expect(queue.terms).toMatchObject({ routed: 2, fallback: 2 })
    expect(secondQueue.terms).toMatchObject({ routed: 2, dropped: { refused: 2 } })
  })

  it('is set aside while the fallback does not answer, and holds up nothing', async () => {
    const parking = new Parking({ directory: tempFolder('parking'), output: 'out', log })
    const { queue, secondQueue, output, secondOutput, maker, start, end } = pair(0, { parking })
    output.answer = some((n) => n === 0)
    secondOutput.answer = () => ({ kind: 'retry', reason: 'down' })
    await start()
    secondQueue.push(new FrameMaker().frame(['z'], ['second']))
    await eventually('the fallback is down', () => secondOutput.requests.length > 1)
    queue.push(maker.frame(['a', 'a']))
    await eventually('the refused record is parked and the frame done', () => parking.records === 1 && queue.finished.size === 1)
    expect(queue.terms).toMatchObject({ routed: 2, delivered: 1, fallback: 0 })
    secondOutput.answer = () => delivered
    await end()
  })
})

describe('an output whose destination does not answer', () => {
  it('keeps its records for a while, then its fallback takes them, until the destination is back', async () => {
    const { queue, secondQueue, output, secondOutput, maker, start, end } = pair(100)
    let down = true
    output.answer = () => (down ? { kind: 'retry', reason: 'down' } : delivered)
    await start()
    const at = performance.now()
    for (let i = 0; i < 20; i++) queue.push(maker.frame(['a', 'b']))
    await eventually('the fallback took them', () => secondQueue.terms.delivered >= 39, { interval: 5 })
    expect(performance.now() - at).toBeGreaterThanOrEqual(100)
    down = false
    await eventually('all are settled', () => queue.finished.size === 20)
    const before = secondOutput.requests.length
    queue.push(maker.frame(['a']))
    await end()
    expect(secondOutput.requests.length).toBe(before)
    expect([...output.requests.flat(), ...secondOutput.requests.flat()]).toContain(40)
    expect(outputImbalance(queue.terms)).toBe(0)
    expect(queue.terms.delivered + secondQueue.terms.delivered).toBe(41)
  })

  it('hands over nothing while its fallback does not answer either', async () => {
    const { queue, output, secondQueue, secondOutput, maker, start, end } = pair(10)
    let down = true
    output.answer = () => (down ? { kind: 'retry', reason: 'down' } : delivered)
    secondOutput.answer = () => (down ? { kind: 'retry', reason: 'down too' } : delivered)
    await start()
    secondQueue.push(new FrameMaker().frame(['z'], ['second']))
    await eventually('the fallback is down', () => secondOutput.requests.length > 1)
    queue.push(maker.frame(['a', 'b']))
    await sleep(60)
    expect(secondOutput.requests.flat()).not.toContain(1)
    down = false
    await end()
    expect(queue.terms).toMatchObject({ routed: 2 })
    expect(outputImbalance(queue.terms)).toBe(0)
  })
})

it('at a stop, what the fallback has not begun goes back into its frames, and nothing is counted twice', async () => {
  const { first, second, queue, secondQueue, output, secondOutput, maker, start } = pair()
  output.answer = () => ({ kind: 'refused', reason: 'no' })
  secondOutput.answer = (_, __, signal) => new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve({ kind: 'retry', reason: 'aborted' }), { once: true })
  })
  await start()
  queue.push(maker.frame(['a', 'b']), maker.frame(['a']))
  await eventually('they are on their way', () => secondOutput.requests.length > 0)
  await second.stop()
  await first.stop()
  expect([queue.terms, secondQueue.terms]).toEqual([emptyOutputTerms(), emptyOutputTerms()])
  expect(queue.open.size).toBe(0)
})
