import { expect, test } from 'vitest'
import { WriterPool } from '../../../src/outputs/shared/writer-pool.ts'

test('hands out writers again, empty', () => {
  const pool = new WriterPool(1)
  const writer = pool.take()
  writer.text('old')
  expect(pool.take()).not.toBe(writer)
  pool.give(writer)
  expect(pool.take()).toBe(writer)
  expect(writer.length).toBe(0)
})
