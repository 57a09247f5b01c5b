import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PluginError } from '../../src/plugin/context.ts'
import { drop, indexOf, membersOf, textOf, type Members } from '../support/model.ts'
import { build, run, through, type Properties } from './support.ts'

describe('filter modify', () => {
  it('applies rules in the order written, across options', async () => {
    expect(await run('modify', { rename: 'msg log', set: 'log2 x', copy: 'log2 log3', remove: 'log2' }, [{ msg: 'a', n: 1 }]))
      .toEqual(['{"log":"a","n":1,"log3":"x"}'])
    expect(await run('modify', { remove: 'b', copy: 'a b' }, [{ a: 1, b: 2 }])).toEqual(['{"a":1,"b":1}'])
    expect(await run('modify', { copy: 'a b', remove: 'b' }, [{ a: 1, b: 2 }])).toEqual(['{"a":1}'])
  })

  it('changes only records that fulfil all conditions', async () => {
    const conditions = ['key_exists a', 'key_value_equals b x']
    expect(await run('modify', { condition: conditions, set: 'c 1' }, [{ a: 1, b: 'x' }, { a: 1, b: 'y' }, { b: 'x' }]))
      .toEqual(['{"a":1,"b":"x","c":"1"}', '{"a":1,"b":"y"}', '{"b":"x"}'])
  })

  it('takes values in quotes and values with spaces', async () => {
    expect(await run('modify', { set: ['a "two words"', 'b two words'] }, [{}])).toEqual(['{"a":"two words","b":"two words"}'])
  })

  it.each<[string, Properties]>([
    ['condition', { condition: 'key_is_nice a' }],
    ['condition', { condition: 'key_value_equals a' }],
    ['condition', { condition: 'a_key_matches (' }],
    ['remove_regex', { remove_regex: '(' }],
    ['remove', { remove: ' ' }]
  ])('says what is wrong with %s', async (option, properties) => {
    const made = build('modify', properties)
    await expect(made).rejects.toThrow(PluginError)
    await expect(made).rejects.toMatchObject({ option })
  })

  it('does what the rules do to a list of keys and values', async () => {
    const key = fc.constantFrom('a', 'b', 'ab', 'abc', 'c')
    const rule: fc.Arbitrary<[string, string, string]> = fc.tuple(fc.constantFrom(...Object.keys(model)), key, key)
    const object = fc.dictionary(key, fc.oneof(fc.integer(), fc.string()), { maxKeys: 5 })
    await fc.assert(fc.asyncProperty(rule, rule, fc.array(object, { minLength: 1, maxLength: 4 }), async (one, two, records) => {
      const properties: { [name: string]: string[] } = {}
      for (const [name, a, b] of [one, two]) (properties[name] ??= []).push(TAKES_ONE.has(name) ? a : `${a} ${b}`)
      const built = await build('modify', properties)
      const ordered = one[0] === two[0] || Object.keys(properties)[0] === one[0] ? [one, two] : [two, one]
      const expected = records.map((record) => {
        const members = membersOf(JSON.stringify(record))
        for (const [name, a, b] of ordered) model[name]!(members, a, b)
        return textOf(members)
      })
      expect(through(built, records)).toEqual(expected)
    }), { numRuns: 400 })
  })
})

const TAKES_ONE = new Set(['remove', 'remove_wildcard', 'remove_regex', 'move_to_start', 'move_to_end'])

/** The rules over a list of keys and values. */
const model: { readonly [rule: string]: (members: Members, a: string, b: string) => void } = {
  set(members, a, b) {
    drop(members, a)
    members.push([a, b])
  },
  add(members, a, b) {
    if (indexOf(members, a) < 0) members.push([a, b])
  },
  remove: drop,
  remove_wildcard(members, a) {
    replace(members, members.filter(([key]) => !key.startsWith(a)))
  },
  remove_regex(members, a) {
    replace(members, members.filter(([key]) => !key.includes(a)))
  },
  move_to_start(members, a) {
    replace(members, [...members.filter(([key]) => key.startsWith(a)), ...members.filter(([key]) => !key.startsWith(a))])
  },
  move_to_end(members, a) {
    replace(members, [...members.filter(([key]) => !key.startsWith(a)), ...members.filter(([key]) => key.startsWith(a))])
  },
  rename(members, a, b) {
    const at = indexOf(members, a)
    if (at >= 0 && indexOf(members, b) < 0) members[at]![0] = b
  },
  hard_rename(members, a, b) {
    if (a === b || indexOf(members, a) < 0) return
    drop(members, b)
    members[indexOf(members, a)]![0] = b
  },
  copy(members, a, b) {
    const at = indexOf(members, a)
    if (at >= 0 && indexOf(members, b) < 0) members.splice(at + 1, 0, [b, members[at]![1]])
  },
  hard_copy(members, a, b) {
    if (a === b || indexOf(members, a) < 0) return
    drop(members, b)
    const at = indexOf(members, a)
    members.splice(at + 1, 0, [b, members[at]![1]])
  }
}

function replace(members: Members, by: Members): void {
  members.splice(0, members.length, ...by)
}
