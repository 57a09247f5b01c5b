import { expect, it } from 'vitest'
import { xxh3 } from '../../../src/inputs/tail/xxh3.ts'

it('gives the published checksums of short inputs (XXH3, 64 bits, seed 0)', () => {
  expect(xxh3(Buffer.from('a')).toString(16)).toBe('e6c632b61e964e1f')
  expect(xxh3(Buffer.from('abc')).toString(16)).toBe('78af5f94892f3950')
})

it('tells inputs of every length up to 32 bytes apart', () => {
  const sums = Array.from({ length: 32 }, (_, i) => xxh3(Buffer.alloc(i + 1, 'x')))
  expect(new Set(sums).size).toBe(32)
  expect(sums.every((sum) => sum >= 0n && sum < 2n ** 64n)).toBe(true)
})
