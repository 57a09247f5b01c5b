import { describe, expect, it } from 'vitest'
import { Concurrency } from '../../src/pipeline/concurrency.ts'
import { Intake } from '../../src/pipeline/intake.ts'
import { Outbox } from '../../src/pipeline/outbox.ts'
import { Gate } from '../../src/pipeline/retry.ts'
import type { Limits } from '../../src/plugin/output.ts'
import { FakeQueue, FrameMaker, limits, numbers } from './fake-queue.ts'

function outbox(over: Partial<Limits> = {}): { box: Outbox; queue: FakeQueue; gate: Gate; concurrency: Concurrency; maker: FrameMaker } {
  const own = { ...limits, ...over }
  const queue = new FakeQueue()
  const gate = new Gate({ base: 1000, cap: 1000, limit: undefined }, () => 1)
  const concurrency = new Concurrency(own.concurrency)
  const box = new Outbox({ limits: own, queue, gate, intake: new Intake('out', own), concurrency, flush: 100, merges: true, frameDone: () => {} })
  return { box, queue, gate, concurrency, maker: new FrameMaker() }
}

describe('what goes next', () => {
  it('is a full batch, or what there is when nothing is under way', () => {
    const { box, queue, concurrency, maker } = outbox({ maxRecords: 2 })
    concurrency.success(true)
    queue.push(maker.frame(['a', 'a', 'a']))
    const first = box.next(0)!
    expect(numbers(first.batch)).toEqual([0, 1])
    box.sent.add(first)
    expect(box.next(1)).toBeUndefined()
    expect(box.nextDue()).toBe(100)
    expect(numbers(box.next(100)!.batch)).toEqual([2])
  })

  it('is a retry whose time has come before anything new', () => {
    const { box, queue, maker } = outbox({ maxRecords: 1 })
    queue.push(maker.frame(['a', 'a', 'a']))
    const failed = box.next(0)!
    failed.due = 50
    failed.full = true
    box.putBack(failed)
    const fresh = box.next(10)!
    expect(numbers(fresh.batch)).toEqual([1])
    expect(numbers(box.next(60)!.batch)).toEqual([0])
  })

  it('is all that partial answers left together, but not what was halved', () => {
    const { box, queue, maker } = outbox({ maxRecords: 3 })
    for (let i = 0; i < 5; i++) {
      queue.push(maker.frame(['a']))
      const work = box.next(i * 1000)!
      work.full = work.alone = true
      work.rest = i !== 1
      work.due = 1e5
      work.attempts = i
      work.failedAt = i + 1
      box.putBack(work)
    }
    const sent: number[][] = []
    for (let work = box.next(1e6); work !== undefined; work = box.next(1e6)) sent.push(numbers(work.batch).sort())
    expect(sent).toEqual([[0, 3, 4], [1], [2]])
  })

  it('is one probe while the gate is closed, and not always the same batch', () => {
    const { box, queue, gate, maker } = outbox({ maxRecords: 1 })
    queue.push(maker.frame(['a', 'a', 'a']))
    const probed: number[] = []
    gate.fail(0, 0, 10)
    expect(box.next(5)).toBeUndefined()
    for (let now = 10; now < 60; now += 10) {
      const probe = box.next(now)!
      expect(box.next(now)).toBeUndefined()
      probed.push(...numbers(probe.batch))
      probe.sentAt = now
      probe.full = true
      expect(box.ended(probe)).toBe(false)
      box.putBack(probe)
    }
    expect(probed).toEqual([0, 1, 0, 1, 0])
  })

  it('is nothing of a lane that has a request under way', () => {
    const { box, queue, maker } = outbox({ ordered: true, concurrency: 2, maxRecords: 1 })
    queue.push(maker.frame(['a', 'a']))
    const first = box.next(0)!
    expect(first.lane).toBe(0)
    const lanes = box.waiting().map(({ lane }) => lane)
    expect(lanes).toEqual([0])
  })
})

describe('the window', () => {
  it('bounds what is taken, and lets an outsized frame in when it is alone', () => {
    const { box, queue, maker } = outbox({ maxBytes: 1000, concurrency: 1 })
    const large = 'x'.repeat(3 * 1024 * 1024)
    for (let i = 0; i < 6; i++) queue.push(maker.frame(['a'], ['out'], 'app', large))
    while (box.taken.size < 2) box.sent.add(box.next(0)!)
    for (let i = 0; i < 5; i++) {
      const work = box.next(1000)
      if (work !== undefined) box.sent.add(work)
    }
    expect(box.taken.size).toBe(2)
    expect(box.isEmpty(1000)).toBe(false)
    expect(box.unfinished()).toHaveLength(2)
  })
})

describe('the time of the next look', () => {
  it('is never when only the end of a request can change anything', () => {
    const { box, queue, maker, gate } = outbox({ maxRecords: 1, concurrency: 1 })
    queue.push(maker.frame(['a', 'a']))
    box.sent.add(box.next(0)!)
    expect(box.nextDue()).toBe(Infinity)
    gate.fail(5, 5, undefined)
    box.sent.clear()
    expect(box.nextDue()).toBe(1005)
  })

  it('is never when a closed gate has nobody before it', () => {
    const { box, gate } = outbox()
    gate.fail(5, 5, undefined)
    expect(box.nextDue()).toBe(Infinity)
  })

  it('is when a batch that gathers has waited long enough, although others are under way', () => {
    const { box, queue, concurrency, maker } = outbox({ concurrency: 4 })
    concurrency.success(true)
    queue.push(maker.frame(['a']))
    box.sent.add(box.next(0)!)
    queue.push(maker.frame(['a']))
    expect(box.next(10)).toBeUndefined()
    expect(box.nextDue()).toBe(110)
    expect(numbers(box.next(110)!.batch)).toEqual([1])
  })
})
