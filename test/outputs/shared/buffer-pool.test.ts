import { expect, test } from 'vitest'
import { BufferPool } from '../../../src/outputs/shared/buffer-pool.ts'

test('gives back what it was given when it is large enough', () => {
  const pool = new BufferPool(1)
  const first = pool.take(100_000)
  expect(first.length).toBeGreaterThanOrEqual(100_000)
  const second = pool.take(100_000)
  expect(second).not.toBe(first)
  pool.give(first)
  pool.give(second)
  expect(pool.take(first.length)).toBe(first)
  pool.give(first)
  expect(pool.take(first.length + 1)).not.toBe(first)
})

test('grows with what is in it', () => {
  const pool = new BufferPool(1)
  const small = pool.take(10)
  small.write('abc')
  const large = pool.grow(small, 3, 1_000_000)
  expect(large.length).toBeGreaterThanOrEqual(1_000_000)
  expect(large.toString('latin1', 0, 3)).toBe('abc')
})
