import { describe, expect, test } from 'vitest'
import { count, emptyInputTerms, emptyOutputTerms, inputImbalance, outputImbalance, sum } from '../../src/event/ledger.ts'

describe('the ledger', () => {
  test('balances when every record read or made went somewhere', () => {
    const terms = { ...emptyInputTerms(), read: 10, created: 2, buffered: 6, joined: 1, held: 1 }
    count(terms.filtered, 'grep.0', 3)
    expect(inputImbalance(terms)).toBe(1)
    count(terms.dropped, 'no route', 1)
    expect(inputImbalance(terms)).toBe(0)
  })

  test('balances when every routed record was dealt with or waits; repeats stand beside it', () => {
    const terms = { ...emptyOutputTerms(), routed: 10, delivered: 5, dead_lettered: 2, waiting: 1, repeated: 4 }
    count(terms.dropped, 'total_limit_size', 2)
    expect(outputImbalance(terms)).toBe(0)
    terms.delivered++
    expect(outputImbalance(terms)).toBe(-1)
  })

  test('sums what stands under several reasons', () => {
    const reasons = {}
    count(reasons, 'a', 1)
    count(reasons, 'b', 2)
    count(reasons, 'a', 3)
    expect(reasons).toEqual({ a: 4, b: 2 })
    expect(sum(reasons)).toBe(6)
  })
})
