/**
 * Finds and reads frames in the segments of a log. The indexes of a few segments are in memory, and where frames are
 * small a block of them is read at once.
 */
import fs from 'node:fs'
import { readFrame, type Frame, type FrameFault } from './frame.ts'
import type { Segment, Share } from './segment.ts'
import type { FrameEntry } from './segment-index.ts'

/** Segments whose index is in memory besides the open one. */
const LOADED = 8
/** Bytes that are read ahead where frames are small, and how many such blocks are kept. */
const BLOCK = 256 * 1024
const BLOCKS = 4

/** A frame as an output sees it: what of it is for the output. */
export interface Claim extends Readonly<Share> {
  readonly sequence: number
}

/** Part of a segment that was read ahead. */
interface Block {
  readonly segment: Segment
  readonly offset: number
  readonly bytes: Buffer
}

export class SegmentReader {
  readonly #segments: readonly Segment[]
  #loaded: Segment[] = []
  #blocks: Block[] = []

  /** `segments` ascend; the owner may add at the end and take away. */
  constructor(segments: readonly Segment[]) {
    this.#segments = segments
  }

  /** The first frame with records for `output` whose sequence number is `from` or higher. */
  following(output: string, from: number): Claim | undefined {
    for (let at = this.#indexOf(from); at < this.#segments.length; at++) {
      const segment = this.#segments[at]!
      const slot = segment.outputs.indexOf(output)
      if (slot < 0 || segment.last < from) continue
      const frames = this.#framesOf(segment)
      for (let i = segment.lowerBound(from); i < frames.length; i++) {
        const claim = claimOf(frames[i]!, slot)
        if (claim !== undefined) return claim
      }
    }
    return undefined
  }

  /** All that a segment has for an output from a sequence number on. */
  claimsOf(segment: Segment, output: string, from: number): Claim[] {
    const slot = segment.outputs.indexOf(output)
    return this.#framesOf(segment).slice(segment.lowerBound(from)).map((entry) => claimOf(entry, slot))
      .filter((claim) => claim !== undefined)
  }

  /** The segment that holds a frame, if any does. */
  segmentOf(sequence: number): Segment | undefined {
    const segment = this.#segments[this.#indexOf(sequence)]
    return segment !== undefined && segment.first <= sequence && sequence <= segment.last ? segment : undefined
  }

  /** Segment and entry of a frame with records. */
  find(sequence: number): { readonly segment: Segment, readonly entry: FrameEntry } | undefined {
    const segment = this.segmentOf(sequence)
    if (segment === undefined) return undefined
    const entry = this.#framesOf(segment)[segment.lowerBound(sequence)]
    return entry?.sequence === sequence ? { segment, entry } : undefined
  }

  /** Index of the last segment that may hold `sequence`, or 0. */
  #indexOf(sequence: number): number {
    let low = 0
    let high = this.#segments.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#segments[middle]!.first <= sequence) low = middle + 1
      else high = middle
    }
    return Math.max(0, low - 1)
  }

  #framesOf(segment: Segment): readonly FrameEntry[] {
    if (!segment.isLoaded) this.noteLoaded(segment)
    return segment.frames()
  }

  /** Counts a complete segment among those whose index is in memory. */
  noteLoaded(segment: Segment): void {
    this.#loaded.push(segment)
    if (this.#loaded.length > LOADED) this.#loaded.shift()!.unload()
  }

  /** Lets go of what it has of a segment. */
  forget(segment: Segment): void {
    this.#loaded = this.#loaded.filter((other) => other !== segment)
    this.#blocks = this.#blocks.filter((block) => block.segment !== segment)
  }

  /**
   * Reads a frame back: a large one into `room`, small ones many at a time. Throws when the system cannot read now (too many
   * open files, a disk that does not answer).
   */
  read(sequence: number, room: (length: number) => Buffer): Frame | FrameFault {
    const found = this.find(sequence)
    if (found === undefined) return 'torn'
    const { segment, entry: { offset, length } } = found
    try {
      const bytes = length * 4 > BLOCK ? room(length) : this.#ahead(segment, offset, length)
      if (length * 4 > BLOCK && readAt(segment.path, bytes, offset) < length) return 'torn'
      const frame = readFrame(bytes)
      return typeof frame === 'string' || frame.sequence === sequence ? frame : 'checksum'
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'torn'
      throw error
    }
  }

  #ahead(segment: Segment, offset: number, length: number): Buffer {
    let block = this.#blocks.find((b) =>
      b.segment === segment && offset >= b.offset && offset + length <= b.offset + b.bytes.length)
    if (block === undefined) {
      const bytes = Buffer.allocUnsafeSlow(Math.min(BLOCK, segment.length - offset))
      block = { segment, offset, bytes: bytes.subarray(0, readAt(segment.path, bytes, offset)) }
      this.#blocks.push(block)
      if (this.#blocks.length > BLOCKS) this.#blocks.shift()
    }
    return block.bytes.subarray(offset - block.offset, offset - block.offset + length)
  }
}

function claimOf(entry: FrameEntry, slot: number): Claim | undefined {
  const { shares, sequence, oldest } = entry
  for (let i = 0; i < shares.length; i += 3) {
    if (shares[i] === slot) return { sequence, records: shares[i + 1]!, bytes: shares[i + 2]!, oldest }
  }
  return undefined
}

/** Fills `bytes` from a place in a file; returns how many there were. */
function readAt(path: string, bytes: Buffer, at: number): number {
  const fd = fs.openSync(path, 'r')
  try {
    let read = 0
    while (read < bytes.length) {
      const got = fs.readSync(fd, bytes, read, bytes.length - read, at + read)
      if (got === 0) break
      read += got
    }
    return read
  } finally {
    fs.closeSync(fd)
  }
}
