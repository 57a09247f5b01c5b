import { describe, expect, it } from 'vitest'
import { RateLimit, readRate } from '../../../src/filters/kubernetes/rate-limit.ts'

it('a rate is so many a second, a minute or an hour', () => {
  expect(['100', ' 5 / m ', '7/h', '1e3/s'].map(readRate)).toEqual([
    { records: 100, seconds: 1 }, { records: 5, seconds: 60 }, { records: 7, seconds: 3600 }, { records: 1000, seconds: 1 }
  ])
  expect(['', 'fast', '-1', '5/d', '5/s/s'].map(readRate)).toEqual([undefined, undefined, undefined, undefined, undefined])
})

describe('a limit', () => {
  it('lets as many through as the records\' own times allow, however quickly they come', () => {
    const limit = new RateLimit({ records: 10, seconds: 1 })
    let kept = 0
    for (let i = 0; i < 1000; i++) if (limit.take(1_700_000_000 + i / 100)) kept++
    expect(kept).toBeGreaterThanOrEqual(108)
    expect(kept).toBeLessThanOrEqual(110)
  })

  it('of nothing lets nothing through, and time that goes back gives nothing', () => {
    expect(new RateLimit({ records: 0, seconds: 1 }).take(5)).toBe(false)
    const limit = new RateLimit({ records: 1, seconds: 1 })
    expect([limit.take(10), limit.take(5), limit.take(10), limit.take(11)]).toEqual([true, false, false, true])
  })
})
