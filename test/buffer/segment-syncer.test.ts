import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { Segment } from '../../src/buffer/segment.ts'
import { SegmentSyncer } from '../../src/buffer/segment-syncer.ts'
import { makeDirectory, pause } from './make-frames.ts'

function makeSegment(directory: string, first: number, waiting: number): Segment {
  const segment = new Segment(path.join(directory, String(first)), first)
  fs.writeFileSync(segment.path, 'frames')
  segment.sealed = true
  segment.waiting = waiting
  return segment
}

describe('SegmentSyncer', () => {
  it('syncs complete segments that somebody waits for, and leaves the others', async () => {
    const directory = makeDirectory()
    const segments = [makeSegment(directory, 1, 1), makeSegment(directory, 2, 0), makeSegment(directory, 3, 2)]
    const gone = makeSegment(directory, 4, 1)
    const syncer = new SegmentSyncer(directory, segments, () => {})
    for (const segment of [...segments, gone]) syncer.later(segment)
    await pause(1200)
    await syncer.close()
    expect([...segments, gone].map(({ synced }) => synced)).toEqual([true, false, true, false])
  })

  it('vouches for nothing that it could not sync, and goes on', async () => {
    const directory = makeDirectory()
    const segments = [makeSegment(directory, 1, 1), makeSegment(directory, 2, 1)]
    fs.rmSync(segments[0]!.path)
    let told = 0
    const syncer = new SegmentSyncer(directory, segments, () => told++)
    for (const segment of segments) {
      syncer.head(segment)
      syncer.later(segment)
    }
    await pause(1200)
    await syncer.close()
    expect(told).toBe(1)
    expect(segments.map(({ headSynced, synced }) => [headSynced, synced])).toEqual([[false, false], [true, true]])
  })

  it('rejects a sync of everything when a part of it fails', async () => {
    const directory = makeDirectory()
    const segments = [makeSegment(directory, 1, 1)]
    const syncer = new SegmentSyncer(directory, segments, () => {})
    await syncer.all()
    expect(segments[0]!.synced).toBe(true)
    segments.push(makeSegment(directory, 2, 1))
    fs.rmSync(segments[1]!.path)
    await expect(syncer.all()).rejects.toThrow('ENOENT')
  })
})
