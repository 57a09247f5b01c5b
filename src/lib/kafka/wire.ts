/**
 * The primitive types of the Kafka protocol (https://kafka.apache.org/protocol, "Protocol Primitive Types"): big-endian
 * numbers, strings and bytes behind their lengths, -1 for null, variable-length numbers in zigzag form. Only the classic
 * encoding: every request that we make has a version with it that Kafka 1.0 to 4 understand.
 */
import { ByteWriter } from '../byte-writer.ts'

export class WireWriter extends ByteWriter {
  int8(value: number): void {
    this.reserve(1)
    this.length = this.bytes.writeInt8(value, this.length)
  }

  int16(value: number): void {
    this.reserve(2)
    this.length = this.bytes.writeInt16BE(value, this.length)
  }

  int32(value: number): void {
    this.reserve(4)
    this.length = this.bytes.writeInt32BE(value, this.length)
  }

  int64(value: number): void {
    this.reserve(8)
    writeInt64(value, this.bytes, this.length)
    this.length += 8
  }

  boolean(value: boolean): void {
    this.byte(value ? 1 : 0)
  }

  /** A string, or null. */
  string(value: string | null): void {
    if (value === null) return this.int16(-1)
    this.int16(Buffer.byteLength(value))
    this.text(value)
  }

  /** Bytes behind their length, or null. */
  blob(value: Uint8Array | null): void {
    if (value === null) return this.int32(-1)
    this.int32(value.length)
    this.reserve(value.length)
    this.bytes.set(value, this.length)
    this.length += value.length
  }

  array<T>(items: readonly T[], write: (item: T) => void): void {
    this.int32(items.length)
    for (const item of items) write(item)
  }
}

/** What was read makes no sense: lengths beyond the end, a number too large. */
export class WireError extends Error {}

export class WireReader {
  readonly bytes: Buffer
  at: number
  readonly end: number

  constructor(bytes: Buffer, at = 0, end = bytes.length) {
    this.bytes = bytes
    this.at = at
    this.end = end
  }

  #take(size: number): number {
    const at = this.at
    if (size < 0 || at + size > this.end) throw new WireError(`${size} bytes at ${at} reach beyond the end at ${this.end}`)
    this.at = at + size
    return at
  }

  int8(): number {
    return this.bytes.readInt8(this.#take(1))
  }

  int16(): number {
    return this.bytes.readInt16BE(this.#take(2))
  }

  int32(): number {
    return this.bytes.readInt32BE(this.#take(4))
  }

  int64(): number {
    const at = this.#take(8)
    return this.bytes.readInt32BE(at) * 0x1_0000_0000 + this.bytes.readUInt32BE(at + 4)
  }

  boolean(): boolean {
    return this.int8() !== 0
  }

  nullableString(): string | null {
    const length = this.int16()
    if (length < 0) return null
    const at = this.#take(length)
    return this.bytes.toString('utf8', at, at + length)
  }

  string(): string {
    return this.nullableString() ?? ''
  }

  /** A view of bytes behind their length; null stands for none. */
  blob(): Buffer | null {
    const length = this.int32()
    return length < 0 ? null : this.take(length)
  }

  take(length: number): Buffer {
    const at = this.#take(length)
    return this.bytes.subarray(at, at + length)
  }

  array<T>(read: (reader: this) => T): T[] {
    const length = this.int32()
    // every item takes a byte at least: a wrong length must not make an array of millions
    if (length > this.end - this.at) throw new WireError(`an array of ${length} items in ${this.end - this.at} bytes`)
    const items: T[] = []
    for (let i = 0; i < length; i++) items.push(read(this))
    return items
  }

  /** A number of at most 32 bits in zigzag form. */
  varint(): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.bytes[this.#take(1)]!
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1)
    }
    throw new WireError('a number of more than 32 bits')
  }

  /** A number of at most 64 bits in zigzag form; beyond 2^53 digits are lost. */
  varlong(): number {
    let value = 0
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.bytes[this.#take(1)]!
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2
    }
    throw new WireError('a number of more than 64 bits')
  }
}

export function writeInt64(value: number, bytes: Buffer, at: number): void {
  bytes.writeInt32BE(Math.floor(value / 0x1_0000_0000), at)
  bytes.writeUInt32BE(((value % 0x1_0000_0000) + 0x1_0000_0000) % 0x1_0000_0000, at + 4)
}

/** Bytes that `writeVarint` takes for a number that is not negative. */
export function varintSize(value: number): number {
  let size = 1
  for (let limit = 64; value >= limit && size < 5; limit *= 128) size++
  return size
}

/** Writes a number from -1 to 2^31 - 1 in zigzag form; returns the offset behind it. */
export function writeVarint(value: number, out: Uint8Array, at: number): number {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0
  while (rest >= 0x80) {
    out[at++] = (rest & 0x7f) | 0x80
    rest >>>= 7
  }
  out[at++] = rest
  return at
}
