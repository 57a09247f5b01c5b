import { describe, expect, it } from 'vitest'
import { Totals, addOutcome, copyInputTerms } from '../../src/buffer/totals.ts'
import { emptyInputTerms, emptyOutputTerms } from '../../src/event/ledger.ts'

describe('Totals', () => {
  it('adds up frames, and is the same again from its own snapshot', () => {
    const nothing = { tags: [], routes: [], sections: [], constants: [], streams: [], ranges: [] }
    const totals = new Totals()
    expect(totals.isEmpty).toBe(true)
    for (const reason of ['grep', 'lua']) {
      totals.apply({
        ...nothing,
        ledger: { tail: { ...emptyInputTerms(), read: 5, created: 1, buffered: 3, joined: 1, filtered: { [reason]: 1 }, dropped: { late: 1 } } },
        delivered: { es: { ...emptyOutputTerms(), routed: 3, delivered: 1, dead_lettered: 1, repeated: 2, dropped: { [reason]: 1 } } }
      })
    }
    expect(totals.input('tail')).toEqual(
      { read: 10, created: 2, buffered: 6, joined: 2, filtered: { grep: 1, lua: 1 }, dropped: { late: 2 }, held: 0 })
    expect(totals.output('es')).toEqual(
      { routed: 6, delivered: 2, filtered: {}, fallback: 0, dead_lettered: 2, dropped: { grep: 1, lua: 1 }, waiting: 0, repeated: 4 })
    const copy = new Totals()
    copy.apply({ ...nothing, ...structuredClone(totals.directoryPart()) })
    expect(copy).toEqual(totals)
  })
})

describe('addOutcome', () => {
  it('leaves what the buffer knows itself alone', () => {
    const terms = { ...emptyOutputTerms(), routed: 4 }
    addOutcome(terms, { ...emptyOutputTerms(), routed: 9, waiting: 9, delivered: 1 })
    expect(terms).toMatchObject({ routed: 4, waiting: 0, delivered: 1 })
  })
})

describe('copyInputTerms', () => {
  it('is independent of the original and holds nothing back', () => {
    const terms = { ...emptyInputTerms(), held: 3, dropped: { late: 1 } }
    const copy = copyInputTerms(terms)
    terms.dropped.late = 2
    expect(copy).toMatchObject({ held: 0, dropped: { late: 1 } })
  })
})
