/**
 * The index behind the frames of a complete segment. It repeats what the frames say, so that a start reads a few hundred
 * bytes of each segment; a segment without one is read whole. All numbers little-endian:
 *
 *      u32  magic "FTLI"
 *      JSON: one array for every frame with records: sequence, offset, length, oldest second, then for each output that
 *            it is for: slot, records, bytes
 *      JSON: `Summary`
 *      u32  length of the frames = offset of "FTLI"
 *      u32  length of the first JSON
 *      u32  CRC-32 of the first JSON
 *      u32  length of the second JSON
 *      u32  CRC-32 of the second JSON
 *      u32  magic "FTLX"
 */
import fs from 'node:fs'
import { crc32 } from 'node:zlib'

export const INDEX_MAGIC = 0x494c5446
const END_MAGIC = 0x584c5446
const TRAILER = 24

export interface FrameEntry {
  readonly sequence: number
  readonly offset: number
  readonly length: number
  readonly oldest: number
  /** For each output it is for: slot in the segment's table of outputs, records, bytes. */
  readonly shares: readonly number[]
}

export interface Summary {
  /** Highest sequence number. */
  readonly last: number
  /** Frames with records, and corrupt ones that the index leaves out. */
  readonly frames: number
  readonly corrupt: number
  /** The table of outputs: name, frames, records, bytes, oldest second. */
  readonly outputs: readonly (readonly [name: string, frames: number, records: number, bytes: number, oldest: number])[]
}

/** The index of a segment whose frames take `length` bytes. */
export function encodeIndex(length: number, frames: readonly FrameEntry[], summary: Summary): Buffer {
  const entries = Buffer.from(JSON.stringify(frames.map((e) => [e.sequence, e.offset, e.length, e.oldest, ...e.shares])))
  const text = Buffer.from(JSON.stringify(summary))
  const bytes = Buffer.alloc(4 + entries.length + text.length + TRAILER)
  bytes.writeUInt32LE(INDEX_MAGIC, 0)
  entries.copy(bytes, 4)
  text.copy(bytes, 4 + entries.length)
  const numbers = [length, entries.length, crc32(entries), text.length, crc32(text), END_MAGIC]
  numbers.forEach((number, i) => bytes.writeUInt32LE(number, bytes.length - TRAILER + i * 4))
  return bytes
}

/** Length of the frames as the index at the end of a whole segment says, or undefined when there is no index. */
export function indexedLength(segment: Buffer): number | undefined {
  if (segment.length < TRAILER) return undefined
  return readTrailer(segment.subarray(segment.length - TRAILER), segment.length)?.length
}

/** The summary, with the length of the frames and of the file; undefined when it cannot be trusted. */
export function readSummary(path: string): { summary: Summary, length: number, size: number } | undefined {
  const found = readPart(path, 'summary')
  return found === undefined ? undefined : { ...found, summary: JSON.parse(found.text) as Summary }
}

/** The frames, ascending; undefined when they cannot be trusted. */
export function readEntries(path: string): FrameEntry[] | undefined {
  const found = readPart(path, 'entries')
  if (found === undefined) return undefined
  return (JSON.parse(found.text) as number[][]).map(([sequence, offset, length, oldest, ...shares]) =>
    ({ sequence: sequence!, offset: offset!, length: length!, oldest: oldest!, shares }))
}

interface Part {
  readonly length: number
  readonly entries: { readonly at: number, readonly length: number, readonly checksum: number }
  readonly summary: { readonly at: number, readonly length: number, readonly checksum: number }
}

function readTrailer(trailer: Buffer, size: number): Part | undefined {
  const [length, entries, entriesChecksum, summary, summaryChecksum, magic] = Array.from({ length: 6 }, (_, i) =>
    trailer.readUInt32LE(i * 4)) as [number, number, number, number, number, number]
  if (magic !== END_MAGIC || length + 4 + entries + summary + TRAILER !== size) return undefined
  return {
    length,
    entries: { at: length + 4, length: entries, checksum: entriesChecksum },
    summary: { at: length + 4 + entries, length: summary, checksum: summaryChecksum }
  }
}

function readPart(path: string, name: 'entries' | 'summary'): { text: string, length: number, size: number } | undefined {
  const fd = fs.openSync(path, 'r')
  try {
    const { size } = fs.fstatSync(fd)
    const trailer = Buffer.alloc(TRAILER)
    if (size < TRAILER || fs.readSync(fd, trailer, 0, TRAILER, size - TRAILER) < TRAILER) return undefined
    const place = readTrailer(trailer, size)
    if (place === undefined) return undefined
    const { at, length, checksum } = place[name]
    const bytes = Buffer.alloc(length)
    if (fs.readSync(fd, bytes, 0, length, at) < length || crc32(bytes) !== checksum) return undefined
    return { text: bytes.toString(), length: place.length, size }
  } finally {
    fs.closeSync(fd)
  }
}
