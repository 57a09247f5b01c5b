import { describe, expect, it } from 'vitest'
import { encodeDirectory, readFrame, type Directory, type Frame } from '../../src/buffer/frame.ts'
import { MemoryLog } from '../../src/buffer/memory-log.ts'
import { emptyInputTerms, emptyOutputTerms } from '../../src/event/ledger.ts'

let released: number[] = []

function frame(sequence: number, ranges: [number, number, number][], uid = 'a'): Frame {
  const directory: Directory = {
    tags: [], routes: [], sections: [], constants: [], streams: [{ uid, generation: 0 }], ranges,
    ledger: { memory: { ...emptyInputTerms(), read: 1, buffered: 1 } }
  }
  return { ...readFrame(encodeDirectory(directory, sequence)) as Frame, release: () => { released.push(sequence) } }
}

const share = { records: 1, bytes: 10, oldest: 5 }
const done = { ...emptyOutputTerms(), routed: 1, delivered: 1 }

describe('MemoryLog', () => {
  it('finds frames by output and number, in order', () => {
    const log = new MemoryLog()
    log.append('memory', frame(3, []), new Map([['x', share]]), 1)
    log.append('memory', frame(5, []), new Map([['x', share], ['y', share]]), 2)
    expect([0, 3, 4, 6].map((from) => log.following('x', from)?.sequence)).toEqual([3, 3, 5, undefined])
    expect(log.following('y', 0)).toMatchObject({ sequence: 5, ...share })
  })

  it('says what is done when the last output is, many frames as one, and gives their memory back', () => {
    released = []
    const log = new MemoryLog()
    const both = new Map([['x', share], ['y', share]])
    log.append('memory', frame(1, [[0, 0, 10]]), both, 2)
    log.append('memory', frame(2, [[0, 10, 20]]), both, 2)
    log.append('memory', frame(3, [[0, 5, 6]], 'b'), both, 2)
    const claims = [1, 2, 3].map((from) => log.following('x', from)!)
    expect(claims.map(({ memory }) => log.done(memory, 'x', done))).toEqual([false, false, false])
    expect(log.takeDone()).toBeUndefined()
    log.done(claims[2]!.memory, 'y', done)
    log.done(claims[0]!.memory, 'y', { ...done, delivered: 0, dropped: { late: 1 } })
    expect(released).toEqual([3, 1])
    expect(log.mentioned()).toEqual(new Set(['b.0', 'a.0']))
    expect(log.takeDone()).toMatchObject({
      streams: [{ uid: 'b' }, { uid: 'a' }],
      ranges: [[0, 5, 6], [1, 0, 10]],
      ledger: { memory: { read: 2, buffered: 2 } },
      delivered: { x: { routed: 2, delivered: 2 }, y: { routed: 2, delivered: 1, dropped: { late: 1 } } }
    })
    expect(log.takeDone()).toBeUndefined()
    expect(log.count).toBe(1)
  })

  it('counts the bytes of each input until they are done', () => {
    const log = new MemoryLog()
    const one = frame(1, [])
    log.append('m1', one, new Map([['x', share]]), 1)
    log.append('m2', frame(2, []), new Map(), 0)
    expect([log.bytesOf('m1'), log.bytesOf('m2'), log.bytes]).toEqual([one.size, 0, one.size])
    log.done(log.following('x', 0)!.memory, 'x', done)
    expect(log.bytes).toBe(0)
  })
})
