import fc from 'fast-check'
import { expect, it } from 'vitest'
import { crc32c } from '../../../src/lib/kafka/crc32c.ts'

it('gives the values of RFC 3720, B.4', () => {
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283)
  expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa)
  expect(crc32c(Buffer.alloc(32, 0xff))).toBe(0x62a8ab43)
  expect(crc32c(Buffer.from(Array.from({ length: 32 }, (_, i) => i)))).toBe(0x46dd794e)
  expect(crc32c(Buffer.alloc(0))).toBe(0)
})

it('gives the same bit by bit, from any place in memory, and in parts', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(7), fc.nat(200), (bytes, shift, cut) => {
    const place = Buffer.alloc(shift + bytes.length)
    place.set(bytes, shift)
    const at = shift + Math.min(cut, bytes.length)
    const wanted = bitByBit(bytes)
    expect(crc32c(place, shift)).toBe(wanted)
    expect(crc32c(place, at, place.length, crc32c(place, shift, at))).toBe(wanted)
  }))
})

function bitByBit (bytes: Uint8Array): number {
  let crc = 0xffff_ffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  }
  return ~crc >>> 0
}
