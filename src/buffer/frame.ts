/**
 * A frame is one commit: encoded records of any number of files and tags, and the source ranges they came of, valid
 * whole or not at all. The buffer is a sequence of frames.
 *
 * All numbers little-endian:
 *
 *      0  u32  magic, "FTL1"
 *      4  u32  length of the frame in bytes, a multiple of 4
 *      8  u32  CRC-32 (IEEE) of bytes 12 to the end
 *     12  u32  offset of the directory
 *     16  u32  length of the directory
 *     20  u32  sequence number, low 32 bits
 *     24  u32  sequence number, high 32 bits
 *     28  u32  number of records
 *     32  records, as event/encoded.ts says
 *      …  constants, one behind the other
 *      …  directory: JSON, as `Directory` below; zeros to a multiple of 4
 *
 * Sequence numbers rise and are never used again; those missing on disk were of frames that only memory held. The
 * directory is JSON because there is one in a frame and a person with a broken disk can read it; what there is one of for
 * every record is binary.
 */
import { crc32 } from 'node:zlib'
import type { FrameView } from '../event/encoded.ts'
import type { InputTerms, OutputTerms } from '../event/ledger.ts'
import type { StreamIdentity } from '../event/stream.ts'

export const MAGIC = 0x314c5446
export const FRAME_HEADER = 32

export interface StreamEntry {
  readonly uid: string
  readonly generation: number
  /** Present when the stream is new to the log or its identity changed. */
  readonly identity?: StreamIdentity
  readonly closed?: true
  /** With `closed`: it is so when all below this offset is dealt with; until then what is missing is read again. */
  readonly end?: number
}

/** The part of an entry that says whether the stream is closed. */
export function closing({ closed, end }: { readonly closed: boolean; readonly end: number }): Pick<StreamEntry, 'closed' | 'end'> {
  return closed ? { closed: true, ...(end > 0 ? { end } : {}) } : {}
}

/** A run of records of one tag for the same outputs. Offsets in the frame. */
export type Section = readonly [start: number, end: number, records: number, tag: number, routes: number, firstSecond: number, lastSecond: number]

export interface Directory {
  readonly tags: readonly string[]
  /** Sets of output names; a section refers to one. */
  readonly routes: readonly (readonly string[])[]
  readonly streams: readonly StreamEntry[]
  readonly sections: readonly Section[]
  /** Source ranges covered: index of the stream, from, to. Sorted, not touching. */
  readonly ranges: readonly (readonly [stream: number, from: number, to: number])[]
  /** Byte ranges of the constants in the frame: start, end, start, end … */
  readonly constants: readonly number[]
  /** What this frame adds to the ledger, by input name (`held` is 0). */
  readonly ledger?: { readonly [input: string]: InputTerms }
  /** What outputs did with records that lay in memory only, by output name (`waiting` is 0). */
  readonly delivered?: { readonly [output: string]: OutputTerms }
  /** The frame begins a segment and repeats what came before it: its ranges and terms are totals (see snapshot.ts). */
  readonly snapshot?: Snapshot
}

export interface Snapshot {
  /** Names of the outputs that had a cursor. */
  readonly outputs: readonly string[]
  /** Which start of the machine it was, or empty when the system does not say. */
  readonly boot: string
  /** Segments not known to be on the disk for good: first sequence number, bytes of frames, corrupt frames known of. */
  readonly unsynced: readonly (readonly [first: number, length: number, corrupt: number])[]
}

export interface Frame extends FrameView {
  readonly directory: Directory
  readonly records: number
  /** Length of `bytes`. */
  readonly size: number
  /** Gives the memory back; nobody may read the frame after it. */
  release(): void
}

/** Why bytes are not a frame. */
export type FrameFault = 'torn' | 'magic' | 'checksum' | 'directory'

/** Length of the frame whose header lies at `at`, or 0 when there is no whole header or no magic. */
export function frameLength(bytes: Buffer, at: number): number {
  if (at + FRAME_HEADER > bytes.length || bytes.readUInt32LE(at) !== MAGIC) return 0
  return bytes.readUInt32LE(at + 4)
}

/**
 * Opens a frame that fills `bytes`, which begins at the start of its ArrayBuffer or at a multiple of 4 in it. The
 * checksum is verified unless `trusted`.
 */
export function readFrame(bytes: Buffer, trusted = false): Frame | FrameFault {
  if (bytes.length < FRAME_HEADER) return 'torn'
  if (bytes.readUInt32LE(0) !== MAGIC) return 'magic'
  if (bytes.readUInt32LE(4) !== bytes.length) return 'torn'
  if (!trusted && crc32(bytes.subarray(12)) !== bytes.readUInt32LE(8)) return 'checksum'
  const start = bytes.readUInt32LE(12)
  let directory: Directory
  try {
    directory = JSON.parse(bytes.toString('utf8', start, start + bytes.readUInt32LE(16))) as Directory
  } catch {
    return 'directory'
  }
  return makeFrame(bytes, directory, () => {})
}

/** A frame over finished bytes. */
export function makeFrame(bytes: Buffer, directory: Directory, release: () => void): Frame {
  return {
    sequence: bytes.readUInt32LE(24) * 0x1_0000_0000 + bytes.readUInt32LE(20),
    bytes,
    words: new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 2),
    tags: directory.tags,
    streams: directory.streams,
    constants: Uint32Array.from(directory.constants),
    directory,
    records: bytes.readUInt32LE(28),
    size: bytes.length,
    release
  }
}

/** The records of a frame under another directory, whose offsets are the same, and another sequence number. */
export function withDirectory(frame: Frame, directory: Directory, sequence: number): Buffer {
  const start = frame.bytes.readUInt32LE(12)
  const text = Buffer.from(JSON.stringify(directory))
  const bytes = Buffer.alloc((start + text.length + 3) & ~3)
  frame.bytes.copy(bytes, 0, 0, start)
  bytes.writeUInt32LE(bytes.length, 4)
  bytes.writeUInt32LE(text.length, 16)
  text.copy(bytes, start)
  sealFrame(bytes, sequence)
  return bytes
}

/** A frame without records that holds just this directory. */
export function encodeDirectory(directory: Directory, sequence: number): Buffer {
  const text = Buffer.from(JSON.stringify(directory))
  const bytes = Buffer.alloc((FRAME_HEADER + text.length + 3) & ~3)
  bytes.writeUInt32LE(MAGIC, 0)
  bytes.writeUInt32LE(bytes.length, 4)
  bytes.writeUInt32LE(FRAME_HEADER, 12)
  bytes.writeUInt32LE(text.length, 16)
  text.copy(bytes, FRAME_HEADER)
  sealFrame(bytes, sequence)
  return bytes
}

/**
 * Writes sequence number and checksum into a built frame: the last thing before it is stored. A frame that never leaves
 * memory needs no checksum.
 */
export function sealFrame(bytes: Buffer, sequence: number, checksum = true): void {
  bytes.writeUInt32LE(sequence % 0x1_0000_0000, 20)
  bytes.writeUInt32LE(Math.floor(sequence / 0x1_0000_0000), 24)
  if (checksum) bytes.writeUInt32LE(crc32(bytes.subarray(12)), 8)
}
