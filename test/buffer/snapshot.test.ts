import { describe, expect, it } from 'vitest'
import { readFrame, type Frame } from '../../src/buffer/frame.ts'
import { Positions } from '../../src/buffer/positions.ts'
import { Segment } from '../../src/buffer/segment.ts'
import { bootId, encodeSnapshot } from '../../src/buffer/snapshot.ts'
import { Totals } from '../../src/buffer/totals.ts'
import { emptyInputTerms } from '../../src/event/ledger.ts'

describe('encodeSnapshot', () => {
  it('repeats positions and terms, and names the segments that are not synced', () => {
    const entry = { uid: 'a', generation: 3, identity: { input: 'tail.0', path: '/x', marks: { inode: 1 } } }
    const ledger = { 'tail.0': { ...emptyInputTerms(), read: 4, buffered: 4 } }
    const directory = { tags: [], routes: [], sections: [], constants: [], streams: [entry], ranges: [[0, 2, 9]] as const, ledger }
    const [positions, totals] = [new Positions(), new Totals()]
    positions.apply(directory, 1)
    totals.apply(directory)
    const [synced, open] = [new Segment('/log/1', 1), new Segment('/log/5', 5)]
    synced.synced = true
    open.length = 77
    const frame = readFrame(encodeSnapshot(9, positions, totals, ['es'], [synced, open], 'boot')) as Frame
    expect(frame).toMatchObject({ sequence: 9, records: 0 })
    expect(frame.directory).toEqual({ ...directory, delivered: {}, snapshot: { outputs: ['es'], unsynced: [[5, 77, 0]], boot: 'boot' } })
  })
})

describe('bootId', () => {
  it('is the same twice', () => {
    expect(bootId()).toBe(bootId())
  })
})
