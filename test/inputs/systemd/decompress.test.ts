import { zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { DecompressionError, decompress } from '../../../src/inputs/systemd/decompress.ts'

const [XZ, LZ4, ZSTD] = [1, 2, 4]
/** `MESSAGE=xz abcdef abcdef …`, made by xz 5.4.1. */
const PACKED_XZ = Buffer.from('/Td6WFoAAAD/EtlBAgAhARYAAAB0L+Wj4AGuABpdACaRRsDRlFfklcfYyNLt738wDci3EUlsYAAAAAAAAAEurwMAAAAyFzEeqAAK/AIAAAAAAFla', 'base64')
/** One block of LZ4 behind its length: five literals, a match of nine at a distance of one, and five literals. */
const PACKED_LZ4 = Buffer.concat([length64(20), Buffer.of(0x65), Buffer.from('abcdex'), Buffer.of(1, 0), Buffer.of(0x50), Buffer.from('12345')])

function length64(length: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(length))
  return bytes
}

it('unpacks what each version of journald packs', () => {
  expect(decompress(XZ, PACKED_XZ).toString()).toBe(`MESSAGE=xz ${'abcdef '.repeat(60)}`)
  expect(decompress(LZ4, PACKED_LZ4).toString()).toBe('abcdexxxxxxxxxx12345')
  fc.assert(fc.property(fc.uint8Array({ minLength: 1 }), (bytes) => decompress(ZSTD, zstdCompressSync(bytes)).equals(bytes)))
})

it.each([
  ['xz that is none', XZ, Buffer.from('MESSAGE=plain')], ['xz that is cut', XZ, PACKED_XZ.subarray(0, 40)],
  ['lz4 without its length', LZ4, Buffer.from('abc')], ['lz4 that is cut', LZ4, PACKED_LZ4.subarray(0, 12)],
  ['lz4 that is longer than it says', LZ4, Buffer.concat([length64(10), PACKED_LZ4.subarray(8)])],
  ['lz4 that says it is larger than any field', LZ4, Buffer.concat([length64(2 ** 40), PACKED_LZ4.subarray(8)])],
  ['zstd that is none', ZSTD, Buffer.from('MESSAGE=plain')], ['zstd that is cut', ZSTD, zstdCompressSync('x'.repeat(1000)).subarray(0, 12)],
  ['nothing', ZSTD, Buffer.alloc(0)], ['two of them at once', XZ | ZSTD, PACKED_XZ]
])('says what is damaged: %s', (_, flags, bytes) => {
  expect(() => decompress(flags, bytes)).toThrow(DecompressionError)
})

it('ends in a value or in its own error, whatever the bytes', () => {
  fc.assert(fc.property(fc.constantFrom(XZ, LZ4, ZSTD, 7), fc.uint8Array({ maxLength: 100 }), (flags, random) => {
    const head = flags === XZ ? PACKED_XZ.subarray(0, 30) : flags === LZ4 ? length64(random.length) : Buffer.alloc(0)
    try {
      decompress(flags, Buffer.concat([head, random]))
    } catch (error) {
      expect(error).toBeInstanceOf(DecompressionError)
    }
  }), { numRuns: 500 })
})
