import { describe, expect, test } from 'vitest'
import { Pool } from '../../src/event/pool.ts'
import type { Record } from '../../src/event/record.ts'
import { FilterUnit, TagPath } from '../../src/pipeline/tag-path.ts'

describe('the path of a tag', () => {
  test('takes the filters and outputs that match the tag, in order', () => {
    const unit = (name: string, tag: string): FilterUnit => new FilterUnit(name, (t) => t === tag, { forTag: () => () => true })
    const path = new TagPath('a', [unit('1', 'a'), unit('2', 'b'), unit('3', 'a')], [
      { name: 'x', matches: () => true }, { name: 'y', matches: () => false }, { name: 'z', matches: (t) => t === 'a' }
    ], [])
    expect(path.steps.map((step) => step.unit.name)).toEqual(['1', '3'])
    expect(path.route?.outputs).toEqual(['x', 'z'])
  })

  test('binds filters at the first record, not before what they wait for', async () => {
    const order: string[] = []
    const unit = new FilterUnit('kubernetes.0', () => true, {
      prepare: async () => { await Promise.resolve(); order.push('prepared') },
      forTag: () => { order.push('bound'); return () => true }
    })
    const path = new TagPath('a', [unit], [], [])
    await path.ready
    expect(path.steps).toHaveLength(1)
    expect(path.route).toBeNull()
    expect(order).toEqual(['prepared', 'bound'])
  })

  test('ends at a filter that joins, which is the first on the way from there', () => {
    const joins = { key: new Pool().key('log'), forTag: (tag: string) => () => (tag === 'a' ? { factory: undefined } : undefined) }
    const unit = (name: string, joining = false): FilterUnit => {
      return new FilterUnit(name, () => true, { ...(joining ? { joins } : {}), forTag: () => () => true })
    }
    const path = new TagPath('a', [unit('1'), unit('2', true), unit('3'), unit('4', true)], [], [])
    const names = (one: TagPath): string[] => one.steps.map((step) => step.unit.name)
    expect([names(path), names(path.join!.rest), names(path.join!.rest.join!.rest)]).toEqual([['1'], ['2', '3'], ['4']])
    expect(path.join!.rest.join!.rest.join).toBeUndefined()
    expect(path.join!.seamOf({} as Record)).toEqual({ factory: undefined })
  })

  test('shares one array between equal sets of outputs', () => {
    const destinations = [{ name: 'x', matches: () => true }]
    expect(new TagPath('a', [], destinations, []).route?.outputs).toBe(new TagPath('b', [], destinations, []).route?.outputs)
  })
})
