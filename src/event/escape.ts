/** JSON string escaping of bytes (RFC 8259, section 7): quote, backslash and the controls below 0x20. */

import { SLACK, addressOf, allocate, kernel, type Kernel } from './kernel.ts'

/** The most bytes that one byte becomes (`\u001f`). */
export const ESCAPE_GROWTH = 6

/**
 * For each byte what is written for it: the byte or what follows the backslash in the low 8 bits, 0x100 when a backslash
 * goes before it, 0x200 when four hex digits follow.
 */
const WRITTEN = Uint16Array.from({ length: 256 }, (_, byte) => (byte < 0x20 ? 0x300 | 0x75 : byte))
for (const [byte, letter] of [[8, 'b'], [9, 't'], [10, 'n'], [12, 'f'], [13, 'r'], [0x22, '"'], [0x5c, '\\']] as const) {
  WRITTEN[byte] = 0x100 | letter.charCodeAt(0)
}
const HEX_DIGITS = Buffer.from('0123456789abcdef')

/**
 * For two bytes of ASCII, the first one in the low half, what is written for them as little-endian bytes, and how many
 * these are; 0x80 when one of them is a control character that needs hex digits.
 */
const PAIRS = new Uint32Array(0x8000)
const LENGTHS = new Uint8Array(0x8000)
fillPairs()

/** Row by row, by what is native already: a loop over all pairs would bring in the compilers at every start, 8 MB of them. */
function fillPairs(): void {
  const bytes = Buffer.from(PAIRS.buffer)
  const text = (code: number): string => (code < 0x100 ? '' : '\\') + String.fromCharCode(code & 0xff)
  const length = (code: number): number => (1 + ((code >>> 8) & 1)) | ((code & 0x200) >>> 2)
  const ascii = WRITTEN.subarray(0, 0x80)
  // the second byte goes where \xff is
  const row = Array.from(ascii, (first) => `${text(first)}\xff`.padEnd(4, '\0')).join('')
  const firsts = Uint8Array.from(ascii, length)
  const rows = new Map([0, 0x100, 0x300].map((kind) => [kind, firsts.map((first) => (first & 7) + (length(kind) & 7) | ((first | length(kind)) & 0x80))]))
  ascii.forEach((written, second) => {
    bytes.write(row.replaceAll('\xff\0', text(written).padEnd(2, '\0')), second << 10, 'latin1')
    LENGTHS.set(rows.get(written & 0x300)!, second << 8)
  })
}

// Views on, and places of, the buffers that were used last: nearly always the block that was read and the frame that is open.
let fromBytes: Buffer = Buffer.alloc(0)
let fromView = new DataView(fromBytes.buffer)
let fromAddress = 0
let toBytes = fromBytes
let toView = fromView
let toAddress = 0

/**
 * Writes the text at `[start, end)` of `from` as the inside of a JSON string (no quotes) at `at` of `to`, which has room
 * for `ESCAPE_GROWTH` times its length; what of that is not needed may be scribbled on. Returns the offset behind the
 * text. Bytes of 0x80 and above are copied.
 *
 * Two bytes at a time are looked up and written in the same way whatever they are, without a branch that a processor
 * could guess wrong: JSON in a log line has a quote every five bytes. From the first byte that is not ASCII on it is one
 * byte at a time. Control characters other than \n and \t are rare, and the text is then written again.
 */
export function escapeText(from: Buffer, start: number, end: number, to: Buffer, at: number): number {
  if (from !== fromBytes) {
    fromBytes = from
    fromView = new DataView(from.buffer, from.byteOffset, from.length)
    fromAddress = addressOf(from)
  }
  if (to !== toBytes) {
    toBytes = to
    toView = new DataView(to.buffer, to.byteOffset, to.length)
    toAddress = addressOf(to)
  }
  if (kernel !== undefined && fromAddress !== 0 && toAddress !== 0) {
    return kernel.escape(fromAddress + start, fromAddress + end, toAddress + at) - toAddress
  }
  if (kernel !== undefined && end - start >= WORTH && desk !== 0) return escapeOnDesk(kernel, from, start, end, to, at)
  // as locals they are looked at once, not in every turn
  const source = fromView
  const target = toView
  const pairs = PAIRS
  const lengths = LENGTHS
  const begin = at
  const last = end - 1
  let controls = 0
  let i = start
  for (; i < last; i += 2) {
    const pair = source.getUint16(i, true)
    if ((pair & 0x8080) !== 0) break
    target.setUint32(at, pairs[pair]!, true)
    const length = lengths[pair]!
    controls |= length
    at += length & 7
  }
  if ((controls & 0x80) !== 0) return escapeControls(from, start, end, to, begin)
  return i === end ? at : escapeBytes(from, i, end, to, at)
}

/** The kernel's memory for text that lies elsewhere: so much of it at a time. Shorter text is not worth copying there and back. */
const PIECE = 2048
const WORTH = 48
let deskBytes: Buffer | undefined
let desk = -1

function escapeOnDesk(by: Kernel, from: Buffer, start: number, end: number, to: Buffer, at: number): number {
  if (deskBytes === undefined) desk = addressOf((deskBytes = allocate(PIECE + SLACK + PIECE * ESCAPE_GROWTH)))
  // no room: from now on JavaScript does it
  if (desk === 0) return escapeText(from, start, end, to, at)
  const bytes = deskBytes
  const written = desk + PIECE + SLACK
  for (let i = start; i < end; i += PIECE) {
    const length = Math.min(PIECE, end - i)
    from.copy(bytes, 0, i, i + length)
    at += bytes.copy(to, at, PIECE + SLACK, by.escape(desk, desk + length, written) - desk)
  }
  return at
}

function escapeBytes(from: Buffer, start: number, end: number, to: Buffer, at: number): number {
  const table = WRITTEN
  const begin = at
  let seen = 0
  for (let i = start; i < end; i++) {
    const written = table[from[i]!]!
    seen |= written
    to[at] = 0x5c
    at += (written >>> 8) & 1
    to[at] = written
    at++
  }
  return (seen & 0x200) === 0 ? at : escapeControls(from, start, end, to, begin)
}

function escapeControls(from: Buffer, start: number, end: number, to: Buffer, at: number): number {
  for (let i = start; i < end; i++) {
    const byte = from[i]!
    const written = WRITTEN[byte]!
    if ((written & 0x100) !== 0) to[at++] = 0x5c
    to[at++] = written
    if ((written & 0x200) === 0) continue
    to[at++] = 0x30
    to[at++] = 0x30
    to[at++] = HEX_DIGITS[byte >>> 4]!
    to[at++] = HEX_DIGITS[byte & 15]!
  }
  return at
}

/** Whether the text at `[start, end)` would change under `escapeText`. */
export function needsEscape(from: Buffer, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (WRITTEN[from[i]!]! > 0xff) return true
  return false
}
