import fc from 'fast-check'
import { expect, it } from 'vitest'
import { SnappyError, compressSnappy, decompressSnappy } from '../../src/lib/snappy.ts'

const MOST = 1 << 24

it('gives back what it was given', () => {
  fc.assert(fc.property(texts(), (text) => {
    expect(decompressSnappy(compressSnappy(text), MOST).equals(text)).toBe(true)
  }))
})

it('makes alike lines small, also beyond a block of 64 KB', () => {
  const text = Buffer.from('a line like the one before\n'.repeat(10_000))
  const packed = compressSnappy(text)
  expect(packed.length).toBeLessThan(text.length / 15)
  expect(decompressSnappy(packed, MOST).equals(text)).toBe(true)
})

it('reads the bytes of the format\'s description', () => {
  // length 10; literal "ab"; copy of 8 at offset 2, its last bytes from what it writes
  expect(decompressSnappy(Buffer.from('0a046162' + '1102', 'hex'), MOST).toString()).toBe('ababababab')
  // copies with one, two and four bytes of offset
  expect(decompressSnappy(Buffer.from('0c0c61626364' + '0104' + '0e0400', 'hex'), MOST).toString()).toBe('abcdabcdabcd')
  expect(decompressSnappy(Buffer.from('08' + '0c61626364' + '0f04000000', 'hex'), MOST).toString()).toBe('abcdabcd')
})

it('reads the framing of snappy-java', () => {
  const piece = compressSnappy(Buffer.from('hello '))
  const framed = Buffer.concat([Buffer.from('82534e4150505900' + '00000001' + '00000001', 'hex'), ...[piece, piece].flatMap((p) => {
    const length = Buffer.alloc(4)
    length.writeInt32BE(p.length)
    return [length, p]
  })])
  expect(decompressSnappy(framed, MOST).toString()).toBe('hello hello ')
})

it('refuses what is damaged or too long, and nothing worse happens', () => {
  expect(() => decompressSnappy(compressSnappy(Buffer.alloc(1000)), 999)).toThrow('more than the 999')
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
    try {
      decompressSnappy(Buffer.from(bytes), 4096)
    } catch (error) {
      expect(error).toBeInstanceOf(SnappyError)
    }
  }))
})

function texts (): fc.Arbitrary<Buffer> {
  const piece = fc.oneof(fc.string({ maxLength: 40 }), fc.nat(300).map((n) => 'ab'.repeat(n)), fc.constantFrom('the same words again ', '{"level":"info"}'))
  return fc.array(piece, { maxLength: 60 }).map((pieces) => Buffer.from(pieces.join('')))
}
