/**
 * Text in which long parts come again and again, written as it is or as a gzip file (RFC 1952, RFC 1951) that holds each
 * of them once. Nothing is searched for: the writer is told what repeats, and refers to where it stands already; all else
 * is stored as it is. So what is sent is a fraction of the text, for less work than copying, hashing and enciphering it.
 */
import { crc32 } from 'node:zlib'
import type { ByteWriter } from './byte-writer.ts'

/** Where text is written to: at `out.length` of `out`, with room made before, and by `repeat`. */
export interface TextSink {
  readonly out: ByteWriter
  /** Writes a part of the text that may have been written before. */
  repeat(part: Repeated): void
  /** Ends the text and gives what was written: a view, valid as long as `out` is not used again. */
  finish(): Buffer
}

/** A part that repeats. */
export class Repeated {
  readonly bytes: Buffer
  readonly crc: number
  /** What a checksum is multiplied by when these bytes follow. */
  readonly power: number
  /** Where it was written last: the text, and the offset in it. */
  writtenTo: TextSink | undefined
  writtenAt = 0

  constructor(bytes: Buffer) {
    this.bytes = bytes
    this.crc = crc32(bytes)
    this.power = zeroBytes(bytes.length)
  }
}

/** The text as it is. */
export class PlainText implements TextSink {
  readonly out: ByteWriter

  constructor(out: ByteWriter) {
    this.out = out
    out.reset()
  }

  repeat({ bytes }: Repeated): void {
    this.out.copy(bytes)
  }

  finish(): Buffer {
    return this.out.view()
  }
}

/** A shorter part costs more as a reference than as it is. */
const WORTH = 64
/** As far back a reference reaches. */
const WINDOW = 32_768
/** Most bytes of one reference, and of one stored block. */
const LONGEST = 258
const LARGEST_BLOCK = 65_535
/** Header of a file, of unknown system, without name and time. */
const FILE = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff])
/** A stored block that begins at a whole byte: three bits and padding, then its length twice. */
const BLOCK = 5
/** Most bytes of the references to a part of `length` bytes, with what begins and ends them. */
const references = (length: number): number => (Math.ceil(length / LONGEST) + 1) * 4 + 8

/** As gzip. */
export class GzipText implements TextSink {
  readonly out: ByteWriter
  /** Where the open block begins in `out`, behind its header; bytes of the text before it, and their checksum. */
  #block: number
  #before = 0
  #crc = 0

  constructor(out: ByteWriter) {
    this.out = out
    out.reset()
    out.copy(FILE)
    out.byte(0)
    out.length += BLOCK - 1
    this.#block = out.length
  }

  repeat(part: Repeated): void {
    const { out } = this
    const { bytes } = part
    const at = this.#before + out.length - this.#block
    const distance = at - part.writtenAt
    const known = part.writtenTo === this && distance <= WINDOW
    part.writtenTo = this
    part.writtenAt = at
    if (!known || bytes.length < WORTH) {
      out.copy(bytes)
      return
    }
    this.#closeBlock()
    out.reserve(references(bytes.length))
    out.length = refer(bytes.length, distance, out.bytes, out.length)
    this.#block = out.length
    this.#before += bytes.length
    this.#crc = multiply(part.power, this.#crc) ^ part.crc
  }

  finish(): Buffer {
    this.#closeBlock()
    const { out } = this
    out.reserve(10)
    const { bytes, length } = out
    // a last block with nothing in it
    bytes[length] = 3
    bytes[length + 1] = 0
    bytes.writeUInt32LE(this.#crc >>> 0, length + 2)
    bytes.writeUInt32LE(this.#before >>> 0, length + 6)
    out.length += 10
    return out.view()
  }

  /** Fills in the header of the open block, which becomes several when it is too large for one. */
  #closeBlock(): void {
    const { out } = this
    const start = this.#block
    const length = out.length - start
    this.#before += length
    if (length > 0) this.#crc = crc32(out.bytes.subarray(start, out.length), this.#crc >>> 0)
    const further = length === 0 ? 0 : Math.ceil(length / LARGEST_BLOCK) - 1
    if (further > 0) {
      out.reserve(further * BLOCK)
      out.length += further * BLOCK
    }
    const { bytes } = out
    for (let i = further; i > 0; i--) {
      const from = start + i * LARGEST_BLOCK
      const to = Math.min(from + LARGEST_BLOCK, start + length)
      const moved = from + i * BLOCK
      bytes.copyWithin(moved, from, to)
      bytes[moved - BLOCK] = 0
      writeLength(to - from, bytes, moved)
    }
    writeLength(Math.min(length, LARGEST_BLOCK), bytes, start)
  }
}

/** Writes the length of a stored block, and its complement, before `at`. */
function writeLength(length: number, bytes: Buffer, at: number): void {
  bytes[at - 4] = length
  bytes[at - 3] = length >>> 8
  bytes[at - 2] = ~length
  bytes[at - 1] = ~length >>> 8
}

/** Fixed codes of lengths (RFC 1951, 3.2.6) with their extra bits, first bit lowest, and how many bits these are. */
const LENGTH_CODES = new Uint16Array(LONGEST + 1)
const LENGTH_BITS = new Uint8Array(LONGEST + 1)
for (let length = 3, code = 257; code <= 285; code++) {
  const extra = code < 265 || code === 285 ? 0 : (code - 261) >>> 2
  const size = code < 280 ? 7 : 8
  const bits = reversed(code < 280 ? code - 256 : code - 280 + 0xc0, size)
  for (let i = 0; i < 1 << extra && length + i <= LONGEST; i++) {
    LENGTH_CODES[length + i] = bits | (i << size)
    LENGTH_BITS[length + i] = size + extra
  }
  length += code === 284 ? (1 << extra) - 1 : 1 << extra
}

function reversed(value: number, size: number): number {
  let result = 0
  for (let i = 0; i < size; i++) result |= ((value >>> i) & 1) << (size - 1 - i)
  return result
}

/**
 * Writes a block of fixed codes with references to `length` bytes that stand `distance` back, and the header of a stored
 * block behind it but for its length. Returns the offset behind that.
 */
function refer(length: number, distance: number, out: Buffer, at: number): number {
  const back = distance - 1
  const high = back < 4 ? 0 : 31 - Math.clz32(back)
  const code = back < 4 ? back : high * 2 + ((back >>> (high - 1)) & 1)
  const extra = back < 4 ? 0 : high - 1
  const distanceBits = reversed(code, 5) | ((back & ((1 << extra) - 1)) << 5)
  // not the last block, fixed codes
  let bits = 2
  let count = 3
  for (let rest = length; rest > 0;) {
    // what is left is no shorter than a reference can be
    const part = rest <= LONGEST ? rest : rest - LONGEST < 3 ? LONGEST - 3 : LONGEST
    rest -= part
    bits |= LENGTH_CODES[part]! << count
    count += LENGTH_BITS[part]!
    for (; count >= 8; count -= 8, bits >>>= 8) out[at++] = bits
    bits |= distanceBits << count
    count += 5 + extra
    for (; count >= 8; count -= 8, bits >>>= 8) out[at++] = bits
  }
  // seven zeros end the block, three more begin a stored one, which goes on at a whole byte
  for (count += 10; count > 0; count -= 8, bits >>>= 8) out[at++] = bits
  return at + BLOCK - 1
}

/** Product of two polynomials over GF(2) modulo that of CRC-32, both in the bit order of its checksums. */
function multiply(a: number, b: number): number {
  let product = 0
  for (let bit = 31; bit >= 0; bit--) {
    product ^= b & -((a >>> bit) & 1)
    b = (b >>> 1) ^ (0xedb8_8320 & -(b & 1))
  }
  return product
}

/** x to the power of 8 × `count`: what so many bytes more do to a checksum. */
function zeroBytes(count: number): number {
  let result = 0x8000_0000
  let square = 0x0080_0000
  for (let rest = count; rest > 0; rest >>>= 1) {
    if ((rest & 1) !== 0) result = multiply(square, result)
    square = multiply(square, square)
  }
  return result
}
