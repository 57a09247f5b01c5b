import { describe, expect, it } from 'vitest'
import { PluginError } from '../../src/plugin/context.ts'
import { compiling, inOrder } from '../../src/plugin/options.ts'

const place = { file: 'a.yaml', line: 1, column: 1 }
const given = (...names: string[]): { name: string; value: unknown; place: typeof place }[] => (
  names.map((name) => ({ name, value: '', place }))
)

describe('inOrder', () => {
  it('gives checked values in the order of the configuration, across options', () => {
    expect(inOrder(given('b', 'a', 'match', 'b'), { a: ['a1'], b: ['b1', 'b2'], match: '*' })).toEqual([
      { name: 'b', value: 'b1' }, { name: 'a', value: 'a1' }, { name: 'b', value: 'b2' }
    ])
  })
})

describe('compiling', () => {
  it('turns a failure into a complaint about the option', () => {
    expect(compiling('a', () => 1)).toBe(1)
    expect(() => compiling('a', () => { throw new TypeError('no') })).toThrow(expect.objectContaining({ message: 'no', option: 'a' }) as PluginError)
    expect(() => compiling('a', () => { throw new PluginError('mine', 'b') })).toThrow(expect.objectContaining({ option: 'b' }) as PluginError)
  })
})
