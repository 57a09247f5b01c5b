/** Values of fields that journald has compressed: lz4 and xz (old systems), zstd (since systemd 246). */
import { zstdDecompressSync } from 'node:zlib'
import { decompressLz4Block } from '../../lib/lz4.ts'
import { decompressXz } from '../../lib/xz.ts'

const XZ = 1
const LZ4 = 2
const ZSTD = 4
/** No field is larger: journald itself takes no more than 768 MiB, and from syslog and standard output far less. */
const LARGEST = 256 * 1024 * 1024

export class DecompressionError extends Error {}

/** Throws DecompressionError when the bytes are not what the flags say. */
export function decompress(flags: number, bytes: Buffer): Buffer {
  try {
    switch (flags) {
      case XZ:
        return decompressXz(bytes, LARGEST)
      case LZ4: {
        // a block behind the length that it has when unpacked
        const length = Number(bytes.readBigUInt64LE(0))
        if (length > LARGEST) throw new RangeError('too large')
        return decompressLz4Block(bytes.subarray(8), length)
      }
      case ZSTD:
        return zstdDecompressSync(bytes, { maxOutputLength: LARGEST })
      default:
        throw new RangeError('compressed twice')
    }
  } catch (error) {
    throw new DecompressionError((error as Error).message)
  }
}
