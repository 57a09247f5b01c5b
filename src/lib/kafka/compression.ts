/** Compression of record batches, by the codes of their attributes: gzip and zstd by node:zlib, snappy and LZ4 by ours. */
import { promisify } from 'node:util'
import { constants, gunzipSync, gzip, zstdCompress, zstdDecompressSync } from 'node:zlib'
import { compressLz4, decompressLz4 } from '../lz4.ts'
import { compressSnappy, decompressSnappy } from '../snappy.ts'

export const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
export type Codec = (typeof CODECS)[number]

/** Most bytes of one batch when unpacked. */
const LARGEST = 256 * 1024 * 1024
/** The levels of speed: a higher one costs several times as much for a tenth less. */
const GZIP_LEVEL = 1
const ZSTD_LEVEL = 1

/** `level` as gzip and zstd understand it; the others have none. */
export async function compress(codec: Codec, bytes: Buffer, level: number | undefined): Promise<Buffer> {
  switch (codec) {
    case 'none': return bytes
    case 'gzip': return await promisify(gzip)(bytes, { level: level ?? GZIP_LEVEL })
    case 'snappy': return compressSnappy(bytes)
    case 'lz4': return compressLz4(bytes)
    case 'zstd': return await promisify(zstdCompress)(bytes, { params: { [constants.ZSTD_c_compressionLevel]: level ?? ZSTD_LEVEL } })
  }
}

/** Throws for what the codec cannot read. */
export function decompress(codec: Codec, bytes: Buffer): Buffer {
  switch (codec) {
    case 'none': return bytes
    case 'gzip': return gunzipSync(bytes, { maxOutputLength: LARGEST })
    case 'snappy': return decompressSnappy(bytes, LARGEST)
    case 'lz4': return decompressLz4(bytes, LARGEST)
    case 'zstd': return zstdDecompressSync(bytes, { maxOutputLength: LARGEST })
  }
}
