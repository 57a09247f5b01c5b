/**
 * Snappy's block format (google/snappy, format_description.txt): the length, then literals and copies. Written for
 * speed of code reading rather than for the last percent: one hash table, greedy matches, blocks of 64 KB.
 */
const BLOCK = 65_536
const TABLE_BITS = 14
/** The last bytes of a block are always literal, so that reading four bytes ahead stays inside. */
const MARGIN = 15

/** Positions by hash; only those of the present block count. Made at its first use. */
let table = new Uint16Array(0)

/** The most bytes that so many can become. */
export function snappyRoom(length: number): number {
  return 32 + length + Math.ceil(length / 6)
}

export function snappyCompress(input: Buffer): Buffer {
  const out = Buffer.allocUnsafe(snappyRoom(input.length))
  let at = writeVarint(input.length, out, 0)
  for (let start = 0; start < input.length; start += BLOCK) {
    at = compressBlock(input, start, Math.min(start + BLOCK, input.length), out, at)
  }
  return out.subarray(0, at)
}

function writeVarint(value: number, out: Buffer, at: number): number {
  for (; value >= 0x80; value = Math.floor(value / 128)) out[at++] = (value & 0x7f) | 0x80
  out[at++] = value
  return at
}

function compressBlock(input: Buffer, start: number, end: number, out: Buffer, at: number): number {
  if (table.length === 0) table = new Uint16Array(1 << TABLE_BITS)
  else table.fill(0)
  let literal = start
  // the first position of a block is never found: 0 in the table means nothing
  for (let i = start + 1, missed = 32; i < end - MARGIN; i += missed++ >>> 5) {
    const four = input.readUInt32LE(i)
    const slot = Math.imul(four, 0x1e35a7bd) >>> (32 - TABLE_BITS)
    const earlier = start + table[slot]!
    table[slot] = i - start
    if (earlier === start || input.readUInt32LE(earlier) !== four) continue
    let length = 4
    while (i + length < end && input[earlier + length] === input[i + length]) length++
    at = writeLiteral(input, literal, i, out, at)
    at = writeCopy(i - earlier, length, out, at)
    i += length - 1
    literal = i + 1
    missed = 32
  }
  return writeLiteral(input, literal, end, out, at)
}

function writeLiteral(input: Buffer, start: number, end: number, out: Buffer, at: number): number {
  const size = end - start
  if (size === 0) return at
  if (size <= 60) out[at++] = (size - 1) << 2
  else if (size <= 256) {
    out[at++] = 60 << 2
    out[at++] = size - 1
  } else {
    out[at++] = 61 << 2
    at = out.writeUInt16LE(size - 1, at)
  }
  return at + input.copy(out, at, start, end)
}

/** Copies of at most 64 bytes each, from at most 65,535 bytes back. */
function writeCopy(offset: number, length: number, out: Buffer, at: number): number {
  while (length > 0) {
    // what is left must not be shorter than four bytes where the short form would be wanted: any length does here
    const size = Math.min(length, 64)
    out[at++] = ((size - 1) << 2) | 2
    at = out.writeUInt16LE(offset, at)
    length -= size
  }
  return at
}
