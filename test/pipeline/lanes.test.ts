import { describe, expect, it } from 'vitest'
import { Lanes } from '../../src/pipeline/lanes.ts'
import { Work } from '../../src/pipeline/work.ts'

function queued(lanes: Lanes, lane: number, order: number, full = true): Work {
  const work = new Work()
  work.lane = lane
  work.order = order
  work.full = full
  lanes.lanes[lane]!.queue.push(work)
  return work
}

describe('lanes', () => {
  it('keep a stream where its records are, and let it go with the last of them', () => {
    const lanes = new Lanes(2)
    const stream = lanes.bind('a', 2)
    const work = queued(lanes, stream.lane, 1)
    lanes.hold(work, stream)
    lanes.lanes[0]!.active = 1
    expect(lanes.bind('a', 2).lane).toBe(0)
    expect(lanes.bind('b', 2).lane).toBe(1)
    lanes.release(work)
    lanes.lanes[0]!.queue.push(new Work(), new Work())
    expect(lanes.bind('a', 2).lane).toBe(1)
  })

  it('hold a stream as long as any part of a batch does', () => {
    const lanes = new Lanes(2)
    const stream = lanes.bind('a', 2)
    const whole = queued(lanes, stream.lane, 1)
    lanes.hold(whole, stream)
    const part = new Work()
    lanes.share(whole, part)
    lanes.release(whole)
    lanes.lanes[0]!.active = 5
    expect(lanes.bind('a', 2).lane).toBe(0)
    lanes.release(part)
    expect(lanes.bind('a', 2).lane).toBe(1)
  })

  it('give a new stream to the lane that gathers, else to one with nothing under way', () => {
    const lanes = new Lanes(3)
    lanes.lanes[0]!.active = 1
    queued(lanes, 1, 1, false)
    expect(lanes.bind('a', 3).lane).toBe(1)
    lanes.lanes[1]!.queue[0]!.full = true
    expect(lanes.bind('b', 3).lane).toBe(2)
    expect(lanes.bind('c', 1).lane).toBe(0)
  })

  it('put a batch back before those that were cut later, whatever came between', () => {
    const lanes = new Lanes(1)
    const [one, two, three] = [1, 2, 3].map((order) => queued(lanes, 0, order))
    const { queue } = lanes.lanes[0]!
    queue.splice(0, 2)
    lanes.putBack(two!)
    lanes.putBack(one!)
    expect(queue).toEqual([one, two, three])
  })
})
