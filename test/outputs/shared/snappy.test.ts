import fc from 'fast-check'
import { expect, test } from 'vitest'
import { snappyCompress, snappyRoom } from '../../../src/outputs/shared/snappy.ts'
import { readSnappy } from './read-snappy.ts'

test.each([0, 1, 14, 15, 16, 60, 61, 256, 257, 65_535, 65_536, 65_537, 200_000])('%d equal bytes come back', (length) => {
  const input = Buffer.alloc(length, 'a')
  expect(readSnappy(snappyCompress(input)).equals(input)).toBe(true)
})

test('log lines shrink, and come back', () => {
  const input = Buffer.from(Array.from({ length: 5000 }, (_, i) => `{"n":${i},"text":"GET /index.html","status":200}\n`).join(''))
  const small = snappyCompress(input)
  expect(small.length).toBeLessThan(input.length / 3)
  expect(readSnappy(small).equals(input)).toBe(true)
})

test('whatever it is comes back, within the room', () => {
  const words = fc.array(fc.constantFrom('abc', 'abcd', 'x', '\0\0\0\0', 'hello world, '), { maxLength: 400 }).map((list) => Buffer.from(list.join('')))
  const noise = fc.uint8Array({ maxLength: 3000 }).map((bytes) => Buffer.from(bytes))
  fc.assert(fc.property(fc.oneof(words, noise), (input) => {
    const small = snappyCompress(input)
    expect(small.length).toBeLessThanOrEqual(snappyRoom(input.length))
    expect(readSnappy(small).equals(input)).toBe(true)
  }), { numRuns: 200 })
})
