/** Reads a segment's file frame by frame, whatever state it is in. */
import fs from 'node:fs'
import { FRAME_HEADER, MAGIC, frameLength, readFrame, type Frame } from './frame.ts'
import { INDEX_MAGIC, indexedLength } from './segment-index.ts'

export interface Scan {
  /** Bytes up to the end of the last frame, good or corrupt, that is whole. */
  readonly end: number
  /** Bytes behind that which are the beginning of a frame that was never finished. */
  readonly torn: number
  /** Places of corrupt frames, ascending. */
  readonly corrupt: readonly (readonly [offset: number, length: number])[]
}

const MAGIC_BYTES = Buffer.from('FTL1')

/** Holds a segment while it is read; kept, so that reading many segments takes the memory of one. */
let room = Buffer.allocUnsafeSlow(0)

/** Calls `visit` with each valid frame in order; the frame may be used during the call only (its directory longer). */
export function scanFrames(path: string, visit: (frame: Frame, offset: number) => void): Scan {
  const bytes = readWhole(path)
  const indexed = indexedLength(bytes)
  const limit = indexed ?? bytes.length
  const corrupt: [number, number][] = []
  let last = -1
  let at = 0
  while (at < limit) {
    if (limit - at >= 4 && bytes.readUInt32LE(at) === INDEX_MAGIC) return { end: at, torn: 0, corrupt }
    const frame = frameAt(bytes, at, limit, last)
    if (frame !== undefined) {
      visit(frame, at)
      last = frame.sequence
      at += frame.size
      continue
    }
    const next = resume(bytes, at, limit, last)
    if (next === undefined && indexed === undefined && !fills(bytes, at, limit)) return { end: at, torn: limit - at, corrupt }
    corrupt.push([at, (next ?? limit) - at])
    at = next ?? limit
  }
  return { end: at, torn: 0, corrupt }
}

function frameAt(bytes: Buffer, at: number, limit: number, last: number): Frame | undefined {
  const length = frameLength(bytes, at)
  if (length < FRAME_HEADER || length % 4 !== 0 || at + length > limit) return undefined
  const frame = readFrame(bytes.subarray(at, at + length))
  return typeof frame === 'string' || frame.sequence < last ? undefined : frame
}

/** Whether the header at `at` speaks of a frame that ends where the file does. */
function fills(bytes: Buffer, at: number, limit: number): boolean {
  return at + frameLength(bytes, at) === limit
}

/** Where to go on behind a corrupt frame: where its header says it ends, or at the next frame that is valid. */
function resume(bytes: Buffer, at: number, limit: number, last: number): number | undefined {
  const length = frameLength(bytes, at)
  const end = at + length
  if (length >= FRAME_HEADER && length % 4 === 0 && end + 4 <= limit && bytes.readUInt32LE(end) === MAGIC) return end
  for (let next = bytes.indexOf(MAGIC_BYTES, at + 4); next >= 0 && next < limit; next = bytes.indexOf(MAGIC_BYTES, next + 1)) {
    if (next % 4 === 0 && frameAt(bytes, next, limit, last) !== undefined) return next
  }
  return undefined
}

function readWhole(path: string): Buffer {
  const fd = fs.openSync(path, 'r')
  try {
    const { size } = fs.fstatSync(fd)
    if (room.length < size) room = Buffer.allocUnsafeSlow(Math.max(size, 1 << 20))
    let read = 0
    while (read < size) {
      const got = fs.readSync(fd, room, read, size - read, read)
      if (got === 0) break
      read += got
    }
    return room.subarray(0, read)
  } finally {
    fs.closeSync(fd)
  }
}

/** Lets the memory of the last reading go. */
export function releaseScan(): void {
  room = Buffer.allocUnsafeSlow(0)
}
