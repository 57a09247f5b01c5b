/** One file that is followed, by its identity (device and inode); its path may change while it lives. */
import type { TagHandle } from '../../plugin/input.ts'
import type { Stream } from '../../event/stream.ts'
import type { FSWatcher } from 'node:fs'
import type { Decoder } from './encoding.ts'
import type { GzSource } from './gz-source.ts'
import type { LineHandler } from './handlers.ts'

/** Bytes before the offset that are compared at each read, to notice that the file was replaced in place. */
export const MARK = 64

/** Where its path leads: to it; nowhere or elsewhere, so that it must be read to its end; read to its end for good. */
export const ACTIVE = 0
export const RETIRED = 1
export const SETTLED = 2
export type State = 0 | 1 | 2

export class Followed {
  /** As it was found: what the tag and `path_key` say, for good. */
  readonly path: string
  /** Its path now, if it was renamed within the patterns. */
  name: string
  readonly device: string
  readonly inode: string
  stream: Stream
  handle: TagHandle | null = null
  handler: LineHandler | null = null
  decoder: Decoder | null = null
  gz: GzSource | null = null
  fd = -1
  state: State = ACTIVE
  /** Deleted: no name leads to it any more. */
  deleted = false
  /** Begin of the first line that is not taken yet. */
  offset = 0
  /** Up to here it was read; no newline lies between `offset` and this. */
  scanned = 0
  /** Where reading jumps (end of a hole), or Infinity. */
  limit = Infinity
  /** Ranges still to be read before what lies behind `limit`, ascending; the present one left out. */
  holes: [from: number, to: number][] = []
  /** Where to go on behind the last hole. */
  resumeAt = 0
  /** The `markLength` bytes before `offset`; in memory of its own, not a slice that keeps a block of 64 KB. */
  readonly mark: Buffer = Buffer.allocUnsafeSlow(MARK)
  markLength = 0
  /** Bytes and checksum of the file's head that the stream's identity tells it by. */
  headLength = 0
  headSum = 0
  /** When it was created, in nanoseconds; '0' where the file system does not say. */
  born = '0'
  /** What the file system said of its creation when it was opened, which only a later change of the file proves true. */
  made = '0'
  /** Its size when last looked at. */
  size = 0
  modified = 0
  /** Its size before it was seen to shrink; 0 when it was not. */
  shrunkFrom = 0
  watcher: FSWatcher | null = null
  /** In a queue of files to be read. */
  queued = false
  /** Waits for something before its first line (metadata of its tag). */
  paused = false
  /** Was read to its end after it was retired. */
  drained = false
  /** The file that had this path before: read first. */
  after: Followed | null = null
  retiredAt = 0
  /** When bytes last came, by `performance.now()`. */
  lastRead = 0
  checkedAt = 0
  /** A symbolic link leads to it. */
  link = false
  /** The path without links. */
  target = ''
  /** A `.gz` file. */
  compressed = false

  constructor(path: string, device: string, inode: string, stream: Stream) {
    this.path = path
    this.name = path
    this.device = device
    this.inode = inode
    this.stream = stream
  }

  /** Bytes known to be there and not taken yet. */
  get lag(): number {
    return this.compressed ? 0 : Math.max(0, this.size - this.offset)
  }

  /** Goes to the first of the ranges still to be read, or to `resumeAt`. */
  nextRange(): void {
    const hole = this.holes.shift()
    this.offset = hole === undefined ? this.resumeAt : hole[0]
    this.limit = hole === undefined ? Infinity : hole[1]
    this.scanned = this.offset
    this.markLength = 0
  }

  /** Takes note that everything before `offset` is taken; `block[at - …at)` are the bytes before it. */
  advance(offset: number, block: Buffer, at: number, from: number): void {
    this.offset = offset
    if (this.scanned < offset) this.scanned = offset
    const length = Math.min(MARK, at - from)
    block.copy(this.mark, 0, at - length, at)
    this.markLength = length
  }

  close(close: (fd: number) => void): void {
    if (this.fd >= 0) close(this.fd)
    this.fd = -1
    this.gz?.destroy()
    this.gz = null
    this.unwatch()
  }

  unwatch(): void {
    this.watcher?.close()
    this.watcher = null
  }
}

/** The text by which one file is told from others: device and inode. */
export function identityKey(device: string, inode: string): string {
  return device + ':' + inode
}
