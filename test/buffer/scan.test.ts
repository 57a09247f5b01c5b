import fs from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeDirectory } from '../../src/buffer/frame.ts'
import { scanFrames } from '../../src/buffer/scan.ts'
import { makeDirectory } from './make-frames.ts'

function frame(sequence: number, filler = 0): Buffer {
  const tags = ['x'.repeat(filler)]
  return encodeDirectory({ tags, routes: [], sections: [], constants: [], streams: [], ranges: [] }, sequence)
}

function scan(bytes: Buffer): { found: number[] } & ReturnType<typeof scanFrames> {
  const file = path.join(makeDirectory(), 'segment')
  fs.writeFileSync(file, bytes)
  const found: number[] = []
  return { ...scanFrames(file, ({ sequence }) => { found.push(sequence) }), found }
}

describe('scanFrames', () => {
  it('finds a torn tail at every byte of the last frame', () => {
    const [first, last] = [frame(1), frame(2)]
    for (let cut = 1; cut < last.length; cut++) {
      expect(scan(Buffer.concat([first, last.subarray(0, cut)]))).toEqual({ found: [1], end: first.length, torn: cut, corrupt: [] })
    }
  })

  it('goes on behind frames whose bytes changed, and finds no others corrupt', () => {
    const frames = [1, 2, 3, 4, 5, 6].map((sequence) => frame(sequence, sequence * 7))
    const offsets = frames.map((_, i) => frames.slice(0, i).reduce((sum, { length }) => sum + length, 0))
    fc.assert(fc.property(fc.integer({ min: 1, max: 4 }), fc.nat(), fc.integer({ min: 1, max: 255 }), (which, where, mask) => {
      const bytes = Buffer.concat(frames)
      bytes[offsets[which]! + where % frames[which]!.length]! ^= mask
      const result = scan(bytes)
      expect(result.found).toEqual([1, 2, 3, 4, 5, 6].filter((sequence) => sequence !== which + 1))
      expect(result).toMatchObject({ torn: 0, corrupt: [[offsets[which], frames[which]!.length]], end: bytes.length })
    }), { numRuns: 200 })
  })

  it('takes a whole last frame with changed bytes for corrupt, not for torn', () => {
    const bytes = Buffer.concat([frame(1), frame(2, 50)])
    bytes[bytes.length - 30]! ^= 1
    expect(scan(bytes)).toMatchObject({ found: [1], torn: 0, corrupt: [[frame(1).length, frame(2, 50).length]] })
  })

  it('does not take a frame of an earlier time for one of the log', () => {
    expect(scan(Buffer.concat([frame(5), frame(3), frame(6)])).found).toEqual([5, 6])
  })

  it('finds nothing in nothing and in noise', () => {
    expect(scan(Buffer.alloc(0))).toEqual({ found: [], end: 0, torn: 0, corrupt: [] })
    expect(scan(Buffer.alloc(5000))).toMatchObject({ found: [], torn: 5000 })
  })
})
