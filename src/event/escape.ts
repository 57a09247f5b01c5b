/** JSON string escaping of bytes (RFC 8259, section 7): quote, backslash and the controls below 0x20. */

/** The most bytes that one byte becomes (`\u001f`). */
export const ESCAPE_GROWTH = 6

/** For each byte what follows the backslash; 0: the byte stands as it is; `u`: four hex digits follow. */
const AFTER_BACKSLASH = new Uint8Array(256)
const LETTER_U = 0x75
AFTER_BACKSLASH.fill(LETTER_U, 0, 0x20)
for (const [byte, letter] of [[8, 'b'], [9, 't'], [10, 'n'], [12, 'f'], [13, 'r'], [0x22, '"'], [0x5c, '\\']] as const) {
  AFTER_BACKSLASH[byte] = letter.charCodeAt(0)
}
/** From here on a call to copy is cheaper than a loop. */
const LONG_RUN = 48
const HEX_DIGITS = Buffer.from('0123456789abcdef')

/**
 * Writes the text at `[start, end)` of `from` as the inside of a JSON string (no quotes) at `at` of `to`, which has room
 * for `ESCAPE_GROWTH` times its length. Returns the offset behind it. Bytes of 0x80 and above are copied.
 */
export function escapeText(from: Buffer, start: number, end: number, to: Buffer, at: number): number {
  for (;;) {
    // Loops that only read, or only copy, run three times as fast as one that does both.
    let stop = start
    while (stop < end && AFTER_BACKSLASH[from[stop]!] === 0) stop++
    if (stop - start > LONG_RUN) {
      from.copy(to, at, start, stop)
      at += stop - start
    } else {
      while (start < stop) to[at++] = from[start++]!
    }
    if (stop === end) return at
    const byte = from[stop]!
    const letter = AFTER_BACKSLASH[byte]!
    to[at++] = 0x5c
    to[at++] = letter
    if (letter === LETTER_U) {
      to[at++] = 0x30
      to[at++] = 0x30
      to[at++] = HEX_DIGITS[byte >>> 4]!
      to[at++] = HEX_DIGITS[byte & 15]!
    }
    start = stop + 1
  }
}

/** Whether the text at `[start, end)` would change under `escapeText`. */
export function needsEscape(from: Buffer, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (AFTER_BACKSLASH[from[i]!] !== 0) return true
  return false
}
