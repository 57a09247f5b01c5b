import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Gate, backoff } from '../../src/pipeline/retry.ts'

const policy = { base: 1000, cap: 60_000, limit: undefined }

describe('the back-off', () => {
  it('starts between half the base and the base, doubles its bound, and stays under the cap', () => {
    expect([backoff(1, policy, () => 0), backoff(1, policy, () => 1)]).toEqual([500, 1000])
    expect([backoff(4, policy, () => 0), backoff(4, policy, () => 1)]).toEqual([500, 8000])
    fc.assert(fc.property(fc.integer({ min: 1, max: 1e6 }), fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 1, max: 1e7 }), (attempt, jitter, cap) => {
      const wait = backoff(attempt, { ...policy, cap }, () => jitter)
      expect(wait).toBeGreaterThan(0)
      expect(wait).toBeLessThanOrEqual(cap)
    }))
  })
})

describe('the gate', () => {
  it('closes longer with each failed probe, and opens at once', () => {
    const gate = new Gate(policy, () => 1)
    gate.fail(10, 5, undefined)
    expect(gate.until).toBe(1010)
    gate.fail(1020, 1010, undefined)
    expect(gate.until).toBe(3020)
    expect(gate.succeed()).toBe(true)
    expect(gate.open).toBe(true)
    expect(gate.succeed()).toBe(false)
    gate.fail(5000, 4990, undefined)
    expect(gate.until).toBe(6000)
  })

  it('counts requests that were under way when it closed as one failure, but honours what they say', () => {
    const gate = new Gate(policy, () => 1)
    gate.fail(100, 50, undefined)
    gate.fail(101, 51, undefined)
    gate.fail(102, 52, 5000)
    expect(gate.until).toBe(5102)
  })

  it('believes no Retry-After beyond an hour, and hurries for a stop', () => {
    const gate = new Gate(policy, () => 1)
    gate.fail(0, 0, 1e12)
    expect(gate.until).toBe(3_600_000)
    gate.hurry(50)
    expect(gate.until).toBe(50)
  })
})
