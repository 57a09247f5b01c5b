/** Compressions of request bodies, off the main thread where Node does them. */
import { promisify } from 'node:util'
import { constants, gzip, zstdCompress } from 'node:zlib'
import { compressSnappy } from '../../lib/snappy.ts'

export const COMPRESSIONS = ['gzip', 'zstd', 'snappy'] as const
/** As `Content-Encoding` names it. */
export type Compression = (typeof COMPRESSIONS)[number]

/** Compresses a body, quickly rather than tightly: logs shrink to a tenth at level 1. */
export async function compressBody(body: Buffer, compression: Compression): Promise<Buffer> {
  switch (compression) {
    case 'gzip': return await promisify(gzip)(body, { level: 1 })
    case 'zstd': return await promisify(zstdCompress)(body, { params: { [constants.ZSTD_c_compressionLevel]: 1 } })
    case 'snappy': return compressSnappy(body)
  }
}
