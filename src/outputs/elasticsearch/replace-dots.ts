/** Replaces the dots in the keys of JSON text by underscores, at every depth, in place: no byte moves. */
const QUOTE = 0x22
const BACKSLASH = 0x5c
const COLON = 0x3a
const DOT = 0x2e
const UNDERSCORE = 0x5f

/** `[start, end)` is valid JSON text, or a piece of it that begins and ends outside of strings. */
export function replaceDots(bytes: Buffer, start: number, end: number): void {
  for (let at = start; at < end; at++) {
    if (bytes[at] !== QUOTE) continue
    const open = at
    let dotted = false
    for (at++; at < end && bytes[at] !== QUOTE; at++) {
      if (bytes[at] === BACKSLASH) at++
      else if (bytes[at] === DOT) dotted = true
    }
    if (!dotted) continue
    let next = at + 1
    while (next < end && bytes[next]! <= 0x20) next++
    if (bytes[next] !== COLON) continue
    for (let i = open; i < at; i++) if (bytes[i] === DOT) bytes[i] = UNDERSCORE
  }
}
