/**
 * The log on disk: segments, one behind the other, the last one open. Frames are appended with one write each and read
 * back by sequence number. What the disk refuses is kept in memory, in order, and tried again every second.
 */
import fs from 'node:fs'
import { join } from 'node:path'
import type { Directory, Frame, FrameFault } from './frame.ts'
import type { Positions } from './positions.ts'
import { Segment, segmentName, type Share } from './segment.ts'
import { SegmentReader, type Claim } from './segment-reader.ts'
import { SegmentSyncer } from './segment-syncer.ts'
import { encodeSnapshot } from './snapshot.ts'
import type { Totals } from './totals.ts'

/** What the log does to files that a test may want to fail. */
export interface Disk {
  /** Writes at a position; returns how many bytes it took. */
  write(fd: number, bytes: Buffer, from: number, length: number, at: number): number
}

export const systemDisk: Disk = { write: (fd, bytes, from, length, at) => fs.writeSync(fd, bytes, from, length, at) }

/** Bytes after which a segment is complete; its snapshot may double it, so that snapshots stay a small part. */
export const SEGMENT_SIZE = 8 * 1024 * 1024
const RETRY = 1000

/** A frame to be written. */
interface Draft {
  readonly sequence: number
  readonly bytes: Buffer
  readonly directory: Directory
  readonly shares: ReadonlyMap<string, Share>
  /** Outputs that are not done with it. */
  waiting: number
  readonly written: () => void
}

export interface DiskLogState {
  readonly segments: Segment[]
  readonly positions: Positions
  readonly totals: Totals
  /** The next sequence number. */
  readonly next: number
}

export interface DiskLogSettings {
  readonly segmentSize: number
  readonly syncEveryFrame: boolean
  readonly disk: Disk
  /** See `bootId`. */
  readonly boot: string
}

export class DiskLog {
  readonly positions: Positions
  readonly totals: Totals
  readonly segments: Segment[]
  readonly #reader: SegmentReader
  readonly #syncer: SegmentSyncer
  /** Called before a snapshot is taken, to forget what nobody needs. */
  beforeSnapshot: () => void = () => {}
  /** Names of the outputs with a cursor, for the snapshot. */
  outputs: readonly string[] = []
  /** Called when the disk takes writes again, or has more room. */
  onRoom: () => void = () => {}
  /** Called when `deleteDone` may have something to delete. */
  onSynced: () => void = () => {}
  readonly #directory: string
  readonly #disk: Disk
  readonly #syncEveryFrame: boolean
  readonly #segmentSize: number
  readonly #boot: string
  #next: number
  #fd: number | undefined
  #target = 0
  #drafts: Draft[] = []
  #retry: NodeJS.Timeout | undefined

  constructor(directory: string, state: DiskLogState, settings: DiskLogSettings) {
    this.#directory = directory
    this.positions = state.positions
    this.totals = state.totals
    this.segments = state.segments
    this.#reader = new SegmentReader(state.segments)
    this.#syncer = new SegmentSyncer(directory, state.segments, () => this.onSynced())
    this.#next = state.next
    this.#segmentSize = settings.segmentSize
    this.#syncEveryFrame = settings.syncEveryFrame
    this.#disk = settings.disk
    this.#boot = settings.boot
  }

  /** Begins a segment, so that what recovery mended is not mended again; a disk without room is no error. */
  begin(): void {
    try {
      this.#roll(this.#next)
    } catch {
      // the first append says so, and tries again
    }
    for (const segment of this.segments) if (segment.sealed && !segment.synced) this.#syncer.later(segment)
  }

  get next(): number {
    return this.#next
  }

  takeSequence(): number {
    return this.#next++
  }

  get isFull(): boolean {
    return this.#drafts.length > 0
  }

  get bytes(): number {
    let bytes = 0
    for (const segment of this.segments) bytes += segment.fileBytes
    return bytes
  }

  get draftBytes(): number {
    let bytes = 0
    for (const draft of this.#drafts) bytes += draft.bytes.length
    return bytes
  }

  // ---- writing

  /**
   * Takes a frame, whose sequence number is the last one taken. `waiting` outputs will acknowledge it. Returns whether
   * it was written; else `written` is called when it is, and the bytes must stay until then.
   */
  append(
    bytes: Buffer, directory: Directory, sequence: number, shares: ReadonlyMap<string, Share>, waiting: number,
    written: () => void
  ): boolean {
    const draft: Draft = { sequence, bytes, directory, shares, waiting, written }
    if (this.#drafts.length === 0) {
      try {
        this.#write(draft)
        return true
      } catch (error) {
        this.#refused(error)
      }
    }
    this.#drafts.push(draft)
    this.#retry ??= setTimeout(() => this.retry(), RETRY).unref()
    return false
  }

  /** Writes what the disk refused, as far as it goes now. */
  retry(): void {
    clearTimeout(this.#retry)
    this.#retry = undefined
    let done = 0
    try {
      for (const draft of this.#drafts) {
        this.#write(draft)
        done++
      }
    } catch (error) {
      this.#refused(error)
    }
    const written = this.#drafts.splice(0, done)
    for (const draft of written) draft.written()
    if (this.#drafts.length > 0) this.#retry = setTimeout(() => this.retry(), RETRY).unref()
    else if (done > 0) this.onRoom()
  }

  #write({ sequence, bytes, directory, shares, waiting }: Draft): void {
    if (this.#fd === undefined || this.#active.length >= this.#target) this.#roll(sequence)
    const segment = this.#active
    this.#put(this.#fd!, bytes, segment.length)
    const at = segment.length
    segment.length = segment.fileBytes = at + bytes.length
    segment.last = sequence
    segment.waiting += waiting
    if (shares.size > 0) segment.add(sequence, at, bytes.length, shares)
    this.positions.apply(directory, sequence)
    this.totals.apply(directory)
    if (this.#syncEveryFrame) this.#syncNow()
  }

  /** One write, nearly always. What was written of a frame that did not fit is taken away again. */
  #put(fd: number, bytes: Buffer, at: number): void {
    let written = 0
    try {
      while (written < bytes.length) {
        const took = this.#disk.write(fd, bytes, written, bytes.length - written, at + written)
        if (took === 0) throw Object.assign(new Error('nothing was written'), { code: 'ENOSPC' })
        written += took
      }
    } catch (error) {
      truncate(fd, at)
      throw error
    }
  }

  #syncNow(): void {
    try {
      fs.fdatasyncSync(this.#fd!)
      this.#active.headSynced = true
    } catch {
      // what the system could not write may be gone from its memory too: nothing vouches for this segment
      this.#seal()
    }
  }

  get #active(): Segment {
    return this.segments[this.segments.length - 1]!
  }

  #refused(error: unknown): void {
    const { code } = error as NodeJS.ErrnoException
    // a file that fails for another reason than room may fail for ever
    if (code !== 'ENOSPC' && code !== 'EDQUOT' && this.#fd !== undefined) this.#seal()
  }

  #roll(first: number): void {
    this.beforeSnapshot()
    const path = join(this.#directory, segmentName(first))
    const snapshot = encodeSnapshot(first, this.positions, this.totals, this.outputs, this.segments, this.#boot)
    const fd = fs.openSync(path, 'wx', 0o600)
    try {
      this.#put(fd, snapshot, 0)
    } catch (error) {
      fs.closeSync(fd)
      fs.rmSync(path, { force: true })
      throw error
    }
    if (this.#fd !== undefined) this.#seal()
    const segment = new Segment(path, first)
    segment.length = segment.fileBytes = snapshot.length
    this.segments.push(segment)
    this.#fd = fd
    this.#target = this.#segmentSize + Math.min(this.#segmentSize, snapshot.length * 4)
    this.#syncer.head(segment)
  }

  #seal(): void {
    const segment = this.#active
    const fd = this.#fd!
    this.#fd = undefined
    segment.sealed = true
    try {
      segment.writeIndex(fd)
      this.#reader.noteLoaded(segment)
    } catch {
      // no room for the index: it stays in memory, and a start reads the segment whole
      truncate(fd, segment.length)
    }
    fs.closeSync(fd)
    this.#syncer.later(segment)
  }

  /** Puts all that was appended on the disk for good; waits for room when there is none. */
  async sync(): Promise<void> {
    while (this.#drafts.length > 0) {
      await new Promise((resolve) => setTimeout(resolve, RETRY / 4))
    }
    await this.#syncer.all()
  }

  // ---- reading

  /** The first frame with records for `output` whose sequence number is `from` or higher. */
  following(output: string, from: number): Claim | undefined {
    const claim = this.#reader.following(output, from)
    if (claim !== undefined) return claim
    for (const { sequence, shares } of this.#drafts) {
      const share = sequence >= from ? shares.get(output) : undefined
      if (share !== undefined) return { sequence, ...share }
    }
    return undefined
  }

  /** What of the frame is for the output; undefined when it is not in the log. */
  claim(output: string, sequence: number): Claim | undefined {
    const claim = this.following(output, sequence)
    return claim?.sequence === sequence ? claim : undefined
  }

  /** Reads a frame back: a large one into `room`, small ones many at a time. */
  read(sequence: number, room: (length: number) => Buffer): Frame | FrameFault {
    return this.#reader.read(sequence, room)
  }

  /** Where a frame lies, for the quarantine. */
  place(sequence: number): { readonly path: string, readonly offset: number, readonly length: number } | undefined {
    const found = this.#reader.find(sequence)
    return found && { path: found.segment.path, offset: found.entry.offset, length: found.entry.length }
  }

  // ---- acknowledging

  /** After a start: an output will acknowledge this frame. */
  expect(sequence: number): void {
    const found = this.#reader.find(sequence)
    if (found !== undefined) found.segment.waiting++
  }

  /** After a start: the output will acknowledge all its frames from `from` on; returns what they are together. */
  expectFrom(output: string, from: number): { frames: number, records: number, bytes: number } {
    const sum = { frames: 0, records: 0, bytes: 0 }
    for (const segment of this.segments) {
      const share = segment.share(output)
      if (share === undefined || segment.last < from) continue
      if (segment.first >= from) {
        sum.frames += share.frames
        sum.records += share.records
        sum.bytes += share.bytes
        segment.waiting += share.frames
        continue
      }
      for (const { records, bytes } of this.#reader.claimsOf(segment, output, from)) {
        sum.frames++
        sum.records += records
        sum.bytes += bytes
        segment.waiting++
      }
    }
    return sum
  }

  /** One more output is done with the frame. */
  acknowledge(sequence: number): void {
    const draft = this.#drafts.find((d) => d.sequence === sequence)
    if (draft !== undefined) {
      draft.waiting--
      return
    }
    const segment = this.#reader.segmentOf(sequence)
    if (segment !== undefined) segment.waiting--
  }

  /** Deletes segments that nobody waits for, once a newer snapshot is on the disk. */
  deleteDone(): void {
    const heads = this.segments.findLastIndex((s) => s.headSynced)
    let deleted = false
    for (let at = heads - 1; at >= 0; at--) {
      const segment = this.segments[at]!
      if (!segment.sealed || segment.waiting > 0) continue
      fs.rmSync(segment.path, { force: true })
      this.segments.splice(at, 1)
      this.#reader.forget(segment)
      deleted = true
    }
    if (!deleted) return
    if (this.isFull) this.retry()
    this.onRoom()
  }

  /** When all of the open segment is done, goes on in a new one, so that the space can be had. */
  makeRoom(): void {
    if (this.#fd === undefined || this.#active.waiting > 0 || this.#active.frameCount === 0) return
    try {
      this.#roll(this.#next)
    } catch {
      // no room for the snapshot either
    }
  }

  async close(): Promise<void> {
    if (this.isFull) this.retry()
    clearTimeout(this.#retry)
    await this.#syncer.close()
    await this.#closeFile()
  }

  async #closeFile(): Promise<void> {
    if (this.#fd === undefined) return
    const fd = this.#fd
    this.#fd = undefined
    await new Promise<void>((resolve) => fs.fdatasync(fd, () => resolve()))
    fs.closeSync(fd)
  }
}

function truncate(fd: number, length: number): void {
  try {
    fs.ftruncateSync(fd, length)
  } catch {
    // the rest is overwritten by the next write, or cut at the next start
  }
}
