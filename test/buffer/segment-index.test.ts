import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { encodeIndex, indexedLength, readEntries, readSummary, type FrameEntry, type Summary } from '../../src/buffer/segment-index.ts'
import { makeDirectory } from './make-frames.ts'

const frames: FrameEntry[] = [
  { sequence: 2 ** 45, offset: 32, length: 100, oldest: 7, shares: [0, 3, 90] },
  { sequence: 2 ** 45 + 2, offset: 132, length: 40, oldest: 9, shares: [0, 1, 8, 1, 2, 16] }
]
const summary: Summary = { last: 2 ** 45 + 3, frames: 2, corrupt: 1, outputs: [['es', 2, 4, 98, 7], ['ü', 1, 2, 16, 9]] }

describe('encodeIndex', () => {
  it('is read back behind any frames', () => {
    const file = path.join(makeDirectory(), 'segment')
    const bytes = Buffer.concat([Buffer.alloc(172, 'F'), encodeIndex(172, frames, summary)])
    fs.writeFileSync(file, bytes)
    expect(indexedLength(bytes)).toBe(172)
    expect(readSummary(file)).toMatchObject({ summary, length: 172, size: bytes.length })
    expect(readEntries(file)).toEqual(frames)
  })

  it('is not found where its length does not fit the file', () => {
    const file = path.join(makeDirectory(), 'segment')
    const bytes = Buffer.concat([Buffer.alloc(171), encodeIndex(172, frames, summary)])
    fs.writeFileSync(file, bytes)
    expect([indexedLength(bytes), readSummary(file), readEntries(file)]).toEqual([undefined, undefined, undefined])
    expect(indexedLength(Buffer.alloc(10))).toBeUndefined()
  })
})
