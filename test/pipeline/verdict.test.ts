import { describe, expect, it } from 'vitest'
import type { Batch } from '../../src/event/batch.ts'
import { Concurrency } from '../../src/pipeline/concurrency.ts'
import type { LetterBox } from '../../src/pipeline/dead-letters.ts'
import { Intake } from '../../src/pipeline/intake.ts'
import { Gate } from '../../src/pipeline/retry.ts'
import { Judge, thrown } from '../../src/pipeline/verdict.ts'
import { Taken, type Origin, type Work } from '../../src/pipeline/work.ts'
import { DELIVERED, KEPT, REFUSED, RETRY, UNSURE, delivered, type Verdict } from '../../src/plugin/output.ts'
import { FrameMaker, limits, log, meter, numbers } from './fake-queue.ts'

interface Bench {
  readonly judge: Judge
  readonly gate: Gate
  readonly concurrency: Concurrency
  readonly again: Work[]
  readonly buried: [number, string, number][]
  work(records: number, kind?: Origin['kind']): Work
  settled(): number
  /** Records that were routed again because the output keeps them. */
  keptAgain(): number
  /** Records sent again that may have arrived, over all frames. */
  repeated(): number
}

function bench(limit?: number): Bench {
  const retry = { base: 1000, cap: 60_000, limit }
  const intake = new Intake('out', limits)
  const gate = new Gate(retry, () => 1)
  const concurrency = new Concurrency(4)
  const again: Work[] = []
  const buried: [number, string, number][] = []
  const letters: LetterBox = {
    open: async () => {},
    flush: async () => {},
    close: async () => {},
    add: (batch: Batch, index, reason, attempts, done) => {
      buried.push([numbers(batch)[index]!, reason, attempts])
      done(true)
    }
  }
  const judge = new Judge({
    intake, gate, concurrency, retry, parkAfter: 60_000, random: () => 1, meter: meter(), log, letters, parking: undefined, handing: undefined,
    keptAgain: (records) => { keptAgain += records }, again: (work) => again.push(work)
  })
  const maker = new FrameMaker()
  let settled = 0
  let keptAgain = 0
  const frames: Taken[] = []
  return {
    judge, gate, concurrency, again, buried,
    settled: () => settled,
    keptAgain: () => keptAgain,
    repeated: () => frames.reduce((sum, { terms }) => sum + terms.repeated, 0),
    work(records, kind = 'queue') {
      const taken = new Taken(maker.frame(Array.from({ length: records }, () => 'a')), { kind, settled: () => settled++ }, 0)
      frames.push(taken)
      intake.assign(taken, 0, 1)
      const work = intake.lanes.lanes[0]!.queue.shift()!
      work.full = true
      return work
    }
  }
}

function send(one: Bench, work: Work, verdict: Verdict, at: number): void {
  one.judge.sending(work, at, false)
  one.judge.judge(work, verdict, at + 1)
}

describe('a batch that fails', () => {
  it('closes the gate when the destination answers nobody', () => {
    const one = bench()
    send(one, one.work(2), { kind: 'retry', reason: 'refused' }, 10)
    expect(one.gate.until).toBe(1011)
    expect(one.again.map(({ due, alone }) => [due, alone])).toEqual([[0, false]])
  })

  it('waits by itself, in halves, when others were answered since', () => {
    const one = bench()
    const poison = one.work(4)
    send(one, poison, { kind: 'retry', reason: '500' }, 10)
    send(one, one.work(1), delivered, 20)
    send(one, one.again.pop()!, { kind: 'retry', reason: '500' }, 30)
    expect(one.gate.open).toBe(true)
    expect(one.again.map(({ batch, alone, due }) => [numbers(batch), alone, due])).toEqual([[[2, 3], true, 2031], [[0, 1], true, 2031]])
  })

  it('is halved once when nobody knows whose fault it is', () => {
    const one = bench()
    let work = one.work(4)
    for (let i = 0; i < 3; i++) {
      send(one, work, { kind: 'retry', reason: '500' }, i * 1e5 + 1)
      if (i < 2) work = one.again.pop()!
    }
    expect(one.again.map(({ batch }) => numbers(batch))).toEqual([[2, 3], [0, 1]])
    send(one, one.again.pop()!, { kind: 'retry', reason: '500' }, 1e6)
    expect(one.again).toHaveLength(2)
  })

  it('halves the concurrency when the destination is overloaded or silent', () => {
    const one = bench()
    for (let i = 0; i < 3; i++) one.concurrency.success(true)
    send(one, one.work(1), { kind: 'retry', reason: '429', throttled: true }, 10)
    expect(one.concurrency.limit).toBe(2)
    send(one, one.work(1), { kind: 'retry', reason: 'timeout', unsure: true }, 20)
    expect(one.concurrency.limit).toBe(1)
  })

  it('goes to the dead letters with each record\'s own reason at the retry limit', () => {
    const one = bench(1)
    const partial: Verdict = { kind: 'partial', outcomes: Uint8Array.of(RETRY, DELIVERED, RETRY), reasons: new Map([[0, 'closed'], [2, 'full']]) }
    send(one, one.work(3), partial, 10)
    send(one, one.again.pop()!, { kind: 'partial', outcomes: Uint8Array.of(RETRY, RETRY), reasons: new Map([[0, 'closed'], [1, 'full']]) }, 20)
    expect(one.buried).toEqual([[0, 'not delivered in 2 tries: closed', 2], [2, 'not delivered in 2 tries: full', 2]])
    expect(one.settled()).toBe(1)
  })
})

describe('a partial answer', () => {
  it('leaves the gate open when something was taken, and closes it when all was throttled', () => {
    const one = bench()
    send(one, one.work(2), { kind: 'partial', outcomes: Uint8Array.of(DELIVERED, RETRY), reasons: new Map(), throttled: true }, 10)
    expect(one.gate.open).toBe(true)
    send(one, one.work(1), { kind: 'partial', outcomes: Uint8Array.of(RETRY), reasons: new Map(), throttled: true, after: 5000 }, 20)
    expect(one.gate.until).toBe(5021)
  })

  it('settles a frame when delivered and refused records are all there are', () => {
    const one = bench()
    send(one, one.work(2), { kind: 'partial', outcomes: Uint8Array.of(DELIVERED, REFUSED), reasons: new Map([[1, 'bad']]) }, 10)
    expect(one.buried).toEqual([[1, 'bad', 1]])
    expect(one.settled()).toBe(1)
  })

  it('counts as repeated what may have arrived and goes again, and nothing else', () => {
    const one = bench(1)
    const some: Verdict = { kind: 'partial', outcomes: Uint8Array.of(UNSURE, DELIVERED, RETRY), reasons: new Map([[0, 'no answer']]) }
    send(one, one.work(3), some, 10)
    expect(one.again.map(({ batch }) => numbers(batch))).toEqual([[0, 2]])
    expect(one.repeated()).toBe(1)
    // the last try: what is given up is not sent again
    send(one, one.again.pop()!, { kind: 'partial', outcomes: Uint8Array.of(UNSURE, DELIVERED), reasons: new Map([[0, 'no answer']]) }, 20)
    expect(one.buried).toEqual([[0, 'not delivered in 2 tries: no answer', 2]])
    expect([one.repeated(), one.settled()]).toEqual([1, 1])
  })

  it('that says that the destination is down, with nothing taken, closes the gate and counts what may have arrived', () => {
    const one = bench()
    const down: Verdict = { kind: 'partial', outcomes: Uint8Array.of(UNSURE, RETRY), reasons: new Map([[0, 'no answer'], [1, 'not sent']]), down: true }
    send(one, one.work(2), down, 10)
    expect(one.gate.open).toBe(false)
    expect(one.again.map(({ batch, rest, due }) => [numbers(batch), rest, due])).toEqual([[[0, 1], false, 0]])
    expect(one.repeated()).toBe(1)
  })

  it('that says so although something was taken is like any other', () => {
    const one = bench()
    send(one, one.work(2), { kind: 'partial', outcomes: Uint8Array.of(DELIVERED, RETRY), reasons: new Map(), down: true }, 10)
    expect([one.gate.open, one.again.length]).toEqual([true, 1])
  })

  it('leaves a rest that is not set aside, and so keeps its order, when the destination goes down after it', () => {
    const one = bench()
    send(one, one.work(2), { kind: 'partial', outcomes: Uint8Array.of(DELIVERED, RETRY), reasons: new Map() }, 10)
    send(one, one.again.pop()!, { kind: 'retry', reason: 'refused' }, 100_000)
    expect(one.gate.open).toBe(false)
    expect(one.again.map(({ batch, rest, due }) => [numbers(batch), rest, due])).toEqual([[[1], true, 0]])
  })
})

it('what a plugin throws is a retry whose outcome is not known', () => {
  expect(thrown(new Error('broken'))).toEqual({ kind: 'retry', reason: 'broken', unsure: true })
  expect(thrown('text')).toEqual({ kind: 'retry', reason: 'text', unsure: true })
})

describe('records that the output keeps', () => {
  it('have no end in the frame; those that were dead letters are routed once more', () => {
    const one = bench()
    const kept = (work: Work): Verdict => ({ kind: 'partial', outcomes: new Uint8Array(work.batch.count).fill(KEPT), reasons: new Map() })
    for (const kind of ['queue', 'replay'] as const) {
      const work = one.work(2, kind)
      const [taken] = work.taken
      send(one, work, kept(work), 0)
      expect([taken?.owed, taken?.terms.delivered]).toEqual([0, 0])
    }
    expect([one.settled(), one.keptAgain()]).toEqual([2, 2])
  })
})
