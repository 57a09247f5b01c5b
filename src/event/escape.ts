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

// Places of the buffers that were used last: nearly always the block that was read and the frame that is open.
let fromBytes: Buffer = Buffer.alloc(0)
let fromAddress = 0
let toBytes = fromBytes
let toAddress = 0

/** The kernel's memory for text that lies elsewhere: so much of it at a time. Shorter text is not worth copying there and back. */
const PIECE = 2048
const WORTH = 48
const deskBytes = allocate(PIECE + SLACK + PIECE * ESCAPE_GROWTH)
const desk = addressOf(deskBytes)

/**
 * Writes the text at `[start, end)` of `from` as the inside of a JSON string (no quotes) at `at` of `to`, which has room
 * for `ESCAPE_GROWTH` times its length; what of that is not needed may be scribbled on. Returns the offset behind the
 * text. Bytes of 0x80 and above are copied.
 */
export function escapeText(from: Buffer, start: number, end: number, to: Buffer, at: number): number {
  if (kernel !== undefined) {
    if (from !== fromBytes) {
      fromBytes = from
      fromAddress = addressOf(from)
    }
    if (to !== toBytes) {
      toBytes = to
      toAddress = addressOf(to)
    }
    if (fromAddress !== 0 && toAddress !== 0) return kernel.escape(fromAddress + start, fromAddress + end, toAddress + at) - toAddress
    if (end - start >= WORTH && desk !== 0) return escapeOnDesk(kernel, from, start, end, to, at)
  }
  return escapeBytes(from, start, end, to, at)
}

function escapeOnDesk(by: Kernel, from: Buffer, start: number, end: number, to: Buffer, at: number): number {
  const written = desk + PIECE + SLACK
  for (let i = start; i < end; i += PIECE) {
    const length = Math.min(PIECE, end - i)
    from.copy(deskBytes, 0, i, i + length)
    at += deskBytes.copy(to, at, PIECE + SLACK, by.escape(desk, desk + length, written) - desk)
  }
  return at
}

/** Whatever a byte is, it is written in the same way; control characters other than \n and \t are rare, and the text is then written again. */
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
