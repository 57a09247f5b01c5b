/**
 * The loops over single bytes that cost most, in AssemblyScript: WebAssembly looks at 16 bytes at once. Written by
 * `node scripts/kernel.ts` into src/event/kernel-code.ts; src/event/kernel.ts says what each function promises.
 *
 * All addresses are absolute. A record's table of members lies in this memory (`TABLE` in src/event/kernel.ts has the same offsets).
 * Up to 15 bytes behind a text are read and behind what is written are scribbled on: callers leave that room.
 */

// The table of a record; JavaScript reads and writes it too.
const BASES: usize = 0
const COUNT: usize = 12
const REPEATED: usize = 16
const HOLES: usize = 20
const KEY_START: usize = 64
const KEY_END: usize = 320
const KEY_HASH: usize = 576
const VALUE_START: usize = 832
const VALUE_END: usize = 1088
const HOLE_LIST: usize = 1344
const KEY_SOURCE: usize = 1856
const VALUE_SOURCE: usize = 1920
const KIND: usize = 1984
const MOST: i32 = 64

const JSON_TEXT: u8 = 0
const RAW_TEXT: u8 = 1

const QUOTE: u8 = 0x22
const COMMA: u8 = 0x2c
const COLON: u8 = 0x3a
const BACKSLASH: u8 = 0x5c
const OPEN_OBJECT: u8 = 0x7b
const CLOSE_OBJECT: u8 = 0x7d
const OPEN_ARRAY: u8 = 0x5b
const CLOSE_ARRAY: u8 = 0x5d

// What `scan` answers besides an offset.
const INVALID: i32 = -1
const UNDECIDED: i32 = -2

const MAX_DEPTH: i32 = 128

// Tables, at fixed places: what AssemblyScript itself keeps lies behind them.

/** For each set of 8 bits: which of 8 bytes goes where when a backslash goes before each one of the set, and how many they are then. */
const SPREAD: usize = 1024
const SPREAD_SIZE: usize = 5120
/** What follows the backslash of a control character; 0 where four hex digits do. */
const LETTER: usize = 5376
/** 1 for each character that may follow a backslash. */
const ESCAPE: usize = 5408
/** For each small number made of a key's hash: in which call a key had it last. */
const SEEN: usize = 5696
/** For each open container of a value: 1 an object, 0 an array. */
const NESTING: usize = 9792

let call: u32 = 0

/** Fills the tables; called once. */
export function prepare(): void {
  for (let set: usize = 0; set < 256; set++) {
    const row = SPREAD + (set << 4)
    let n: usize = 0
    for (let bit: usize = 0; bit < 8; bit++) {
      if ((set >> bit) & 1) store<u8>(row + n++, 0x80)
      store<u8>(row + n++, bit as u8)
    }
    store<u8>(SPREAD_SIZE + set, n as u8)
  }
  store<u8>(LETTER + 8, 0x62)
  store<u8>(LETTER + 9, 0x74)
  store<u8>(LETTER + 10, 0x6e)
  store<u8>(LETTER + 12, 0x66)
  store<u8>(LETTER + 13, 0x72)
  // `"`, `\`, `/`, b, f, n, r, t
  store<u8>(ESCAPE + 0x22, 1)
  store<u8>(ESCAPE + 0x5c, 1)
  store<u8>(ESCAPE + 0x2f, 1)
  store<u8>(ESCAPE + 0x62, 1)
  store<u8>(ESCAPE + 0x66, 1)
  store<u8>(ESCAPE + 0x6e, 1)
  store<u8>(ESCAPE + 0x72, 1)
  store<u8>(ESCAPE + 0x74, 1)
}

// ---- text into the inside of a JSON string

export function escape(from: usize, end: usize, to: usize): usize {
  while (from + 16 <= end) {
    const text = v128.load(from)
    const set = i8x16.bitmask(stops(text)) as usize
    if (set == 0) {
      v128.store(to, text)
      to += 16
    } else if (v128.any_true(i8x16.lt_u(text, i8x16.splat(0x20)))) {
      to = escapeBytes(from, from + 16, to)
    } else {
      to = spreadOut(text, set & 255, to)
      to = spreadOut(v128.load(from + 8), set >> 8, to)
    }
    from += 16
  }
  return escapeBytes(from, end, to)
}

/** Writes the first 8 bytes of a text, a backslash before each one of the set. */
// @ts-ignore: decorator
@inline function spreadOut(text: v128, set: usize, to: usize): usize {
  const places = v128.load(SPREAD + (set << 4))
  v128.store(to, v128.or(i8x16.swizzle(text, places), v128.and(i8x16.lt_s(places, i8x16.splat(0)), i8x16.splat(BACKSLASH))))
  return to + load<u8>(SPREAD_SIZE + set)
}

function escapeBytes(from: usize, end: usize, to: usize): usize {
  for (; from < end; from++) {
    const byte = load<u8>(from)
    if (byte >= 0x20) {
      store<u8>(to, BACKSLASH)
      to += (byte == QUOTE || byte == BACKSLASH) as usize
      store<u8>(to++, byte)
      continue
    }
    store<u8>(to, BACKSLASH)
    const letter = load<u8>(LETTER + byte)
    if (letter != 0) {
      store<u8>(to + 1, letter)
      to += 2
      continue
    }
    store<u32>(to + 1, 0x30303075)
    store<u8>(to + 4, 0x30 | (byte >> 4))
    const low: u8 = byte & 15
    store<u8>(to + 5, low < 10 ? 0x30 + low : 0x57 + low)
    to += 6
  }
  return to
}

// @ts-ignore: decorator
@inline function stops(text: v128): v128 {
  return v128.or(
    v128.or(i8x16.eq(text, i8x16.splat(QUOTE)), i8x16.eq(text, i8x16.splat(BACKSLASH))),
    i8x16.lt_u(text, i8x16.splat(0x20))
  )
}

// ---- members of a JSON object

export function scan(record: usize, source: u32, start: u32, end: u32, whole: bool, count: i32): i32 {
  const base = load<u32>(record + (source << 2), BASES) as usize
  const limit = base + end
  let at = skipSpace(base + start, limit)
  if (at >= limit || load<u8>(at) != OPEN_OBJECT) return INVALID
  store<u32>(record, 0, REPEATED)
  store<u32>(record, count, COUNT)
  at = skipSpace(at + 1, limit)
  if (at < limit && load<u8>(at) == CLOSE_OBJECT) return whole && skipSpace(at + 1, limit) < limit ? INVALID : (at + 1 - base) as i32
  const before = count
  while (at < limit) {
    if (load<u8>(at) != QUOTE) return INVALID
    const keyStart = at + 1
    const keyEnd = firstStop(keyStart, limit)
    if (keyEnd >= limit) return INVALID
    if (load<u8>(keyEnd) != QUOTE) return UNDECIDED
    at = skipSpace(keyEnd + 1, limit)
    if (at >= limit || load<u8>(at) != COLON) return INVALID
    at = skipSpace(at + 1, limit)
    if (at >= limit) return INVALID
    const valueStart = at
    at = skipValue(at, limit)
    if (at <= SPACED) return at == SPACED ? UNDECIDED : INVALID
    if (count == MOST) return UNDECIDED
    const row = record + ((count as usize) << 2)
    const length = (keyEnd - keyStart) as u32
    store<u32>(row, (keyStart - base) as u32, KEY_START)
    store<u32>(row, (keyEnd - base) as u32, KEY_END)
    store<u32>(row, length == 0 ? 0 : (length << 16) | ((load<u8>(keyStart) as u32) << 8) | load<u8>(keyEnd - 1), KEY_HASH)
    store<u32>(row, (valueStart - base) as u32, VALUE_START)
    store<u32>(row, (at - base) as u32, VALUE_END)
    store<u8>(record + count, source as u8, KEY_SOURCE)
    store<u8>(record + count, source as u8, VALUE_SOURCE)
    store<u8>(record + count, JSON_TEXT, KIND)
    count++
    at = skipSpace(at, limit)
    if (at >= limit) return INVALID
    const next = load<u8>(at)
    if (next == CLOSE_OBJECT) {
      if (whole && skipSpace(at + 1, limit) < limit) return INVALID
      store<u32>(record, count, COUNT)
      store<u32>(record, mayRepeat(record, before, count) as u32, REPEATED)
      return (at + 1 - base) as i32
    }
    if (next != COMMA) return INVALID
    at = skipSpace(at + 1, limit)
  }
  return INVALID
}

/** Whether one of the members from `before` on may have the key of another. */
function mayRepeat(record: usize, before: i32, count: i32): bool {
  call++
  let repeated = false
  for (let i = 0; i < count; i++) {
    const hash = load<u32>(record + ((i as usize) << 2), KEY_HASH)
    const seen = SEEN + ((((hash ^ (hash >>> 7) ^ (hash >>> 13)) & 1023) as usize) << 2)
    if (i >= before && load<u32>(seen) == call) repeated = true
    store<u32>(seen, call)
  }
  return repeated
}

// @ts-ignore: decorator
@inline function isSpace(byte: u8): bool {
  return byte <= 0x20 && (byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09)
}

// @ts-ignore: decorator
@inline function skipSpace(at: usize, limit: usize): usize {
  while (at < limit && isSpace(load<u8>(at))) at++
  return at
}

/** The first quote, backslash or control character, or `limit` or an address behind it. */
// @ts-ignore: decorator
@inline function firstStop(at: usize, limit: usize): usize {
  while (at < limit) {
    const set = i8x16.bitmask(stops(v128.load(at)))
    if (set != 0) return at + (ctz(set) as usize)
    at += 16
  }
  return limit
}

/** What stands for an address where the text is not valid JSON, or has white space between the parts of a value. */
const NOWHERE: usize = 0
const SPACED: usize = 1

/** Behind the value at `at`. */
function skipValue(at: usize, limit: usize): usize {
  let depth = 0
  while (true) {
    if (at >= limit) return NOWHERE
    const first = load<u8>(at)
    if (first == QUOTE) {
      at = skipString(at + 1, limit)
      if (at == NOWHERE) return NOWHERE
    } else if (first == OPEN_OBJECT || first == OPEN_ARRAY) {
      if (depth == MAX_DEPTH - 1) return NOWHERE
      if (++at >= limit) return NOWHERE
      const next = load<u8>(at)
      if (isSpace(next)) return SPACED
      if (next == (first == OPEN_OBJECT ? CLOSE_OBJECT : CLOSE_ARRAY)) at++
      else {
        store<u8>(NESTING + depth++, first == OPEN_OBJECT ? 1 : 0)
        if (first == OPEN_OBJECT) {
          at = skipKey(at, limit)
          if (at <= SPACED) return at
        }
        continue
      }
    } else {
      at = skipScalar(at, limit, first)
      if (at == NOWHERE) return NOWHERE
    }
    // a value has ended: close what ends with it
    while (true) {
      if (depth == 0) return at
      if (at >= limit) return NOWHERE
      const next = load<u8>(at)
      if (isSpace(next)) return SPACED
      const isObject = load<u8>(NESTING + depth - 1) == 1
      at++
      if (next == COMMA) {
        if (at < limit && isSpace(load<u8>(at))) return SPACED
        if (isObject) {
          at = skipKey(at, limit)
          if (at <= SPACED) return at
        }
        break
      }
      if (next != (isObject ? CLOSE_OBJECT : CLOSE_ARRAY)) return NOWHERE
      depth--
    }
  }
}

/** From a key's opening quote to where its value begins. */
function skipKey(at: usize, limit: usize): usize {
  if (at >= limit || load<u8>(at) != QUOTE) return NOWHERE
  at = skipString(at + 1, limit)
  if (at == NOWHERE || at >= limit) return NOWHERE
  if (isSpace(load<u8>(at))) return SPACED
  if (load<u8>(at) != COLON) return NOWHERE
  at++
  return at < limit && isSpace(load<u8>(at)) ? SPACED : at
}

/** Behind the closing quote of the string whose inside begins at `at`. */
function skipString(at: usize, limit: usize): usize {
  while (true) {
    at = firstStop(at, limit)
    if (at >= limit) return NOWHERE
    const stop = load<u8>(at)
    if (stop == QUOTE) return at + 1
    if (stop != BACKSLASH || at + 1 >= limit) return NOWHERE
    const letter = load<u8>(at + 1)
    if (load<u8>(ESCAPE + letter) == 1) at += 2
    else if (letter == 0x75 && at + 6 <= limit && isHex(at + 2) && isHex(at + 3) && isHex(at + 4) && isHex(at + 5)) at += 6
    else return NOWHERE
  }
}

// @ts-ignore: decorator
@inline function isHex(at: usize): bool {
  const byte = load<u8>(at)
  const lower: u8 = byte | 0x20
  return (byte >= 0x30 && byte <= 0x39) || (lower >= 0x61 && lower <= 0x66)
}

// @ts-ignore: decorator
@inline function isDigit(at: usize): bool {
  return load<u8>(at) - 0x30 < 10
}

function skipScalar(at: usize, limit: usize, first: u8): usize {
  if (first == 0x2d || isDigit(at)) return skipNumber(at, limit)
  // `true`, `null`, and `alse` of `false`
  if (first == 0x74) return at + 4 <= limit && load<u32>(at) == 0x65757274 ? at + 4 : NOWHERE
  if (first == 0x6e) return at + 4 <= limit && load<u32>(at) == 0x6c6c756e ? at + 4 : NOWHERE
  if (first == 0x66) return at + 5 <= limit && load<u32>(at + 1) == 0x65736c61 ? at + 5 : NOWHERE
  return NOWHERE
}

function skipNumber(at: usize, limit: usize): usize {
  if (load<u8>(at) == 0x2d) at++
  if (at >= limit || !isDigit(at)) return NOWHERE
  if (load<u8>(at) == 0x30) at++
  else while (at < limit && isDigit(at)) at++
  if (at < limit && load<u8>(at) == 0x2e) {
    at++
    if (at >= limit || !isDigit(at)) return NOWHERE
    while (at < limit && isDigit(at)) at++
  }
  if (at < limit && (load<u8>(at) | 0x20) == 0x65) {
    at++
    if (at < limit && (load<u8>(at) == 0x2b || load<u8>(at) == 0x2d)) at++
    if (at >= limit || !isDigit(at)) return NOWHERE
    while (at < limit && isDigit(at)) at++
  }
  return at
}

// ---- the record as the text of a JSON object

export function room(record: usize, count: i32, first: i32): u32 {
  let size: u32 = 2
  let holes: u32 = 0
  for (let i: usize = first; i < (count as usize); i++) {
    const row = record + (i << 2)
    const length = load<u32>(row, VALUE_END) - load<u32>(row, VALUE_START)
    const kind = load<u8>(record + i, KIND)
    size += load<u32>(row, KEY_END) - load<u32>(row, KEY_START) + 4
    if (kind == JSON_TEXT) size += length
    else if (kind == RAW_TEXT) size += length * 6 + 2
    else store<u32>(record + (holes++ << 3), i as u32, HOLE_LIST + 4)
  }
  store<u32>(record, holes, HOLES)
  return size
}

export function encode(record: usize, count: i32, first: i32, out: usize): usize {
  let at = out + 1
  let holes: usize = 0
  store<u8>(out, OPEN_OBJECT)
  const end = count as usize
  for (let i: usize = first; i < end; i++) {
    const row = record + (i << 2)
    const kind = load<u8>(record + i, KIND)
    const source = load<u8>(record + i, VALUE_SOURCE)
    const keySource = load<u8>(record + i, KEY_SOURCE)
    const keys = load<u32>(record + ((keySource as usize) << 2), BASES) as usize
    const values = load<u32>(record + ((source as usize) << 2), BASES) as usize
    if (i != (first as usize)) store<u8>(at++, COMMA)
    if (kind == JSON_TEXT && source == keySource && standsInSource(row, keys)) {
      // `"key":value` stands in the source as it is needed here, and often so do the members behind it
      const from = keys + load<u32>(row, KEY_START) - 1
      let last = row
      while (i + 1 < end) {
        const next = last + 4
        const member = record + i + 1
        if (
          load<u8>(member, KIND) != JSON_TEXT || load<u8>(member, KEY_SOURCE) != source || load<u8>(member, VALUE_SOURCE) != source ||
          load<u32>(next, KEY_START) != load<u32>(last, VALUE_END) + 2 || load<u8>(keys + load<u32>(last, VALUE_END)) != COMMA ||
          !standsInSource(next, keys)
        ) break
        last = next
        i++
      }
      at = copy(from, keys + load<u32>(last, VALUE_END), at)
      continue
    }
    store<u8>(at, QUOTE)
    at = copy(keys + load<u32>(row, KEY_START), keys + load<u32>(row, KEY_END), at + 1)
    store<u16>(at, 0x3a22)
    at += 2
    if (kind == JSON_TEXT) at = copy(values + load<u32>(row, VALUE_START), values + load<u32>(row, VALUE_END), at)
    else if (kind == RAW_TEXT) {
      store<u8>(at, QUOTE)
      at = escape(values + load<u32>(row, VALUE_START), values + load<u32>(row, VALUE_END), at + 1)
      store<u8>(at++, QUOTE)
    } else {
      store<u32>(record + (holes << 3), (at - out) as u32, HOLE_LIST)
      store<u32>(record + (holes << 3), i as u32, HOLE_LIST + 4)
      holes++
    }
  }
  store<u8>(at, CLOSE_OBJECT)
  store<u32>(record, holes as u32, HOLES)
  return at + 1
}

/** Whether key and value of a member stand as `"key":value`, without white space, in one buffer. */
// @ts-ignore: decorator
@inline function standsInSource(row: usize, bytes: usize): bool {
  const end = load<u32>(row, KEY_END)
  return load<u32>(row, VALUE_START) == end + 2 && load<u16>(bytes + end) == 0x3a22 && load<u8>(bytes + load<u32>(row, KEY_START) - 1) == QUOTE
}

// @ts-ignore: decorator
@inline function copy(from: usize, end: usize, to: usize): usize {
  const behind = to + (end - from)
  for (; from < end; from += 16, to += 16) v128.store(to, v128.load(from))
  return behind
}
