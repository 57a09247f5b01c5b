import { expect, it } from 'vitest'
import { Backoff } from '../../../src/lib/kubernetes-api/backoff.ts'

it('waits grow to their ceiling, differ from each other, and begin anew after a success', () => {
  const backoff = new Backoff(100, 1000)
  const waits = Array.from({ length: 20 }, () => backoff.next())
  expect(waits[0]).toBeLessThanOrEqual(100)
  waits.forEach((wait, i) => expect(wait).toBeLessThanOrEqual(Math.min(1000, 100 * 2 ** i)))
  expect(Math.max(...waits)).toBeGreaterThan(100)
  expect(new Set(waits).size).toBeGreaterThan(10)
  backoff.succeeded()
  expect(backoff.next()).toBeLessThanOrEqual(100)
})

it('a wait is not shorter than the server asks for, within reason', () => {
  expect(new Backoff(1, 1000).next(700)).toBe(700)
  expect(new Backoff(1, 1000).next(3_600_000)).toBe(1000)
})
