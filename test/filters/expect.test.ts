import { describe, expect, it } from 'vitest'
import { build, through } from './support.ts'

const line = '{"a":"x","nil":null,"k":{"b":1},"n":5}'

describe('filter expect', () => {
  it.each<[string, string, boolean]>([
    ['key_exists', "$k['b']", true],
    ['key_exists', 'z', false],
    ['key_not_exists', 'z', true],
    ['key_not_exists', 'nil', false],
    ['key_val_is_null', 'nil', true],
    ['key_val_is_null', 'a', false],
    ['key_val_is_null', 'z', false],
    ['key_val_is_not_null', 'a', true],
    ['key_val_is_not_null', 'nil', false],
    ['key_val_is_not_null', 'z', false],
    ['key_val_eq', 'a x', true],
    ['key_val_eq', 'a y', false],
    ['key_val_eq', 'n 6', true],
    ['key_val_eq', 'z y', false]
  ])('%s %s: %s', async (rule, value, holds) => {
    const built = await build('expect', { [rule]: value, action: 'result_key' })
    expect(through(built, [line])).toEqual([`{"matched":${holds},${line.slice(1)}`])
    const warning = await build('expect', { [rule]: value })
    expect(through(warning, [line])).toEqual([line])
    expect(warning.messages.length).toBe(holds ? 0 : 1)
    expect(warning.finished).toEqual([])
  })

  it('says which rule does not hold', async () => {
    const built = await build('expect', { key_exists: ['a', 'z'] })
    through(built, [line])
    expect(built.messages).toEqual([{ level: 'warn', text: 'A record of app does not fulfil key_exists z.' }])
  })

  it('ends the agent once with action exit', async () => {
    const built = await build('expect', { key_exists: 'z', action: 'exit' })
    through(built, [line, line])
    expect(built.finished).toEqual([255])
    expect(built.messages.length).toBe(1)
  })

  it('puts the outcome first under its own key, over one that is there', async () => {
    const built = await build('expect', { key_exists: 'z', action: 'result_key', result_key: 'a' })
    expect(through(built, ['{"n":1,"a":2}'])).toEqual(['{"a":false,"n":1}'])
  })
})
