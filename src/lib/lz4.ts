/**
 * LZ4 frames (lz4_Frame_format.md and lz4_Block_format.md of lz4/lz4). Written: version 1, independent blocks of 64 KB,
 * no checksum of the content, since Kafka's record batch has one. Read: any frame without a dictionary.
 */
const MAGIC = 0x184d2204
const BLOCK = 0x1_0000
const HASH_BITS = 14
/** Version 01, independent blocks. */
const FLAGS = 0x60
const BLOCK_64_KB = 4 << 4
const STORED = 0x8000_0000

const table = new Uint16Array(1 << HASH_BITS)

export class Lz4Error extends Error {}

export function compressLz4(input: Buffer): Buffer {
  const blocks = Math.ceil(input.length / BLOCK)
  const out = Buffer.allocUnsafe(15 + blocks * 4 + input.length + Math.ceil(input.length / 255) + 16 * blocks + 16)
  out.writeUInt32LE(MAGIC, 0)
  out[4] = FLAGS
  out[5] = BLOCK_64_KB
  out[6] = (xxh32(out.subarray(4, 6)) >>> 8) & 0xff
  let at = 7
  for (let start = 0; start < input.length; start += BLOCK) {
    const end = Math.min(start + BLOCK, input.length)
    const after = compressBlock(input, start, end, out, at + 4)
    if (after - at - 4 < end - start) {
      out.writeUInt32LE(after - at - 4, at)
      at = after
    } else {
      out.writeUInt32LE((end - start + STORED) >>> 0, at)
      at += 4 + input.copy(out, at + 4, start, end)
    }
  }
  out.writeUInt32LE(0, at)
  return out.subarray(0, at + 4)
}

function compressBlock(input: Buffer, start: number, end: number, out: Buffer, to: number): number {
  table.fill(0)
  // the last match must begin twelve bytes before the end, the last five bytes are literals
  const last = end - 12
  let literal = start
  let at = start + 1
  let misses = 64
  while (at < last) {
    const word = read32(input, at)
    const hash = Math.imul(word, 0x9e3779b1) >>> (32 - HASH_BITS)
    const candidate = start + table[hash]!
    table[hash] = at - start
    if (candidate >= at || read32(input, candidate) !== word) {
      at += misses++ >>> 6
      continue
    }
    misses = 64
    let length = 4
    while (at + length < end - 5 && input[at + length] === input[candidate + length]) length++
    to = writeSequence(input, literal, at, at - candidate, length, out, to)
    at += length
    literal = at
  }
  return writeSequence(input, literal, end, 0, 0, out, to)
}

function read32(bytes: Buffer, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
}

/** Literals and, unless `length` is 0, a match behind them. */
function writeSequence(input: Buffer, start: number, end: number, offset: number, length: number, out: Buffer, to: number): number {
  const literals = end - start
  const more = length === 0 ? 0 : length - 4
  out[to++] = (Math.min(literals, 15) << 4) | Math.min(more, 15)
  if (literals >= 15) to = writeLength(literals - 15, out, to)
  to += input.copy(out, to, start, end)
  if (length === 0) return to
  out[to++] = offset & 0xff
  out[to++] = offset >>> 8
  return more >= 15 ? writeLength(more - 15, out, to) : to
}

function writeLength(rest: number, out: Buffer, to: number): number {
  for (; rest >= 255; rest -= 255) out[to++] = 255
  out[to++] = rest
  return to
}

/** Throws Lz4Error for what is no LZ4 frame or longer than `most` bytes. */
export function decompressLz4(input: Buffer, most: number): Buffer {
  if (input.length < 7 || input.readUInt32LE(0) !== MAGIC) throw new Lz4Error('no LZ4 frame')
  const flags = input[4]!
  if (flags >>> 6 !== 1) throw new Lz4Error(`version ${flags >>> 6} of the frame`)
  if ((flags & 1) !== 0) throw new Lz4Error('the frame needs a dictionary')
  const largest = 1 << (2 * ((input[5]! >>> 4) & 7) + 8)
  let at = 6 + ((flags & 8) === 0 ? 0 : 8) + 1
  const out = new Output(most)
  for (;;) {
    if (at + 4 > input.length) throw new Lz4Error('the frame is cut short')
    const word = input.readUInt32LE(at)
    at += 4
    if (word === 0) return out.view()
    const size = word & 0x7fff_ffff
    if (at + size > input.length) throw new Lz4Error('a block is cut short')
    if (word >= STORED) out.append(input, at, at + size)
    else decompressBlock(input, at, at + size, out, largest)
    at += size + ((flags & 0x10) === 0 ? 0 : 4)
  }
}

/** One block by itself, which has `length` bytes when unpacked. Throws Lz4Error when it has not. */
export function decompressLz4Block(block: Buffer, length: number): Buffer {
  const out = new Output(length)
  decompressBlock(block, 0, block.length, out, length)
  if (out.length !== length) throw new Lz4Error('the block is shorter than it says')
  return out.view()
}

/** Bytes that are known only as they come. */
class Output {
  bytes = Buffer.allocUnsafe(BLOCK)
  length = 0
  readonly #most: number

  constructor(most: number) {
    this.#most = most
  }

  reserve(size: number): void {
    if (this.length + size > this.#most) throw new Lz4Error(`more than the ${this.#most} bytes allowed`)
    if (this.length + size <= this.bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.length + size, this.bytes.length * 2))
    this.bytes.copy(larger, 0, 0, this.length)
    this.bytes = larger
  }

  append(from: Buffer, start: number, end: number): void {
    this.reserve(end - start)
    this.length += from.copy(this.bytes, this.length, start, end)
  }

  /** Copies what was written `offset` bytes before; it may overlap what is being written. */
  repeat(offset: number, length: number): void {
    if (offset === 0 || offset > this.length) throw new Lz4Error('a match reaches beyond the text')
    this.reserve(length)
    const { bytes } = this
    let to = this.length
    for (const end = to + length; to < end; to++) bytes[to] = bytes[to - offset]!
    this.length = to
  }

  view(): Buffer {
    return this.bytes.subarray(0, this.length)
  }
}

function decompressBlock(input: Buffer, at: number, end: number, out: Output, largest: number): void {
  const from = out.length
  const long = (length: number): number => {
    if (length < 15) return length
    for (let byte = 255; byte === 255;) {
      if (at >= end) throw new Lz4Error('a length is cut short')
      byte = input[at++]!
      length += byte
    }
    return length
  }
  while (at < end) {
    const token = input[at++]!
    const literals = long(token >>> 4)
    if (at + literals > end) throw new Lz4Error('literals reach beyond the block')
    out.append(input, at, at + literals)
    at += literals
    if (at === end) break
    if (at + 2 > end) throw new Lz4Error('a match is cut short')
    const offset = input[at]! | (input[at + 1]! << 8)
    at += 2
    out.repeat(offset, long(token & 15) + 4)
    if (out.length - from > largest) throw new Lz4Error('a block is larger than the frame says')
  }
}

const P1 = 0x9e3779b1
const P2 = 0x85ebca77
const P3 = 0xc2b2ae3d
const P4 = 0x27d4eb2f
const P5 = 0x165667b1

/** XXH32 with seed 0 of fewer than 16 bytes: frame headers are no longer. */
export function xxh32(bytes: Buffer): number {
  if (bytes.length >= 16) throw new RangeError('only for short texts')
  let hash = (P5 + bytes.length) | 0
  let at = 0
  for (; at + 4 <= bytes.length; at += 4) {
    hash = (hash + Math.imul(read32(bytes, at), P3)) | 0
    hash = Math.imul((hash << 17) | (hash >>> 15), P4)
  }
  for (; at < bytes.length; at++) {
    hash = (hash + Math.imul(bytes[at]!, P5)) | 0
    hash = Math.imul((hash << 11) | (hash >>> 21), P1)
  }
  hash = Math.imul(hash ^ (hash >>> 15), P2)
  hash = Math.imul(hash ^ (hash >>> 13), P3)
  return (hash ^ (hash >>> 16)) >>> 0
}
