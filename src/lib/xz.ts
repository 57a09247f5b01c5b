/** Unpacks the .xz format (The .xz File Format 1.2) with the filter LZMA2, which is what everything writes. */
import { Lzma } from './xz/lzma.ts'

const MAGIC = 'fd377a585a00'
const LZMA2 = 0x21
/** Bytes of the check behind a block, by its type. */
const CHECKS = [0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64]

/** Throws RangeError when the bytes are no such stream, or more than `largest` when unpacked. Checksums are not looked at. */
export function decompressXz(bytes: Buffer, largest: number): Buffer {
  if (bytes.length < 12 || bytes.toString('hex', 0, 6) !== MAGIC) throw new RangeError('no stream of xz')
  const check = CHECKS[bytes[7]! & 15]!
  const lzma = new Lzma(largest)
  let at = 12
  // an index, which begins with 0, follows the blocks
  while (at < bytes.length && bytes[at] !== 0) {
    const header = (bytes[at]! + 1) * 4
    requireLzma2(bytes.subarray(at, at + header))
    const end = readChunks(bytes, at + header, lzma)
    at = ((end + 3) & ~3) + check
  }
  return lzma.output()
}

function requireLzma2(header: Buffer): void {
  const flags = header[1]!
  let at = 2
  const skipNumber = (): void => {
    while (header[at]! >= 0x80) at++
    at++
  }
  if ((flags & 0x40) !== 0) skipNumber()
  if ((flags & 0x80) !== 0) skipNumber()
  if ((flags & 3) !== 0 || header[at] !== LZMA2) throw new RangeError('a filter other than LZMA2')
}

/** The chunks of a block; returns the offset behind them. */
function readChunks(bytes: Buffer, start: number, lzma: Lzma): number {
  let at = start
  for (;;) {
    if (at + 3 > bytes.length && bytes[at] !== 0) throw new RangeError('the block ends too early')
    const control = bytes[at++]!
    if (control === 0) return at
    if (control < 0x80) {
      if (control > 2) throw new RangeError('an unknown chunk')
      const size = bytes.readUInt16BE(at) + 1
      at += 2
      if (control === 1) lzma.forgetDictionary()
      lzma.copy(bytes.subarray(at, at + size))
      at += size
      continue
    }
    const unpacked = ((control & 0x1f) << 16) + bytes.readUInt16BE(at) + 1
    const packed = bytes.readUInt16BE(at + 2) + 1
    at += 4
    const reset = (control >> 5) & 3
    if (reset === 3) lzma.forgetDictionary()
    if (reset >= 2) lzma.setProperties(bytes[at++]!)
    if (reset >= 1) lzma.resetState()
    lzma.decode(bytes.subarray(at, at + packed), unpacked)
    at += packed
  }
}
