import { describe, expect, it } from 'vitest'
import { Taken, Work, eachRecord, moveRecord, type Origin } from '../../src/pipeline/work.ts'
import { FrameMaker, numbers } from './fake-queue.ts'

const nobody: Origin = { kind: 'queue', settled: () => {} }

function offsets(taken: Taken): number[] {
  const found: number[] = []
  for (const [start, end] of taken.frame.directory.sections) for (let at = start; at < end; at += taken.frame.words[at >>> 2]!) found.push(at)
  return found
}

describe('a batch', () => {
  it('takes its first record whatever its size, and others while they fit', () => {
    const taken = new Taken(new FrameMaker().frame(['a', 'a', 'a']), nobody, 0)
    const [first, second, third] = offsets(taken)
    const work = new Work()
    expect(work.add(taken, first!, 0, 5, 10)).toBe(true)
    expect(work.add(taken, second!, 0, 5, 10)).toBe(false)
    expect(work.add(taken, second!, 0, 100, 2)).toBe(true)
    expect(work.add(taken, third!, 0, 100, 2)).toBe(false)
    expect(numbers(work.batch)).toEqual([0, 1])
    expect(work.batch.bytes).toBe(30)
  })

  it('is as before when the first record of another frame does not fit', () => {
    const maker = new FrameMaker()
    const one = new Taken(maker.frame(['a']), nobody, 0)
    const other = new Taken(maker.frame(['a']), nobody, 0)
    const work = new Work()
    work.add(one, offsets(one)[0]!, 0, 20, 10)
    expect(work.add(other, offsets(other)[0]!, 0, 20, 10)).toBe(false)
    expect([work.batch.count, work.batch.frames, work.counts, work.batch.bytes]).toEqual([1, [one.frame], [1], 15])
  })

  it('tells each record\'s frame, also when frames alternate', () => {
    const maker = new FrameMaker()
    const one = new Taken(maker.frame(['a', 'a']), nobody, 0)
    const other = new Taken(maker.frame(['b']), nobody, 0)
    const work = new Work()
    work.add(one, offsets(one)[0]!, 0, 1e6, 10)
    work.add(other, offsets(other)[0]!, 0, 1e6, 10)
    work.add(one, offsets(one)[1]!, 0, 1e6, 10)
    const part = new Work()
    const seen: [number, Taken][] = []
    eachRecord(work, (index, taken) => {
      seen.push([index, taken])
      if (index > 0) moveRecord(work, index, taken, part)
    })
    expect(seen).toEqual([[0, one], [1, other], [2, one]])
    expect(numbers(part.batch)).toEqual([2, 1])
    expect(part.taken).toEqual([other, one])
  })

  it('is empty after a reset', () => {
    const taken = new Taken(new FrameMaker().frame(['a']), nobody, 0)
    const work = new Work()
    const fresh = JSON.stringify(work)
    work.add(taken, offsets(taken)[0]!, 0, 1e6, 10)
    work.attempts = work.due = work.order = work.failedAt = 3
    work.alone = work.rest = work.full = work.unsure = work.resent = work.halved = true
    work.reset()
    expect(JSON.stringify(work)).toBe(fresh)
  })
})

describe('a frame that was taken', () => {
  it('is settled when nothing is owed any more, once', () => {
    let settled = 0
    const taken = new Taken(new FrameMaker().frame(['a']), { kind: 'queue', settled: () => settled++ }, 0)
    taken.owed = 3
    taken.settle(2)
    expect(settled).toBe(0)
    taken.settle(1)
    expect(settled).toBe(1)
  })
})
