import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { Segment, segmentName, segmentNumber, sharesOf, type Share } from '../../src/buffer/segment.ts'
import { makeDirectory } from './make-frames.ts'

function shares(list: Record<string, [records: number, bytes: number, oldest: number]>): Map<string, Share> {
  return new Map(Object.entries(list).map(([name, [records, bytes, oldest]]) => [name, { records, bytes, oldest }]))
}

function makeSegment(): Segment {
  const file = path.join(makeDirectory(), segmentName(7))
  fs.writeFileSync(file, Buffer.alloc(300))
  const segment = new Segment(file, 7)
  segment.add(7, 0, 100, shares({ a: [2, 50, 30], b: [1, 20, 40] }))
  segment.add(9, 100, 80, shares({ b: [4, 60, 10] }))
  segment.add(12, 180, 120, shares({ a: [1, 90, 20] }))
  segment.last = 12
  segment.length = 300
  const fd = fs.openSync(file, 'r+')
  segment.writeIndex(fd)
  fs.closeSync(fd)
  return segment
}

describe('Segment', () => {
  it('has the same sums and frames when they are read from its file', () => {
    const written = makeSegment()
    const read = new Segment(written.path, 7)
    expect(read.readSummary()).toBe(true)
    expect(read.isLoaded).toBe(false)
    expect(read.share('a')).toEqual({ frames: 2, records: 3, bytes: 140, oldest: 20 })
    expect(read.share('b')).toEqual({ frames: 2, records: 5, bytes: 80, oldest: 10 })
    expect(read.share('c')).toBeUndefined()
    expect(read).toMatchObject({ last: 12, length: 300, frameCount: 3, fileBytes: fs.statSync(written.path).size })
    expect(read.frames()).toEqual(written.frames())
    read.unload()
    expect(read.isLoaded).toBe(false)
    expect([6, 7, 8, 9, 10, 12, 13].map((sequence) => read.lowerBound(sequence))).toEqual([0, 0, 1, 1, 2, 2, 3])
  })

  it('trusts no summary with a changed byte, at any place of the index', () => {
    const { path: file } = makeSegment()
    const bytes = fs.readFileSync(file)
    const whole = new Segment(file, 7)
    whole.readSummary()
    for (let at = 300; at < bytes.length; at++) {
      const changed = Buffer.from(new Uint8Array(bytes))
      changed[at]! ^= 0x10
      fs.writeFileSync(file, changed)
      const read = new Segment(file, 7)
      // where the entries or the magic before them changed, the summary is still right
      if (read.readSummary()) expect(read.share('a')).toEqual(whole.share('a'))
    }
    for (let length = 300; length < bytes.length; length++) {
      fs.writeFileSync(file, bytes.subarray(0, length))
      expect(new Segment(file, 7).readSummary()).toBe(false)
    }
  })
})

describe('sharesOf', () => {
  it('adds up the sections of each output', () => {
    const directory = {
      tags: ['x'], routes: [['a'], ['a', 'b']], streams: [], ranges: [], constants: [],
      sections: [[32, 132, 3, 0, 0, 50, 60], [132, 152, 1, 0, 1, 40, 40]] as const
    }
    expect(sharesOf(directory)).toEqual(shares({ a: [4, 120, 40], b: [1, 20, 40] }))
  })
})

describe('segmentName', () => {
  it('sorts as the numbers do, and is read back', () => {
    const numbers = [1, 9, 10, 2 ** 20 + 1, Number.MAX_SAFE_INTEGER]
    const names = numbers.map(segmentName)
    expect([...names].sort()).toEqual(names)
    expect(names.map((name) => segmentNumber(`/state/log/${name}`))).toEqual(numbers)
    expect(['1.log', 'x.log', names[0] + '.tmp'].map(segmentNumber)).toEqual([undefined, undefined, undefined])
  })
})
