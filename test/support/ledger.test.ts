import { describe, expect, it } from 'vitest'
import { imbalances, total } from './ledger.ts'

const input = { read: 10, created: 1, buffered: 6, joined: 2, filtered: { 'grep.0': 1 }, dropped: { 'no route': 1 }, held: 1 }
const output = { routed: 6, delivered: 3, filtered: 0, dead_lettered: 1, dropped: {}, waiting: 2, repeated: 5 }

describe('the equations of a ledger', () => {
  it('balance when every term is accounted for', () => {
    expect(imbalances({ inputs: { 'tail.0': input }, outputs: { 'es.0': output } })).toEqual([])
  })

  it('say which one does not, with its terms', () => {
    expect(imbalances({ inputs: { 'tail.0': { ...input, read: 11 } }, outputs: { 'es.0': { ...output, waiting: 0 } } })).toEqual([
      'tail.0: read 11 + created 1 is not buffered 6 + joined 2 + filtered 1 + dropped 1 + held 1',
      'es.0: routed 6 is not delivered 3 + filtered 0 + dead_lettered 1 + dropped 0 + fallback 0 + waiting 0'
    ])
  })

  it('sum what is counted by reason', () => {
    expect([total(undefined), total(3), total({ a: 1, b: 2 })]).toEqual([0, 3, 3])
  })
})
