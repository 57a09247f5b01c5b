/** JSON string escaping of bytes (RFC 8259, section 7): quote, backslash and the controls below 0x20. */

import { copyRun } from './encoded.ts'

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
 * Writes the text at `[start, end)` of `from` as the inside of a JSON string (no quotes) at `at` of `to`, which has room
 * for `ESCAPE_GROWTH` times its length. Returns the offset behind it. Bytes of 0x80 and above are copied.
 *
 * Text that needs no escape is looked through and copied. From the first byte that does, every byte is written in the
 * same way, without a branch that a processor could guess wrong: JSON in a log line has a quote every five bytes. Control
 * characters other than \n and \t are rare, and the text is then written again.
 */
export function escapeText(from: Buffer, start: number, end: number, to: Buffer, at: number): number {
  let plain = start
  while (plain < end && WRITTEN[from[plain]!]! < 0x100) plain++
  at = copyRun(from, start, plain, to, at)
  const begin = at
  let seen = 0
  for (let i = plain; i < end; i++) {
    const written = WRITTEN[from[i]!]!
    seen |= written
    to[at] = 0x5c
    at += (written >>> 8) & 1
    to[at] = written
    at++
  }
  return (seen & 0x200) === 0 ? at : escapeControls(from, plain, end, to, begin)
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
