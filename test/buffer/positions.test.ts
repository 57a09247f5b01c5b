import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Directory, StreamEntry } from '../../src/buffer/frame.ts'
import { Positions, cover, streamKey } from '../../src/buffer/positions.ts'

const identity = { input: 'tail.0', path: '/var/log/x', marks: { inode: 1 } }

function frame(streams: StreamEntry[], ranges: [number, number, number][] = []): Directory {
  return { tags: [], routes: [], sections: [], constants: [], streams, ranges }
}

describe('cover', () => {
  it('keeps ranges ascending and apart, and covers exactly what was covered', () => {
    const range = fc.tuple(fc.nat(40), fc.nat(12)).map(([from, size]): [number, number] => [from, from + size])
    fc.assert(fc.property(fc.array(range, { maxLength: 20 }), (added) => {
      const ranges: [number, number][] = []
      const model = new Set<number>()
      for (const [from, to] of added) {
        cover(ranges, from, to)
        for (let at = from; at < to; at++) model.add(at)
      }
      expect(new Set(ranges.flatMap(([from, to]) => Array.from({ length: to - from }, (_, i) => from + i)))).toEqual(model)
      for (let i = 1; i < ranges.length; i++) expect(ranges[i]![0]).toBeGreaterThan(ranges[i - 1]![1])
    }))
  })
})

describe('Positions', () => {
  it('is the same after its snapshot was applied to an empty one', () => {
    const positions = new Positions()
    positions.apply(frame([{ uid: 'a', generation: 0, identity }, { uid: 'b', generation: 2, identity, closed: true }], [[0, 5, 9], [1, 0, 4]]), 1)
    positions.apply(frame([{ uid: 'a', generation: 0 }], [[0, 0, 2], [0, 20, 30]]), 2)
    const copy = new Positions()
    copy.apply(frame([], []), 1)
    copy.apply({ ...frame([]), ...positions.directoryPart() }, 3)
    expect(copy.recovered()).toEqual(positions.recovered())
    expect(copy.recovered()).toEqual([
      { uid: 'a', generation: 0, identity, closed: false, covered: [[0, 2], [5, 9], [20, 30]] },
      { uid: 'b', generation: 2, identity, closed: true, covered: [[0, 4]] }
    ])
  })

  it('takes the latest identity, and keeps it for the next generation, which ends the one before', () => {
    const positions = new Positions()
    positions.apply(frame([{ uid: 'a', generation: 0, identity }]), 1)
    positions.apply(frame([{ uid: 'a', generation: 0, identity: { ...identity, path: '/var/log/x.1' } }]), 2)
    positions.apply(frame([{ uid: 'a', generation: 1 }], [[0, 0, 5]]), 3)
    expect(positions.recovered()).toMatchObject([
      { generation: 0, closed: true, covered: [] },
      { generation: 1, closed: false, identity: { path: '/var/log/x.1' }, covered: [[0, 5]] }
    ])
  })

  it('leaves out a stream whose identity was lost', () => {
    const positions = new Positions()
    positions.apply(frame([{ uid: 'a', generation: 0 }], [[0, 0, 5]]), 1)
    expect(positions.recovered()).toEqual([])
  })

  it('has a stream closed when all below its end is dealt with, also after a snapshot', () => {
    const first = new Positions()
    first.apply(frame([{ uid: 'a', generation: 0, identity }], [[0, 0, 5]]), 1)
    first.apply(frame([{ uid: 'a', generation: 0, closed: true, end: 9 }], [[0, 7, 9]]), 2)
    const positions = new Positions()
    positions.apply({ ...frame([]), ...first.directoryPart() }, 3)
    expect(positions.recovered()).toMatchObject([{ closed: false, covered: [[0, 5], [7, 9]] }])
    positions.forget(10, new Set())
    expect(positions.recovered()).toHaveLength(1)
    positions.apply(frame([{ uid: 'a', generation: 0 }], [[0, 5, 7]]), 4)
    expect(positions.recovered()).toMatchObject([{ closed: true, covered: [[0, 9]] }])
    positions.forget(10, new Set())
    expect(positions.recovered()).toEqual([])
  })

  it('forgets closed streams only below what is delivered, and not while they are mentioned', () => {
    const positions = new Positions()
    positions.apply(frame(['a', 'b', 'c'].map((uid) => ({ uid, generation: 0, identity, closed: true as const }))), 5)
    positions.apply(frame([{ uid: 'd', generation: 0, identity }]), 5)
    positions.apply(frame([{ uid: 'b', generation: 0 }], [[0, 0, 5]]), 9)
    positions.forget(5, new Set())
    expect(positions.recovered()).toHaveLength(4)
    positions.forget(6, new Set([streamKey('c', 0)]))
    expect(positions.recovered().map(({ uid }) => uid)).toEqual(['b', 'c', 'd'])
  })
})
