/**
 * Validates JSON text (RFC 8259) and finds the top-level members of an object, as ranges, without building any value.
 * It accepts what `JSON.parse` accepts, to a depth of 128; the bytes must be valid UTF-8 (checked per block elsewhere).
 */
import { INVALID, kernel, TABLE, UNDECIDED } from './kernel.ts'
import { ARENA, JSON_TEXT, type Record, type Source } from './record.ts'

const MAX_DEPTH = 128

/** Bytes that end a run of plain string bytes: quote, backslash, controls. */
const STOPS = new Uint8Array(256)
/** Characters that may follow a backslash; 2 for `u`. */
const ESCAPES = new Uint8Array(256)
const HEX = new Uint8Array(256)
const SPACE = new Uint8Array(256)
for (let i = 0; i < 0x20; i++) STOPS[i] = 1
STOPS[0x22] = STOPS[0x5c] = 1
for (const c of '"\\/bfnrt') ESCAPES[c.charCodeAt(0)] = 1
ESCAPES[0x75] = 2
for (const c of '0123456789abcdefABCDEF') HEX[c.charCodeAt(0)] = 1
for (const c of ' \t\n\r') SPACE[c.charCodeAt(0)] = 1

const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d
const OPEN_ARRAY = 0x5b
const CLOSE_ARRAY = 0x5d
const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const ZERO = 0x30
const NINE = 0x39
const BLANK = 0x20

/** For each open container of a nested value: 1 an object, 0 an array. */
const nesting = new Uint8Array(MAX_DEPTH)
/** Set by `skipValue` when white space stands between the parts of the value. */
let spaced = false

/**
 * Appends the members of the JSON object that begins at `start` (white space before it allowed). A key that the record
 * or the object already has takes the later value in the earlier place.
 * Returns the offset behind the closing brace, or -1 with the record unchanged when this is not a valid object. With
 * `whole`, nothing but white space may follow it.
 */
export function scanObject(record: Record, source: Source, start: number, end: number, whole = false): number {
  const before = record.count
  if (kernel !== undefined && record.address !== 0) {
    const behind = kernel.scan(record.address, source, start, end, whole ? 1 : 0, before)
    if (behind >= 0) {
      record.count = record.words[TABLE.count >>> 2]!
      if (record.words[TABLE.repeated >>> 2] !== 0) mergeRepeated(record, before)
      return behind
    }
    if (behind !== UNDECIDED) return INVALID
  }
  const bytes = record.bytes[source]
  // as a local it is looked at once, not for every byte
  const stops = STOPS
  let at = skipSpace(bytes, start, end)
  if (at >= end || bytes[at] !== OPEN_OBJECT) return -1
  at = skipSpace(bytes, at + 1, end)
  if (at < end && bytes[at] === CLOSE_OBJECT) return whole && skipSpace(bytes, at + 1, end) < end ? -1 : at + 1
  while (at < end) {
    if (bytes[at] !== QUOTE) break
    const keyStart = at + 1
    let keyEnd = keyStart
    while (keyEnd < end && stops[bytes[keyEnd]!] === 0) keyEnd++
    if (keyEnd >= end) break
    const keyEscaped = bytes[keyEnd] !== QUOTE
    if (keyEscaped) {
      keyEnd = skipString(bytes, at, end) - 1
      if (keyEnd < 0) break
    }
    at = keyEnd + 1
    if (at < end && bytes[at] !== COLON) at = skipSpace(bytes, at, end)
    if (at >= end || bytes[at] !== COLON) break
    at++
    if (at < end && bytes[at]! <= BLANK) at = skipSpace(bytes, at, end)
    if (at >= end) break
    const valueStart = at
    const first = bytes[at]!
    let isSpaced = false
    if (first === QUOTE) {
      // the usual value, a string without escapes
      at++
      while (at < end && stops[bytes[at]!] === 0) at++
      if (at < end && bytes[at] === QUOTE) at++
      else at = skipString(bytes, valueStart, end)
    } else if (first <= NINE && first >= ZERO) at = skipNumber(bytes, at, end)
    else {
      at = skipValue(bytes, at, end)
      isSpaced = spaced
    }
    if (at < 0) break
    if (isSpaced) appendCompact(record, source, keyStart, keyEnd, valueStart, at, keyEscaped)
    else if (keyEscaped) appendEscapedKey(record, source, keyStart, keyEnd, source, valueStart, at)
    else record.appendRange(source, keyStart, keyEnd, source, valueStart, at, JSON_TEXT)
    if (at < end && bytes[at]! <= BLANK) at = skipSpace(bytes, at, end)
    if (at >= end) break
    const next = bytes[at]
    if (next === CLOSE_OBJECT) {
      if (whole && skipSpace(bytes, at + 1, end) < end) break
      mergeRepeated(record, before)
      return at + 1
    }
    if (next !== COMMA) break
    at++
    if (at < end && bytes[at]! <= BLANK) at = skipSpace(bytes, at, end)
  }
  record.count = before
  return -1
}

function skipSpace(bytes: Buffer, at: number, end: number): number {
  while (at < end && SPACE[bytes[at]!] === 1) at++
  return at
}

/** Keys are compared as bytes, so a key with escapes is brought into the one spelling that `JSON.stringify` gives. */
function appendEscapedKey(
  record: Record, source: Source, keyStart: number, keyEnd: number, valueSource: Source, valueStart: number, valueEnd: number
): void {
  const spelled = record.bytes[source].toString('utf8', keyStart - 1, keyEnd + 1)
  const start = record.addText(JSON.stringify(JSON.parse(spelled)).slice(1, -1))
  record.appendRange(ARENA, start, record.arenaLength, valueSource, valueStart, valueEnd, JSON_TEXT)
}

/**
 * Outputs write one record per line, and every byte is stored and sent: a value with white space between its parts is
 * copied without it.
 */
function appendCompact(
  record: Record, source: Source, keyStart: number, keyEnd: number, valueStart: number, valueEnd: number, keyEscaped: boolean
): void {
  const start = record.reserve(valueEnd - valueStart)
  const bytes = record.bytes[source]
  const arena = record.bytes[ARENA]
  let to = start
  for (let at = valueStart; at < valueEnd;) {
    const byte = bytes[at]!
    if (byte === QUOTE) {
      const end = skipString(bytes, at, valueEnd)
      while (at < end) arena[to++] = bytes[at++]!
      continue
    }
    if (SPACE[byte] === 0) arena[to++] = byte
    at++
  }
  record.used(to)
  if (keyEscaped) appendEscapedKey(record, source, keyStart, keyEnd, ARENA, start, to)
  else record.appendRange(source, keyStart, keyEnd, ARENA, start, to, JSON_TEXT)
}

/** For each small number made of a key's hash: in which call of `mergeRepeated` a key had it last. */
const seen = new Uint32Array(1024)
let call = 0

/** Lets the last of equal keys win, in the place of the first. */
export function mergeRepeated(record: Record, from: number): void {
  const { keyHash } = record
  call = (call + 1) >>> 0
  for (let i = 0; i < record.count; i++) {
    const hash = keyHash[i]!
    // only a key whose number was seen before can be a repeated one: that spares comparing each with each
    const number = (hash ^ (hash >>> 7) ^ (hash >>> 13)) & 1023
    const isNew = seen[number] !== call
    seen[number] = call
    if (isNew || i < from) continue
    for (let j = 0; j < i; j++) {
      if (keyHash[j] !== hash || !record.sameKeys(i, j)) continue
      record.takeValue(j, i)
      record.delete(i--)
      break
    }
  }
}

/** Offset behind the JSON value that begins at `start`, or -1 when it is not valid. */
export function skipValue(bytes: Buffer, start: number, end: number): number {
  let at = start
  let depth = 0
  spaced = false
  for (;;) {
    // a value is due
    if (at >= end) return -1
    const first = bytes[at]!
    if (first === QUOTE) {
      at = skipString(bytes, at, end)
      if (at < 0) return -1
    } else if (first === OPEN_OBJECT || first === OPEN_ARRAY) {
      if (depth === MAX_DEPTH - 1) return -1
      at++
      for (; at < end && SPACE[bytes[at]!] === 1; at++) spaced = true
      if (at < end && bytes[at] === (first === OPEN_OBJECT ? CLOSE_OBJECT : CLOSE_ARRAY)) at++
      else {
        nesting[depth++] = first === OPEN_OBJECT ? 1 : 0
        if (first === OPEN_OBJECT) {
          at = skipKey(bytes, at, end)
          if (at < 0) return -1
        }
        continue
      }
    } else {
      at = skipScalar(bytes, at, end, first)
      if (at < 0) return -1
    }
    // a value has ended: close what ends with it
    for (;;) {
      if (depth === 0) return at
      for (; at < end && SPACE[bytes[at]!] === 1; at++) spaced = true
      if (at >= end) return -1
      const next = bytes[at]!
      if (next === COMMA) {
        at++
        for (; at < end && SPACE[bytes[at]!] === 1; at++) spaced = true
        if (nesting[depth - 1] === 1) {
          at = skipKey(bytes, at, end)
          if (at < 0) return -1
        }
        break
      }
      if (next !== (nesting[depth - 1] === 1 ? CLOSE_OBJECT : CLOSE_ARRAY)) return -1
      depth--
      at++
    }
  }
}

/** From a key's opening quote to where its value begins. */
function skipKey(bytes: Buffer, start: number, end: number): number {
  if (start >= end || bytes[start] !== QUOTE) return -1
  let at = skipString(bytes, start, end)
  if (at < 0) return -1
  for (; at < end && SPACE[bytes[at]!] === 1; at++) spaced = true
  if (at >= end || bytes[at] !== COLON) return -1
  at++
  for (; at < end && SPACE[bytes[at]!] === 1; at++) spaced = true
  return at
}

function skipString(bytes: Buffer, start: number, end: number): number {
  const stops = STOPS
  let at = start + 1
  for (;;) {
    while (at < end && stops[bytes[at]!] === 0) at++
    if (at >= end) return -1
    const stop = bytes[at]!
    if (stop === QUOTE) return at + 1
    if (stop !== 0x5c || at + 1 >= end) return -1
    const kind = ESCAPES[bytes[at + 1]!]!
    if (kind === 1) at += 2
    else if (kind === 2 && at + 6 <= end && HEX[bytes[at + 2]!]! + HEX[bytes[at + 3]!]! + HEX[bytes[at + 4]!]! + HEX[bytes[at + 5]!]! === 4) at += 6
    else return -1
  }
}

function skipScalar(bytes: Buffer, start: number, end: number, first: number): number {
  if (first === 0x2d || isDigit(first)) return skipNumber(bytes, start, end)
  if (first === 0x74) return word(bytes, start, end, 'true')
  if (first === 0x66) return word(bytes, start, end, 'false')
  if (first === 0x6e) return word(bytes, start, end, 'null')
  return -1
}

function word(bytes: Buffer, start: number, end: number, text: string): number {
  if (start + text.length > end) return -1
  for (let i = 1; i < text.length; i++) if (bytes[start + i] !== text.charCodeAt(i)) return -1
  return start + text.length
}

function skipNumber(bytes: Buffer, start: number, end: number): number {
  let at = bytes[start] === 0x2d ? start + 1 : start
  if (at >= end || !isDigit(bytes[at]!)) return -1
  if (bytes[at] === ZERO) at++
  else while (at < end && isDigit(bytes[at]!)) at++
  if (at < end && bytes[at] === 0x2e) {
    at++
    if (at >= end || !isDigit(bytes[at]!)) return -1
    while (at < end && isDigit(bytes[at]!)) at++
  }
  if (at < end && (bytes[at] === 0x65 || bytes[at] === 0x45)) {
    at++
    if (at < end && (bytes[at] === 0x2b || bytes[at] === 0x2d)) at++
    if (at >= end || !isDigit(bytes[at]!)) return -1
    while (at < end && isDigit(bytes[at]!)) at++
  }
  return at
}

function isDigit(byte: number): boolean {
  return byte <= NINE && byte >= ZERO
}
