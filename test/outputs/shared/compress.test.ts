import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { decompressSnappy } from '../../../src/lib/snappy.ts'
import { COMPRESSIONS, compressBody } from '../../../src/outputs/shared/compress.ts'

test.each(COMPRESSIONS)('%s', async (compression) => {
  const body = Buffer.from('line of a log\n'.repeat(1000))
  const read = { gzip: gunzipSync, zstd: zstdDecompressSync, snappy: (small: Buffer) => decompressSnappy(small, 1e6) }[compression]
  const small = await compressBody(body, compression)
  expect(small.length).toBeLessThan(1000)
  expect(read(small).equals(body)).toBe(true)
})
