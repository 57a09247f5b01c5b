/**
 * A chunk file of Fluent Bit's filesystem buffer (chunkio, `<storage.path>/<input>/<pid>-<sec>.<nsec>.flb`), as 1.8 to 5.1
 * write it. All numbers are big-endian:
 *
 *      0  C1 00                 22  length of the metadata, u16
 *      2  CRC-32, u32           24  metadata: F1 77, type, flags, tag[, 0, routes]; before 1.8 the tag alone
 *     10  length of content, u32    content: events as MessagePack, one after the other; behind it slack
 *
 * Files of old versions have no length of content, and in all of them the slack is zeros or what was overwritten.
 */

/** What the content is made of; 1 to 4 are metrics, traces, blobs and profiles. */
const LOGS = 0
const HEADER = 24

export interface Chunk {
  readonly tag: string
  readonly isLogs: boolean
  /** Offsets of the content in the file. */
  readonly start: number
  readonly end: number
}

/** Reads the head of a chunk file; a sentence when it is none. */
export function readChunk(bytes: Buffer): Chunk | string {
  if (bytes.length < HEADER || bytes[0] !== 0xc1 || bytes[1] !== 0) return 'it has no header of a chunk'
  const start = HEADER + bytes.readUInt16BE(22)
  if (start > bytes.length) return 'it ends within its metadata'
  const length = bytes.readUInt32BE(10)
  const end = length === 0 ? bytes.length : start + length
  if (end > bytes.length) return `it ends ${end - bytes.length} bytes before its content does`
  const metadata = bytes.subarray(HEADER, start)
  if (metadata.length < 4 || metadata[0] !== 0xf1 || metadata[1] !== 0x77) return { tag: metadata.toString(), isLogs: true, start, end }
  const zero = metadata[3] === 0 ? -1 : metadata.indexOf(0, 4)
  return { tag: metadata.toString('utf8', 4, zero < 0 ? metadata.length : zero), isLogs: metadata[2] === LOGS, start, end }
}
