import { describe, expect, it } from 'vitest'
import { entryOf, mapScalars, nounOf, plainOf, textOf, type Value } from '../../src/config/document.ts'

const place = { file: 'a', line: 1, column: 1 }
const scalar = (text: string, plain: unknown = text): Value => ({ kind: 'scalar', text, plain, place })
const map: Value = {
  kind: 'map',
  place,
  entries: [
    { key: 'A', place, value: scalar('1', 1) },
    { key: 'a', place, value: { kind: 'list', place, items: [scalar('x'), scalar('true', true)] } }
  ]
}

describe('a document', () => {
  it('finds the last property of a name, in any case', () => {
    expect(entryOf(map.kind === 'map' ? map.entries : [], 'a')?.value.kind).toBe('list')
    expect(entryOf([], 'a')).toBeUndefined()
  })

  it('turns into plain data', () => {
    expect(plainOf(map)).toEqual({ A: 1, a: ['x', true] })
  })

  it('can be changed scalar by scalar', () => {
    const doubled = mapScalars(map, (one) => ({ ...one, plain: one.text + one.text }))
    expect(plainOf(doubled)).toEqual({ A: '11', a: ['xx', 'truetrue'] })
  })

  it('says what a value is', () => {
    expect([scalar(''), scalar('x'), map].map(nounOf)).toEqual(['nothing', 'a text', 'a map'])
    expect([textOf(scalar('x')), textOf(map), textOf(undefined)]).toEqual(['x', undefined, undefined])
  })
})
