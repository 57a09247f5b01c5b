/**
 * An encoded record, as it lies in a frame. All numbers little-endian; a record begins at a multiple of 4 bytes and its
 * size is one, padded with zeros.
 *
 *      0  u32  size of the record in bytes, header and padding included
 *      4  u32  seconds  \ Unix time
 *      8  u32  nanos    /
 *     12  u32  start, low 32 bits  \ where its source bytes begin in the stream
 *     16  u16  start, high 16 bits /
 *     18  u16  stream: index in the frame's table of streams
 *     20  u32  span: source bytes covered (end - start)
 *     24  u32  length of the body as stored, constants left out
 *     28  u16  ordinal: tells records made from the same bytes apart
 *     30  u8   number of holes
 *     31  u8   unused, 0
 *     32  holes, 8 bytes each: u32 offset in the body, u32 index of the constant that belongs there
 *      …  u16  length of the metadata, then the metadata (JSON object) and the body (JSON object), unaligned
 *
 * (uid of the stream, generation, start, end, ordinal) is the record's identity: the same after a restart, whatever was
 * read again.
 */
export const HEADER = 32
export const HOLE = 8
/** Offsets above as indices of 32-bit words. */
export const SIZE = 0
export const SECONDS = 1
export const NANOS = 2
export const START_LOW = 3
export const START_HIGH_AND_STREAM = 4
export const SPAN = 5
export const BODY_LENGTH = 6
export const ORDINAL_AND_HOLES = 7

/** Constants of a frame and its tables, as needed to read its records. */
export interface FrameView {
  readonly sequence: number
  readonly bytes: Buffer
  /** The same memory by 32-bit words; `bytes` begins at its start. */
  readonly words: Uint32Array
  readonly tags: readonly string[]
  readonly streams: readonly { readonly uid: string; readonly generation: number }[]
  /** Byte ranges of the constants, in `bytes`: start, end, start, end … */
  readonly constants: Uint32Array
}

/** Copies a run of bytes; short runs are cheaper one by one than a call. Returns the offset behind what was written. */
export function copyRun(from: Buffer, start: number, end: number, to: Buffer, at: number): number {
  if (end - start > 40) {
    from.copy(to, at, start, end)
    return at + end - start
  }
  while (start < end) to[at++] = from[start++]!
  return at
}
