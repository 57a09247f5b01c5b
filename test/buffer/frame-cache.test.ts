import { describe, expect, it } from 'vitest'
import { FrameCache } from '../../src/buffer/frame-cache.ts'
import { encodeDirectory, makeFrame, readFrame, type Frame } from '../../src/buffer/frame.ts'
import { SLAB_SIZE } from '../../src/buffer/slab-pool.ts'

const directory = { tags: [], routes: [], sections: [], constants: [], streams: [], ranges: [] }

function frame(sequence: number, released: number[], memory = 1000): Frame {
  const bytes = Buffer.allocUnsafeSlow(memory)
  const encoded = encodeDirectory(directory, sequence)
  encoded.copy(bytes)
  return makeFrame(bytes.subarray(0, encoded.length), directory, () => { released.push(sequence) })
}

describe('FrameCache', () => {
  it('keeps a frame until every output that needs it is done', () => {
    const released: number[] = []
    const cache = new FrameCache()
    cache.keep(frame(1, released), 2, false)
    expect(cache.use(1)?.sequence).toBe(1)
    cache.unuse(1)
    cache.spare(1)
    expect(released).toEqual([])
    cache.spare(1)
    expect(released).toEqual([1])
    expect(cache.use(1)).toBeUndefined()
  })

  it('lets a frame that nobody needs go at once, or when it is written', () => {
    const released: number[] = []
    const cache = new FrameCache()
    cache.keep(frame(1, released), 0, false)
    cache.keep(frame(2, released), 0, true)
    expect(released).toEqual([1])
    cache.unuse(2)
    expect(released).toEqual([1, 2])
  })

  it('lets the oldest go when it holds too much, but none that somebody has', () => {
    const released: number[] = []
    const cache = new FrameCache()
    for (let sequence = 1; sequence <= 4; sequence++) cache.keep(frame(sequence, released, 1 << 20), 1, false)
    cache.use(1)
    for (let sequence = 5; sequence <= 6; sequence++) cache.keep(frame(sequence, released, 1 << 20), 1, false)
    expect(released).toEqual([2])
    cache.unuse(1)
    expect(released).toEqual([2, 1])
    expect([3, 4, 5, 6].map((sequence) => cache.use(sequence)?.sequence)).toEqual([3, 4, 5, 6])
  })

  it('reads into memory of its own that goes round, and shares what was read', () => {
    const cache = new FrameCache()
    const room = cache.room(SLAB_SIZE - 400)
    const read = readFrame(encodeDirectory(directory, 9)) as Frame
    cache.hold(read, room)
    expect(cache.use(9)).toBe(read)
    cache.unuse(9)
    cache.unuse(9)
    expect(cache.use(9)).toBeUndefined()
    expect(cache.room(SLAB_SIZE - 40).buffer).toBe(room.buffer)
    expect(cache.room(SLAB_SIZE + 1).length).toBe(SLAB_SIZE + 1)
    expect(cache.room(10).buffer.byteLength).toBe(10)
  })
})
