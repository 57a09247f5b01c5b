import fc from 'fast-check'
import { expect, it } from 'vitest'
import { STRATEGIES, assign } from '../../../src/lib/kafka/assignor.ts'
import type { TopicPartition } from '../../../src/lib/kafka/group-messages.ts'

const short = (assignments: ReadonlyMap<string, readonly TopicPartition[]>): { [member: string]: string } => (
  Object.fromEntries([...assignments].map(([id, partitions]) => [id, partitions.map(({ topic, partition }) => `${topic}${partition}`).join(' ')]))
)
const members = (...ids: string[]): { id: string, topics: string[] }[] => ids.map((id) => ({ id, topics: ['t', 'u'] }))

it('gives neighbouring partitions to a member, or one after the other', () => {
  const counts = new Map([['t', 5], ['u', 2]])
  expect(short(assign('range', members('b', 'a'), counts))).toEqual({ a: 't0 t1 t2 u0', b: 't3 t4 u1' })
  expect(short(assign('roundrobin', members('b', 'a'), counts))).toEqual({ a: 't0 t2 t4 u1', b: 't1 t3 u0' })
})

it('gives topics only to those who want them', () => {
  const some = [{ id: 'a', topics: ['t'] }, { id: 'b', topics: ['u'] }, { id: 'c', topics: ['t', 'u'] }]
  for (const strategy of STRATEGIES) {
    const shared = short(assign(strategy, some, new Map([['t', 2], ['u', 2]])))
    expect([shared['a'], shared['b']].join(' ')).not.toMatch(/u.* t/)
    expect(Object.values(shared).join(' ').split(' ').filter((name) => name !== '').sort()).toEqual(['t0', 't1', 'u0', 'u1'])
  }
})

it('gives every partition to exactly one member', () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 6 }), fc.nat(12), fc.nat(12), fc.constantFrom(...STRATEGIES), (count, t, u, strategy) => {
    const assignments = assign(strategy, members(...Array.from({ length: count }, (_, i) => `m${i}`)), new Map([['t', t], ['u', u]]))
    const all = [...assignments.values()].flat().map(({ topic, partition }) => `${topic}${partition}`)
    expect([all.length, new Set(all).size]).toEqual([t + u, t + u])
    const sizes = [...assignments.values()].map((partitions) => partitions.length)
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(strategy === 'range' ? 2 : 1)
  }))
})
