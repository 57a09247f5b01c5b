/**
 * A segment is one file of the log, named by the first sequence number it may hold (16 decimal digits, `.log`):
 *
 *      snapshot, a frame (see snapshot.ts)
 *      frames, one behind the other (see frame.ts)
 *      its index, when the segment is complete (see segment-index.ts)
 */
import fs from 'node:fs'
import { basename } from 'node:path'
import type { Directory } from './frame.ts'
import { scanFrames } from './scan.ts'
import { encodeIndex, readEntries, readSummary, type FrameEntry, type Summary } from './segment-index.ts'

/** What of a frame, or of a segment, is for one output. */
export interface Share {
  records: number
  /** Bytes of its records, constants not counted. */
  bytes: number
  /** Unix time in seconds of the oldest record. */
  oldest: number
}

/** Shares of the outputs that a directory's sections name. */
export function sharesOf(directory: Directory): Map<string, Share> {
  const shares = new Map<string, Share>()
  for (const [start, end, records, , route, firstSecond] of directory.sections) {
    for (const output of directory.routes[route] ?? []) {
      const share = shares.get(output)
      if (share === undefined) {
        shares.set(output, { records, bytes: end - start, oldest: firstSecond })
        continue
      }
      share.records += records
      share.bytes += end - start
      if (firstSecond < share.oldest) share.oldest = firstSecond
    }
  }
  return shares
}

export class Segment {
  readonly path: string
  /** No frame in it has a lower sequence number. */
  readonly first: number
  /** Highest sequence number in it. */
  last: number
  /** Bytes of frames. */
  length = 0
  /** Bytes of the file. */
  fileBytes = 0
  /** Frames with records. */
  frameCount = 0
  /** Corrupt frames found in it. */
  corrupt = 0
  /** Nothing is appended any more. */
  sealed = false
  /** All of it is on the disk for good. */
  synced = false
  /** Its snapshot is on the disk for good. */
  headSynced = false
  /** Pairs of frame and output that are not done. */
  waiting = 0
  readonly outputs: string[] = []
  readonly #sums: (Share & { frames: number })[] = []
  #frames: FrameEntry[] | undefined = []
  #hasIndex = false

  constructor(path: string, first: number) {
    this.path = path
    this.first = first
    this.last = first - 1
  }

  /** Notes a frame with records that lies in the file. */
  add(sequence: number, offset: number, length: number, shares: ReadonlyMap<string, Share>): void {
    const flat: number[] = []
    let oldest = Infinity
    for (const [output, { records, bytes, oldest: second }] of shares) {
      const slot = this.#slot(output)
      const sum = this.#sums[slot]!
      sum.frames++
      sum.records += records
      sum.bytes += bytes
      if (second < sum.oldest) sum.oldest = second
      if (second < oldest) oldest = second
      flat.push(slot, records, bytes)
    }
    this.#frames!.push({ sequence, offset, length, oldest, shares: flat })
    this.frameCount++
  }

  #slot(output: string): number {
    const at = this.outputs.indexOf(output)
    if (at >= 0) return at
    this.#sums.push({ frames: 0, records: 0, bytes: 0, oldest: Infinity })
    return this.outputs.push(output) - 1
  }

  /** All that is for an output, and in how many frames. */
  share(output: string): (Readonly<Share> & { readonly frames: number }) | undefined {
    return this.#sums[this.outputs.indexOf(output)]
  }

  /** Entries of the frames with records, ascending; read from the file when they were let go. */
  frames(): readonly FrameEntry[] {
    return (this.#frames ??= this.#readFrames())
  }

  #readFrames(): FrameEntry[] {
    try {
      return readEntries(this.path) ?? this.#scanEntries()
    } catch (error) {
      // somebody has deleted the file: its frames are no more
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
      throw error
    }
  }

  /** The index turned out to be unreadable: what it said is in the frames too. */
  #scanEntries(): FrameEntry[] {
    this.#hasIndex = false
    const copy = new Segment(this.path, this.first)
    for (const name of this.outputs) copy.#slot(name)
    scanFrames(this.path, ({ sequence, size, directory }, offset) => {
      if (directory.sections.length > 0) copy.add(sequence, offset, size, sharesOf(directory))
    })
    return copy.#frames!
  }

  /** Lets the entries go when the file has them. */
  unload(): void {
    if (this.#hasIndex) this.#frames = undefined
  }

  get isLoaded(): boolean {
    return this.#frames !== undefined
  }

  /** Index of the first entry with this sequence number or a higher one. */
  lowerBound(sequence: number): number {
    const frames = this.frames()
    let low = 0
    let high = frames.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (frames[middle]!.sequence < sequence) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Appends the index to the file. */
  writeIndex(fd: number): void {
    const outputs = this.outputs.map((name, i) => {
      const { frames, records, bytes, oldest } = this.#sums[i]!
      return [name, frames, records, bytes, oldest] as const
    })
    const summary: Summary = { last: this.last, frames: this.frameCount, corrupt: this.corrupt, outputs }
    const bytes = encodeIndex(this.length, this.frames(), summary)
    let written = 0
    while (written < bytes.length) {
      written += fs.writeSync(fd, bytes, written, bytes.length - written, this.length + written)
    }
    this.fileBytes = this.length + bytes.length
    this.#hasIndex = true
  }

  /** Takes the summary from a complete segment's file; false when there is none that can be trusted. */
  readSummary(): boolean {
    const found = readSummary(this.path)
    if (found === undefined) return false
    const { last, frames, corrupt, outputs } = found.summary
    for (const [name, count, records, bytes, oldest] of outputs) {
      Object.assign(this.#sums[this.#slot(name)]!, { frames: count, records, bytes, oldest })
    }
    this.last = last
    this.frameCount = frames
    this.corrupt = corrupt
    this.length = found.length
    this.fileBytes = found.size
    this.sealed = this.#hasIndex = true
    this.#frames = undefined
    return true
  }
}

const NAME = /^(\d{16})\.log$/

export function segmentName(first: number): string {
  return `${String(first).padStart(16, '0')}.log`
}

/** First sequence number of a segment's file, or undefined when it is none. */
export function segmentNumber(path: string): number | undefined {
  const found = NAME.exec(basename(path))
  return found === null ? undefined : Number(found[1])
}

