import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Lz4Error, compressLz4, decompressLz4, decompressLz4Block, xxh32 } from '../../src/lib/lz4.ts'

const MOST = 1 << 24

it('gives back what it was given', () => {
  fc.assert(fc.property(texts(), (text) => {
    expect(decompressLz4(compressLz4(text), MOST).equals(text)).toBe(true)
  }))
})

it('makes alike lines small, also beyond a block of 64 KB', () => {
  const text = Buffer.from('a line like the one before\n'.repeat(10_000))
  const packed = compressLz4(text)
  expect(packed.length).toBeLessThan(text.length / 15)
  expect(decompressLz4(packed, MOST).equals(text)).toBe(true)
})

it('writes a frame with the header that the format says', () => {
  // magic, version 1 with independent blocks, 64 KB, checksum of these two, a stored block, the end
  expect(compressLz4(Buffer.from('abc')).toString('hex')).toBe('04224d18' + '60' + '40' + '82' + '03000080' + '616263' + '00000000')
  expect(xxh32(Buffer.from('abc'))).toBe(0x32d153ff)
})

it('reads frames with sizes and checksums in them, and blocks that are matches of themselves', () => {
  const block = Buffer.from('1a' + '61' + '0100' + '50' + '6263646566', 'hex')
  const size = '0a00000000000000'
  const frame = Buffer.concat([Buffer.from('04224d18' + '7c' + '40' + size + '00' + '0a000000', 'hex'), block, Buffer.from('00000000' + '00000000' + '00000000', 'hex')])
  expect(decompressLz4(frame, MOST).toString()).toBe('aaaaaaaaaaaaaaabcdef')
})

it('refuses what is damaged or too long, and nothing worse happens', () => {
  expect(() => decompressLz4(compressLz4(Buffer.alloc(1000)), 999)).toThrow('more than the 999')
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
    try {
      decompressLz4(Buffer.from(bytes), 4096)
    } catch (error) {
      expect(error).toBeInstanceOf(Lz4Error)
    }
  }))
})

function texts (): fc.Arbitrary<Buffer> {
  const piece = fc.oneof(fc.string({ maxLength: 40 }), fc.nat(300).map((n) => 'ab'.repeat(n)), fc.constantFrom('the same words again ', '{"level":"info"}'))
  return fc.array(piece, { maxLength: 60 }).map((pieces) => Buffer.from(pieces.join('')))
}

it('reads blocks by themselves, and refuses what is cut, reaches back too far or is of another length', () => {
  const block = (hex: string, length: number): string => decompressLz4Block(Buffer.from(hex, 'hex'), length).toString()
  expect(block('506162636465', 5)).toBe('abcde')
  // "ab", a match of 10 bytes at distance 2, then "xyzzy"
  expect(block('26616202005078797a7a79', 17)).toBe('abababababab' + 'xyzzy')
  for (const [hex, length] of [['5061', 5], ['16610900', 11], ['106100', 5], ['1061', 2], ['26616202005078797a7a79', 12]] as const) {
    expect(() => block(hex, length)).toThrow(Lz4Error)
  }
})
