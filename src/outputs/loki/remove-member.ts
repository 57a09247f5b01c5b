/** Takes a member out of the text of a JSON object, with its key and one comma, the rest of the text as it was. */
const QUOTE = 0x22
const BACKSLASH = 0x5c
const COLON = 0x3a
const COMMA = 0x2c

/** `[start, end)` is the member's value. Returns the range to leave out; undefined when it is no member of an object. */
export function memberRange(bytes: Buffer, start: number, end: number): readonly [from: number, to: number] | undefined {
  let at = spaceBefore(bytes, start)
  if (bytes[at - 1] !== COLON) return undefined
  at = spaceBefore(bytes, at - 1) - 1
  if (bytes[at] !== QUOTE) return undefined
  do at = bytes.lastIndexOf(QUOTE, at - 1)
  while (at > 0 && isEscaped(bytes, at))
  const before = spaceBefore(bytes, at)
  const after = spaceBehind(bytes, end)
  if (bytes[after] === COMMA) return [at, spaceBehind(bytes, after + 1)]
  return bytes[before - 1] === COMMA ? [before - 1, end] : [at, end]
}

function isEscaped(bytes: Buffer, at: number): boolean {
  let count = 0
  while (bytes[at - 1 - count] === BACKSLASH) count++
  return count % 2 === 1
}

function spaceBefore(bytes: Buffer, at: number): number {
  while (at > 0 && isSpace(bytes[at - 1]!)) at--
  return at
}

function spaceBehind(bytes: Buffer, at: number): number {
  while (at < bytes.length && isSpace(bytes[at]!)) at++
  return at
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}
