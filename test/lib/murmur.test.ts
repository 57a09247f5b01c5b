import { expect, test } from 'vitest'
import { murmur128 } from '../../src/lib/murmur.ts'
/** Four words in hexadecimal. The text does not begin at the buffer's start, so that offsets are tested too. */
function hash(text: string): string {
  const bytes = Buffer.from('xx' + text)
  return [...murmur128(bytes, 2, bytes.length)].map((word) => word.toString(16).padStart(8, '0')).join('')
}

test('gives the known values', () => {
  expect(hash('')).toBe('00000000000000000000000000000000')
  expect(hash('I will not buy this record, it is scratched.')).toBe('a0a9683b25ac5e40d9af2895890dddf5')
})

test('every byte counts, whatever the length', () => {
  const seen = new Set<string>()
  for (let length = 0; length < 40; length++) {
    for (let at = 0; at < length; at++) seen.add(hash('a'.repeat(at) + 'b' + 'a'.repeat(length - at - 1)))
    seen.add(hash('a'.repeat(length)))
  }
  expect(seen.size).toBe(820)
})
