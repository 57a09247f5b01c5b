import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { encodeDirectory, type Frame } from '../../src/buffer/frame.ts'
import { Segment, segmentName } from '../../src/buffer/segment.ts'
import { SegmentReader } from '../../src/buffer/segment-reader.ts'
import { makeDirectory } from './make-frames.ts'

const SEGMENTS = 12

/** Complete segments of three frames each, with gaps between the numbers; every second frame is for `b` too. */
function makeSegments(filler: number): Segment[] {
  const directory = makeDirectory()
  return Array.from({ length: SEGMENTS }, (_, s) => {
    const segment = new Segment(path.join(directory, segmentName(s * 10)), s * 10)
    const frames: Buffer[] = []
    for (const sequence of [s * 10 + 1, s * 10 + 4, s * 10 + 5]) {
      const tags = ['x'.repeat(filler)]
      const bytes = encodeDirectory({ tags, routes: [], sections: [], constants: [], streams: [], ranges: [] }, sequence)
      const share = { records: 1, bytes: 10, oldest: sequence }
      segment.add(sequence, segment.length, bytes.length, new Map(sequence % 2 === 0 ? [['a', share], ['b', share]] : [['a', share]]))
      segment.length += bytes.length
      segment.last = sequence
      frames.push(bytes)
    }
    fs.writeFileSync(segment.path, Buffer.concat(frames))
    const fd = fs.openSync(segment.path, 'r+')
    segment.writeIndex(fd)
    fs.closeSync(fd)
    segment.sealed = true
    segment.unload()
    return segment
  })
}

describe('SegmentReader', () => {
  it('goes through the frames of an output in order, with few indexes in memory', () => {
    const segments = makeSegments(0)
    const reader = new SegmentReader(segments)
    const found: number[] = []
    for (let claim = reader.following('b', 0); claim !== undefined; claim = reader.following('b', claim.sequence + 1)) {
      found.push(claim.sequence)
    }
    expect(found).toEqual(segments.map(({ first }) => first + 4))
    expect(segments.filter(({ isLoaded }) => isLoaded).length).toBeLessThan(SEGMENTS)
    expect(reader.claimsOf(segments[3]!, 'a', 32).map(({ sequence }) => sequence)).toEqual([34, 35])
    expect(reader.following('c', 0)).toBeUndefined()
  })

  it('knows the segment of a number, and of none between segments', () => {
    const segments = makeSegments(0)
    const reader = new SegmentReader(segments)
    expect([0, 5, 6, 10, 119].map((sequence) => reader.segmentOf(sequence)?.first)).toEqual([0, 0, undefined, 10, undefined])
    expect(reader.find(14)).toMatchObject({ segment: segments[1], entry: { sequence: 14 } })
    expect(reader.find(13)).toBeUndefined()
  })

  it.each([0, 200_000])('reads each frame whole, with %d bytes more in it', (filler) => {
    const reader = new SegmentReader(makeSegments(filler))
    const asked: number[] = []
    for (const sequence of [5, 1, 111, 4, 54]) {
      const frame = reader.read(sequence, (length) => {
        asked.push(length)
        return Buffer.allocUnsafeSlow(length)
      }) as Frame
      expect(frame).toMatchObject({ sequence, tags: ['x'.repeat(filler)] })
    }
    expect(asked).toHaveLength(filler === 0 ? 0 : 5)
    expect(reader.read(13, () => Buffer.alloc(0))).toBe('torn')
  })

  it('says so when a file is shorter than it was, or gone', () => {
    const segments = makeSegments(200_000)
    const reader = new SegmentReader(segments)
    reader.find(4)
    fs.truncateSync(segments[0]!.path, 300_000)
    fs.rmSync(segments[1]!.path)
    expect(reader.find(14)).toBeUndefined()
    expect(reader.read(4, (length) => Buffer.alloc(length))).toBe('torn')
    expect(reader.read(1, (length) => Buffer.alloc(length))).toMatchObject({ sequence: 1 })
  })
})
