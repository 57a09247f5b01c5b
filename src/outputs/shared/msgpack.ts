/**
 * Records as MessagePack, in the form of Fluent Bit and the forward protocol: `[[time, metadata], body]`, where the time
 * is extension type 0: seconds and nanoseconds, 32 bits each, big-endian. Made from JSON text without building values.
 *
 * Whole numbers of 64 bits are kept exactly; larger ones and those with a fraction or exponent become doubles.
 */
import type { Batch } from '../../event/batch.ts'
import { skipValue } from '../../event/json-scan.ts'
import type { ByteWriter } from '../../lib/byte-writer.ts'

const QUOTE = 0x22
const BACKSLASH = 0x5c

/** Appends one record. */
export function writeMsgpackRecord(batch: Batch, index: number, to: ByteWriter): void {
  packList(2, to)
  packList(2, to)
  packTime(batch.seconds(index), batch.nanos(index), to)
  const metadata = Buffer.from(batch.metadata(index) || '{}')
  writeValue(metadata, 0, metadata.length, to)
  const body = Buffer.from(batch.bodyText(index))
  writeValue(body, 0, body.length, to)
}

/** Appends a time as extension type 0. */
export function packTime(seconds: number, nanos: number, to: ByteWriter): void {
  to.reserve(10)
  to.bytes[to.length] = 0xd7
  to.bytes[to.length + 1] = 0
  to.bytes.writeUInt32BE(seconds, to.length + 2)
  to.length = to.bytes.writeUInt32BE(nanos, to.length + 6)
}

export function packText(text: string, to: ByteWriter): void {
  const bytes = Buffer.from(text)
  writeSize(bytes.length, 32, 0xa0, 0xd9, to)
  to.copy(bytes)
}

export function packBinary(bytes: Buffer, to: ByteWriter): void {
  to.reserve(bytes.length + 5)
  to.bytes[to.length] = 0xc6
  to.length = to.bytes.writeUInt32BE(bytes.length, to.length + 1)
  to.copy(bytes)
}

/** Appends the head of a list of so many items. */
export function packList(items: number, to: ByteWriter): void {
  writeSize(items, 16, 0x90, 0xdc, to)
}

/** Appends the head of a map of so many entries. */
export function packMap(entries: number, to: ByteWriter): void {
  writeSize(entries, 16, 0x80, 0xde, to)
}

/** Appends a whole number of at most 53 bits. */
export function packUnsigned(value: number, to: ByteWriter): void {
  to.reserve(9)
  writeWhole(String(value), to)
}

/** Appends the value whose JSON text begins at `start`; returns the offset behind it. */
export function writeValue(bytes: Buffer, start: number, end: number, to: ByteWriter): number {
  const after = skipValue(bytes, start, end)
  switch (bytes[start]) {
    case QUOTE: writeText(bytes, start, after, to); break
    case 0x7b: writeContainer(bytes, start, after, true, to); break
    case 0x5b: writeContainer(bytes, start, after, false, to); break
    case 0x74: to.byte(0xc3); break
    case 0x66: to.byte(0xc2); break
    case 0x6e: to.byte(0xc0); break
    default: writeNumber(bytes.toString('latin1', start, after), to)
  }
  return after
}

function writeText(bytes: Buffer, start: number, end: number, to: ByteWriter): void {
  const escape = bytes.indexOf(BACKSLASH, start)
  if (escape >= 0 && escape < end) {
    const text = Buffer.from(JSON.parse(bytes.toString('utf8', start, end)) as string)
    writeSize(text.length, 32, 0xa0, 0xd9, to)
    to.copy(text)
  } else {
    writeSize(end - start - 2, 32, 0xa0, 0xd9, to)
    to.copy(bytes, start + 1, end - 1)
  }
}

/** Writes the head of a text or container: in one byte below `small`, else with 8 (texts), 16 or 32 bits. */
function writeSize(size: number, small: number, tiny: number, wide: number, to: ByteWriter): void {
  to.reserve(5)
  if (size < small) to.bytes[to.length++] = tiny | size
  else if (tiny === 0xa0 && size < 0x100) {
    to.bytes[to.length] = wide
    to.bytes[to.length + 1] = size
    to.length += 2
  } else {
    const short = size < 0x1_0000
    to.bytes[to.length++] = wide + (tiny === 0xa0 ? 1 : 0) + (short ? 0 : 1)
    to.length = short ? to.bytes.writeUInt16BE(size, to.length) : to.bytes.writeUInt32BE(size, to.length)
  }
}

function writeContainer(bytes: Buffer, start: number, end: number, isObject: boolean, to: ByteWriter): void {
  writeSize(countItems(bytes, start, end, isObject), 16, isObject ? 0x80 : 0x90, isObject ? 0xde : 0xdc, to)
  let at = skipSpace(bytes, start + 1)
  while (at < end - 1) {
    at = writeValue(bytes, at, end, to)
    if (isObject) at = writeValue(bytes, skipSpace(bytes, skipSpace(bytes, at) + 1), end, to)
    at = skipSpace(bytes, skipSpace(bytes, at) + 1)
  }
}

function countItems(bytes: Buffer, start: number, end: number, isObject: boolean): number {
  let count = 0
  let at = skipSpace(bytes, start + 1)
  while (at < end - 1) {
    at = skipValue(bytes, at, end)
    if (isObject) at = skipValue(bytes, skipSpace(bytes, skipSpace(bytes, at) + 1), end)
    at = skipSpace(bytes, skipSpace(bytes, at) + 1)
    count++
  }
  return count
}

function skipSpace(bytes: Buffer, at: number): number {
  while (bytes[at] === 0x20 || bytes[at] === 0x0a || bytes[at] === 0x0d || bytes[at] === 0x09) at++
  return at
}

function writeNumber(text: string, to: ByteWriter): void {
  to.reserve(9)
  const whole = !/[.eE]/.test(text) && text !== '-0'
  if (whole && writeWhole(text, to)) return
  to.bytes[to.length] = 0xcb
  to.length = to.bytes.writeDoubleBE(Number(text), to.length + 1)
}

/** Writes a whole number in the least bytes; false when it has more than 64 bits. */
function writeWhole(text: string, to: ByteWriter): boolean {
  const out = to.bytes
  const at = to.length
  const value = Number(text)
  if (!Number.isSafeInteger(value)) {
    const exact = BigInt(text)
    if (exact > 0xffff_ffff_ffff_ffffn || exact < -0x8000_0000_0000_0000n) return false
    out[at] = exact < 0n ? 0xd3 : 0xcf
    to.length = exact < 0n ? out.writeBigInt64BE(exact, at + 1) : out.writeBigUInt64BE(exact, at + 1)
    return true
  }
  if (value >= 0) {
    if (value < 0x80) to.length = out.writeUInt8(value, at)
    else if (value < 0x100) to.length = out.writeUInt8(value, head(out, at, 0xcc))
    else if (value < 0x1_0000) to.length = out.writeUInt16BE(value, head(out, at, 0xcd))
    else if (value < 0x1_0000_0000) to.length = out.writeUInt32BE(value, head(out, at, 0xce))
    else to.length = out.writeBigUInt64BE(BigInt(value), head(out, at, 0xcf))
  } else if (value >= -0x20) to.length = out.writeInt8(value, at)
  else if (value >= -0x80) to.length = out.writeInt8(value, head(out, at, 0xd0))
  else if (value >= -0x8000) to.length = out.writeInt16BE(value, head(out, at, 0xd1))
  else if (value >= -0x8000_0000) to.length = out.writeInt32BE(value, head(out, at, 0xd2))
  else to.length = out.writeBigInt64BE(BigInt(value), head(out, at, 0xd3))
  return true
}

function head(out: Buffer, at: number, type: number): number {
  out[at] = type
  return at + 1
}
