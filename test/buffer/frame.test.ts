import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FrameBuilder, Route } from '../../src/buffer/frame-builder.ts'
import { encodeDirectory, frameLength, readFrame, sealFrame, type Directory, type Frame } from '../../src/buffer/frame.ts'
import { SlabPool } from '../../src/buffer/slab-pool.ts'
import { Pool } from '../../src/event/pool.ts'
import { Record } from '../../src/event/record.ts'
import { Stream } from '../../src/event/stream.ts'

function makeFrame(records: number): Frame {
  const pool = new Pool()
  const record = new Record(pool)
  const builder = new FrameBuilder(new SlabPool())
  const stream = new Stream('abcdefghijk', 1, { input: 'tail.0', path: '/var/log/x', marks: { inode: 5 } })
  for (let i = 0; i < records; i++) {
    record.reset()
    record.setTime(100 + i, i)
    record.setText(pool.key('log'), `line "${i}"`)
    builder.append(record, new Route('tag', ['es']), stream, i * 10, i * 10 + 10, 0)
  }
  builder.cover(stream, 0, records * 10)
  return builder.finish(0x1_0000_0000_7, undefined)
}

describe('readFrame', () => {
  it('reads what the builder wrote', () => {
    const built = makeFrame(3)
    const read = readFrame(built.bytes) as Frame
    expect(read).toMatchObject({ sequence: 0x1_0000_0000_7, records: 3, size: built.size, directory: built.directory, tags: ['tag'] })
  })

  it('notices any change of any bytes', () => {
    const { bytes } = makeFrame(4)
    fc.assert(fc.property(fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 4 }),
      (changes) => {
        const copy = Buffer.from(new Uint8Array(bytes))
        for (const [at, mask] of changes) copy[at]! ^= mask
        fc.pre(!copy.equals(bytes))
        expect(typeof readFrame(copy)).toBe('string')
      }), { numRuns: 2000 })
  })

  it('notices a missing end at every length', () => {
    const { bytes } = makeFrame(2)
    for (let length = 0; length < bytes.length; length++) expect(readFrame(bytes.subarray(0, length))).toBe('torn')
  })

  it('never throws on bytes that are no frame', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
      const bytes = Buffer.from(noise)
      expect(typeof readFrame(bytes)).toBe('string')
      if (bytes.length < 32) return
      // noise that calls itself a frame, checksum and all
      bytes.write('FTL1')
      bytes.writeUInt32LE(bytes.length, 4)
      sealFrame(bytes, 5)
      expect(readFrame(bytes)).toBe('directory')
    }))
  })
})

describe('frameLength', () => {
  it('is 0 without a whole header', () => {
    const { bytes } = makeFrame(1)
    expect(frameLength(bytes, 0)).toBe(bytes.length)
    expect(frameLength(bytes, 4)).toBe(0)
    expect(frameLength(bytes.subarray(0, 31), 0)).toBe(0)
  })
})

describe('encodeDirectory', () => {
  it('makes a frame that holds just the directory', () => {
    const directory: Directory = {
      tags: [], routes: [], sections: [], constants: [], streams: [{ uid: 'ü', generation: 0, closed: true }], ranges: [[0, 5, 2 ** 47]],
      delivered: { es: { routed: 1, delivered: 1, filtered: {}, dead_lettered: 0, dropped: {}, fallback: 0, waiting: 0, repeated: 0 } }
    }
    expect(readFrame(encodeDirectory(directory, 9))).toMatchObject({ sequence: 9, records: 0, directory })
  })
})
