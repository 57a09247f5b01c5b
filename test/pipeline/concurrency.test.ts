import { describe, expect, it } from 'vitest'
import { Concurrency } from '../../src/pipeline/concurrency.ts'

describe('concurrency', () => {
  it('grows by one with each success that was held back, up to the limit', () => {
    const concurrency = new Concurrency(3)
    expect(concurrency.limit).toBe(1)
    concurrency.success(false)
    expect(concurrency.limit).toBe(1)
    for (let i = 0; i < 5; i++) concurrency.success(true)
    expect(concurrency.limit).toBe(3)
  })

  it('halves at a complaint, once for all requests that were under way, and then grows slowly', () => {
    const concurrency = new Concurrency(16)
    for (let i = 0; i < 15; i++) concurrency.success(true)
    concurrency.overload(100, 90)
    concurrency.overload(101, 91)
    expect(concurrency.limit).toBe(8)
    concurrency.overload(200, 150)
    expect(concurrency.limit).toBe(4)
    for (let i = 0; i < 4; i++) concurrency.success(true)
    expect(concurrency.limit).toBe(4)
    concurrency.success(true)
    expect(concurrency.limit).toBe(5)
  })

  it('never falls below one', () => {
    const concurrency = new Concurrency(0)
    concurrency.overload(1, 1)
    concurrency.overload(2, 2)
    expect(concurrency.limit).toBe(1)
  })
})
