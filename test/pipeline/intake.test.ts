import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Intake } from '../../src/pipeline/intake.ts'
import { Taken, type Origin, type Work } from '../../src/pipeline/work.ts'
import { FrameMaker, limits, numbers } from './fake-queue.ts'

function origin(kind: Origin['kind'] = 'queue'): Origin & { count: number } {
  const made = { kind, count: 0, settled: () => { made.count++ } }
  return made
}

const all = (intake: Intake): Work[] => intake.lanes.lanes.flatMap(({ queue }) => queue)

describe('the intake', () => {
  it('puts every record into exactly one batch, within the limits, and a stream into one lane', () => {
    const shape = fc.array(fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 10 }), { minLength: 1, maxLength: 8 })
    fc.assert(fc.property(shape, fc.boolean(), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 100 }),
      (frames, ordered, concurrency, maxRecords, maxBytes) => {
        const maker = new FrameMaker()
        const intake = new Intake('out', { ...limits, ordered, concurrency, maxRecords, maxBytes })
        for (const streams of frames) intake.assign(new Taken(maker.frame(streams), origin(), 0), 0, concurrency)
        const works = all(intake)
        expect(works.flatMap(({ batch }) => numbers(batch)).sort((a, b) => a - b)).toEqual(Array.from({ length: maker.made }, (_, i) => i))
        const lanes = new Map<string, number>()
        for (const { batch, lane } of works) {
          expect(batch.count).toBeLessThanOrEqual(maxRecords)
          if (batch.count > 1) expect(batch.bytes).toBeLessThanOrEqual(maxBytes)
          for (let i = 0; i < batch.count; i++) {
            const { uid } = batch.stream(i)
            expect(lanes.get(uid) ?? lane).toBe(lane)
            lanes.set(uid, lane)
          }
        }
      }))
  })

  it('settles a frame without records for this output at once, and any frame only once', () => {
    const maker = new FrameMaker()
    const intake = new Intake('out', limits)
    const elsewhere = origin()
    intake.assign(new Taken(maker.frame(['a', 'a'], ['other']), elsewhere, 0), 0, 1)
    expect(elsewhere.count).toBe(1)
    const here = origin()
    const taken = new Taken(maker.frame(['a', 'a'], ['out']), here, 0)
    intake.assign(taken, 0, 1)
    expect([here.count, taken.owed]).toEqual([0, 2])
    taken.settle(2)
    expect(here.count).toBe(1)
  })

  it('skips records that are known to be parked, in frames of the queue only', () => {
    const maker = new FrameMaker()
    const intake = new Intake('out', limits)
    intake.skips = () => true
    const queue = origin()
    intake.assign(new Taken(maker.frame(['a', 'a']), queue, 0), 0, 1)
    expect(queue.count).toBe(1)
    const parked = origin('parked')
    intake.assign(new Taken(maker.frame(['a']), parked, 0), 0, 1)
    expect(parked.count).toBe(0)
    expect(all(intake).flatMap(({ batch }) => numbers(batch))).toEqual([2])
  })

  it('keeps streams of one source in one lane, so that a rotated file goes before the one that has its path now', () => {
    const source = (uid: string): string => (uid === 'c' ? 'other' : 'file')
    const intake = new Intake('out', { ...limits, ordered: true, concurrency: 4 }, source)
    intake.lanes.lanes[0]!.active = 1
    const maker = new FrameMaker()
    for (const streams of [['a'], ['c'], ['b']]) intake.assign(new Taken(maker.frame(streams), origin(), 0), 0, 4)
    const lanes = intake.lanes.lanes.map(({ queue }) => queue.flatMap(({ batch }) => Array.from({ length: batch.count }, (_, i) => batch.stream(i).uid)))
    const own = lanes.find((uids) => uids.includes('a'))!
    expect(own.filter((uid) => uid !== 'c')).toEqual(['a', 'b'])
  })

  it('learns from refusals for size, and forgets slowly', () => {
    const intake = new Intake('out', { ...limits, maxBytes: 1e6 })
    expect(intake.tooSlow(16_384)).toBe(false)
    expect(intake.maxBytes).toBe(1e6)
    intake.tooLarge(800_000)
    expect(intake.maxBytes).toBe(400_000)
    intake.tooLarge(100)
    expect(intake.maxBytes).toBe(16_384)
    for (let i = 0; i < 2000; i++) intake.accepted()
    expect(intake.maxBytes).toBe(1e6)
  })
})
