/**
 * Snappy (format_description.txt of google/snappy): the length in front, then literals and copies. What is written is
 * plain Snappy in blocks of 64 KB; what is read may also stand in the framing of snappy-java, as Kafka's Java clients
 * write it: `82 SNAPPY 00`, two versions, then pieces behind their lengths (32 bits, big-endian).
 */
const BLOCK = 0x1_0000
const HASH_BITS = 14
const FRAMED = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0])
const FRAME_HEADER = 16

const table = new Uint16Array(1 << HASH_BITS)

export class SnappyError extends Error {}

export function compressSnappy(input: Buffer): Buffer {
  const out = Buffer.allocUnsafe(32 + input.length + Math.ceil(input.length / 6))
  let at = 0
  let rest = input.length
  for (; rest >= 0x80; rest >>>= 7) out[at++] = (rest & 0x7f) | 0x80
  out[at++] = rest
  for (let start = 0; start < input.length; start += BLOCK) at = compressBlock(input, start, Math.min(start + BLOCK, input.length), out, at)
  return out.subarray(0, at)
}

function compressBlock(input: Buffer, start: number, end: number, out: Buffer, to: number): number {
  table.fill(0)
  const last = end - 15
  let literal = start
  let at = start + 1
  let misses = 32
  while (at < last) {
    const word = read32(input, at)
    const hash = Math.imul(word, 0x1e35a7bd) >>> (32 - HASH_BITS)
    const candidate = start + table[hash]!
    table[hash] = at - start
    if (candidate >= at || read32(input, candidate) !== word) {
      // what finds nothing for long is looked at in larger steps
      at += misses++ >>> 5
      continue
    }
    misses = 32
    to = writeLiteral(input, literal, at, out, to)
    let length = 4
    while (at + length < end && input[at + length] === input[candidate + length]) length++
    to = writeCopy(at - candidate, length, out, to)
    at += length
    literal = at
  }
  return writeLiteral(input, literal, end, out, to)
}

function read32(bytes: Buffer, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
}

function writeLiteral(input: Buffer, start: number, end: number, out: Buffer, to: number): number {
  const length = end - start
  if (length === 0) return to
  const size = length - 1
  if (size < 60) out[to++] = size << 2
  else if (size < 0x100) {
    out[to++] = 60 << 2
    out[to++] = size
  } else {
    out[to++] = 61 << 2
    out[to++] = size & 0xff
    out[to++] = size >>> 8
  }
  input.copy(out, to, start, end)
  return to + length
}

function writeCopy(offset: number, length: number, out: Buffer, to: number): number {
  while (length > 0) {
    // the rest must not be shorter than 4: then it would not be worth a copy of its own
    const part = length > 64 ? (length < 68 ? 60 : 64) : length
    out[to++] = ((part - 1) << 2) | 2
    out[to++] = offset & 0xff
    out[to++] = offset >>> 8
    length -= part
  }
  return to
}

/** Throws SnappyError for what is not Snappy or longer than `most` bytes. */
export function decompressSnappy(input: Buffer, most: number): Buffer {
  if (input.length < FRAME_HEADER || !input.subarray(0, FRAMED.length).equals(FRAMED)) return decompressPlain(input, most)
  const parts: Buffer[] = []
  let total = 0
  for (let at = FRAME_HEADER; at < input.length;) {
    if (at + 4 > input.length) throw new SnappyError('a piece is cut short')
    const length = input.readUInt32BE(at)
    at += 4
    if (at + length > input.length) throw new SnappyError('a piece is cut short')
    const part = decompressPlain(input.subarray(at, at + length), most - total)
    total += part.length
    parts.push(part)
    at += length
  }
  return Buffer.concat(parts, total)
}

function decompressPlain(input: Buffer, most: number): Buffer {
  let at = 0
  let size = 0
  for (let shift = 0; ; shift += 7) {
    const byte = input[at++]
    if (byte === undefined || shift > 28) throw new SnappyError('the length cannot be read')
    size += (byte & 0x7f) * 2 ** shift
    if (byte < 0x80) break
  }
  if (size > most) throw new SnappyError(`${size} bytes are more than the ${most} allowed`)
  const out = Buffer.allocUnsafe(size)
  let to = 0
  while (at < input.length) {
    const tag = input[at++]!
    let length = (tag >>> 2) + 1
    if ((tag & 3) === 0) {
      if (length > 60) {
        const bytes = length - 60
        if (at + bytes > input.length) throw new SnappyError('a literal is cut short')
        length = input.readUIntLE(at, bytes) + 1
        at += bytes
      }
      if (at + length > input.length || to + length > size) throw new SnappyError('a literal reaches beyond the end')
      to += input.copy(out, to, at, at + length)
      at += length
      continue
    }
    const bytes = (tag & 3) === 1 ? 1 : (tag & 3) === 2 ? 2 : 4
    if (at + bytes > input.length) throw new SnappyError('a copy is cut short')
    let offset = input.readUIntLE(at, bytes)
    at += bytes
    if (bytes === 1) {
      offset |= (tag >>> 5) << 8
      length = ((tag >>> 2) & 7) + 4
    }
    if (offset === 0 || offset > to || to + length > size) throw new SnappyError('a copy reaches beyond the text')
    // byte by byte: source and target may overlap
    for (const end = to + length; to < end; to++) out[to] = out[to - offset]!
  }
  if (to !== size) throw new SnappyError(`${to} bytes instead of ${size}`)
  return out
}
