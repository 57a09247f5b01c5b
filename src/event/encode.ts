/** A record's members as the text of a JSON object: the one place where ranges become bytes. */
import type { Constant } from './constant.ts'
import { copyRun } from './encoded.ts'
import { escapeText } from './escape.ts'
import { addressOf, kernel, SLACK, TABLE } from './kernel.ts'
import { CONSTANT, JSON_TEXT, RAW_TEXT, type Record, type Source } from './record.ts'

const QUOTE = 0x22
const COLON = 0x3a
const COMMA = 0x2c

/** Takes constants out of the body: `at` is where in the body one belongs. */
export interface ConstantSink {
  hole(at: number, constant: Constant): void
}

const HOLES = TABLE.holes >>> 2
const HOLE_LIST = TABLE.holeList >>> 2

/**
 * Bytes that `encodeBody` may need at the most, constants included; what of that is not needed may be scribbled on.
 * `holesOf` then says how many constants there are.
 */
export function bodyRoom(record: Record, first = 0): number {
  if (kernel !== undefined && record.address !== 0) {
    const { words } = record
    let room = kernel.room(record.address, record.count, first) + SLACK
    for (let h = words[HOLES]!; h-- > 0;) room += record.constants[words[HOLE_LIST + h * 2 + 1]!]!.bytes.length
    return room
  }
  const { count, kind, keyStart, keyEnd, valueStart, valueEnd } = record
  let room = 2
  let holes = 0
  for (let i = first; i < count; i++) {
    const length = valueEnd[i]! - valueStart[i]!
    room += keyEnd[i]! - keyStart[i]! + 4
    if (kind[i] === RAW_TEXT) room += length * 6 + 2
    else if (kind[i] === CONSTANT) {
      room += record.constants[i]!.bytes.length
      holes++
    } else room += length
  }
  record.words[HOLES] = holes
  return room
}

/** Constants of a record, counted by `bodyRoom`. */
export function holesOf(record: Record): number {
  return record.words[HOLES]!
}

// Where the buffer that was written to last lies: nearly always the frame that is open.
let lastOut: Buffer = Buffer.alloc(0)
let lastAddress = 0

/**
 * Writes the object of the members from `first` on, braces included, at `at` of `out`, which has `bodyRoom`. Constants go to `sink`, or in their place
 * when there is none. Returns the offset behind it.
 */
export function encodeBody(record: Record, out: Buffer, at: number, sink: ConstantSink | null, first = 0): number {
  if (kernel !== undefined && record.address !== 0) {
    if (out !== lastOut) {
      lastOut = out
      lastAddress = addressOf(out)
    }
    if (lastAddress !== 0) {
      const { words } = record
      const end = kernel.encode(record.address, record.count, first, lastAddress + at) - lastAddress
      const holes = words[HOLES]!
      if (holes === 0) return end
      if (sink !== null) {
        for (let h = 0; h < holes; h++) sink.hole(words[HOLE_LIST + h * 2]!, record.constants[words[HOLE_LIST + h * 2 + 1]!]!)
        return end
      }
    }
  }
  const { count, kind, keySource, keyStart, keyEnd, valueSource, valueStart, valueEnd } = record
  const body = at
  let p = at
  out[p++] = 0x7b
  for (let i = first; i < count; i++) {
    if (i > first) out[p++] = COMMA
    const valueKind = kind[i]
    const keys = record.bytes[keySource[i] as Source]
    const source = valueSource[i]!
    if (valueKind === JSON_TEXT && source === keySource[i] && standsInSource(record, i, keys)) {
      // `"key":value` stands in the source as it is needed here, and often so do the members behind it
      let last = i
      while (
        last + 1 < count && kind[last + 1] === JSON_TEXT && keySource[last + 1] === source && valueSource[last + 1] === source &&
        keyStart[last + 1] === valueEnd[last]! + 2 && keys[valueEnd[last]!] === COMMA && standsInSource(record, last + 1, keys)
      ) last++
      p = copyRun(keys, keyStart[i]! - 1, valueEnd[last]!, out, p)
      i = last
      continue
    }
    out[p++] = QUOTE
    p = copyRun(keys, keyStart[i]!, keyEnd[i]!, out, p)
    out[p++] = QUOTE
    out[p++] = COLON
    if (valueKind === JSON_TEXT) {
      p = copyRun(record.bytes[source as Source], valueStart[i]!, valueEnd[i]!, out, p)
    } else if (valueKind === RAW_TEXT) {
      out[p++] = QUOTE
      p = escapeText(record.bytes[source as Source], valueStart[i]!, valueEnd[i]!, out, p)
      out[p++] = QUOTE
    } else {
      const constant = record.constants[i]!
      if (sink === null) p = copyRun(constant.bytes, 0, constant.bytes.length, out, p)
      else sink.hole(p - body, constant)
    }
  }
  out[p++] = 0x7d
  return p
}

/** Whether key and value of a member stand as `"key":value`, without white space, in one buffer. A key may be the end of one there. */
function standsInSource(record: Record, index: number, bytes: Buffer): boolean {
  const end = record.keyEnd[index]!
  return record.valueStart[index] === end + 2 && bytes[end] === QUOTE && bytes[end + 1] === COLON &&
    bytes[record.keyStart[index]! - 1] === QUOTE
}
