/** Compressions of request bodies, off the main thread where Node does them. */
import { createReadStream, createWriteStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { constants, createGzip, createZstdCompress, gzip, zstdCompress } from 'node:zlib'
import { compressSnappy } from '../../lib/snappy.ts'

export const COMPRESSIONS = ['gzip', 'zstd', 'snappy'] as const
/** As `Content-Encoding` names it. */
export type Compression = (typeof COMPRESSIONS)[number]
export type FileCompression = Exclude<Compression, 'snappy'>

/** Quickly rather than tightly: logs shrink to a tenth at level 1. */
const GZIP = { level: 1 }
const ZSTD = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }

/** Compresses a body. */
export async function compressBody(body: Buffer, compression: Compression): Promise<Buffer> {
  switch (compression) {
    case 'gzip': return await promisify(gzip)(body, GZIP)
    case 'zstd': return await promisify(zstdCompress)(body, ZSTD)
    case 'snappy': return compressSnappy(body)
  }
}

/** Compresses the first `size` bytes of a file into another, and syncs that; resolves to its size. */
export async function compressFile(from: string, size: number, to: string, compression: FileCompression): Promise<number> {
  const compressor = compression === 'gzip' ? createGzip(GZIP) : createZstdCompress(ZSTD)
  await pipeline(createReadStream(from, { end: size - 1 }), compressor, createWriteStream(to, { mode: 0o600, flush: true }))
  return (await stat(to)).size
}
