import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { COMPRESSIONS, compressBody } from '../../../src/outputs/shared/compress.ts'
import { readSnappy } from './read-snappy.ts'

test.each(COMPRESSIONS)('%s', async (compression) => {
  const body = Buffer.from('line of a log\n'.repeat(1000))
  const read = { gzip: gunzipSync, zstd: zstdDecompressSync, snappy: readSnappy }[compression]
  const small = await compressBody(body, compression)
  expect(small.length).toBeLessThan(1000)
  expect(read(small).equals(body)).toBe(true)
})
