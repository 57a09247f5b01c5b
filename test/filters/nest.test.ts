import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Constant } from '../../src/event/constant.ts'
import { membersOf, put, textOf, type Members } from '../support/model.ts'
import { bodyOf, build, fill, fillCri, run, through } from './support.ts'

describe('filter nest', () => {
  it('gathers members behind the others, in their order', async () => {
    expect(await run('nest', { operation: 'nest', wildcard: ['m*', 'n'], nest_under: 'p' }, [{ msg: 'a', x: 1, n: [2], nn: 3, m: null }]))
      .toEqual(['{"x":1,"nn":3,"p":{"msg":"a","n":[2],"m":null}}'])
  })

  it('leaves a record without such members as it is', async () => {
    expect(await run('nest', { operation: 'nest', wildcard: 'z*', nest_under: 'p' }, [{ a: 1 }])).toEqual(['{"a":1}'])
  })

  it('takes prefixes off and puts them on', async () => {
    const line = [{ http_a: 1, http_b: 2, x: 3 }]
    expect(await run('nest', { operation: 'nest', wildcard: 'http_*', nest_under: 'http', remove_prefix: 'http_' }, line))
      .toEqual(['{"x":3,"http":{"a":1,"b":2}}'])
    expect(await run('nest', { operation: 'nest', wildcard: 'http_*', nest_under: 'h', add_prefix: 'p"' }, line))
      .toEqual(['{"x":3,"h":{"p\\"http_a":1,"p\\"http_b":2}}'])
  })

  it('escapes raw text that it nests, and takes constants in', async () => {
    const built = await build('nest', { operation: 'nest', wildcard: ['log', 'kubernetes'], nest_under: 'in' })
    const kubernetes = built.pool.key('kubernetes')
    const filter = built.filter.forTag('app')
    fillCri(built.record, 't stdout F say "hi"\\')
    built.record.setConstant(kubernetes, new Constant('{"pod":"a"}'))
    filter(built.record)
    expect(bodyOf(built.record)).toBe('{"time":"t","stream":"stdout","_p":"F","in":{"log":"say \\"hi\\"\\\\","kubernetes":{"pod":"a"}}}')
  })

  it('lifts members to the end, with prefixes off or on', async () => {
    const line = [{ k: { a: 1, 'b"': { c: [2] } }, x: 3 }]
    expect(await run('nest', { operation: 'lift', nested_under: 'k' }, line)).toEqual(['{"x":3,"a":1,"b\\"":{"c":[2]}}'])
    expect(await run('nest', { operation: 'lift', nested_under: 'k', add_prefix: 'k_' }, line))
      .toEqual(['{"x":3,"k_a":1,"k_b\\"":{"c":[2]}}'])
    expect(await run('nest', { operation: 'lift', nested_under: 'k', remove_prefix: 'a' }, [{ k: { ab: 1, b: 2 } }])).toEqual(['{"b":2}'])
  })

  it('lifts only maps', async () => {
    expect(await run('nest', { operation: 'lift', nested_under: 'k' }, [{ k: 1 }, { k: '{}' }, { k: {} }, {}]))
      .toEqual(['{"k":1}', '{"k":"{}"}', '{}', '{}'])
  })

  it('lifts out of a constant', async () => {
    const built = await build('nest', { operation: 'lift', nested_under: 'kubernetes', add_prefix: 'k_' })
    const key = built.pool.key('kubernetes')
    const filter = built.filter.forTag('app')
    fill(built.record, '{"a":1}')
    built.record.setConstant(key, new Constant('{"pod":"x","labels":{"b":"c"}}'))
    filter(built.record)
    expect(bodyOf(built.record)).toBe('{"a":1,"k_pod":"x","k_labels":{"b":"c"}}')
  })

  it('lets a lifted member take the place of one with its key', async () => {
    expect(await run('nest', { operation: 'lift', nested_under: 'k' }, [{ a: 1, k: { a: 2 }, b: 3 }])).toEqual(['{"a":2,"b":3}'])
  })

  it.each([
    [{ operation: 'nest' }, 'operation'],
    [{ operation: 'lift', nested_under: 'a', add_prefix: 'b', remove_prefix: 'c' }, 'remove_prefix']
  ])('refuses %j', async (properties, option) => {
    await expect(build('nest', properties)).rejects.toMatchObject({ option })
  })

  it('does what nesting and lifting do to a list of keys and values', async () => {
    const key = fc.constantFrom('a', 'ab', 'p.a', 'p.b', 'c', 'k')
    const value = fc.oneof(fc.integer(), fc.string({ unit: 'binary' }).map((text) => text.toWellFormed()), fc.dictionary(key, fc.integer(), { maxKeys: 3 }))
    const object = fc.dictionary(key, value, { maxKeys: 6 })
    const nesting = await build('nest', { operation: 'nest', wildcard: ['a*', 'p.a'], nest_under: 'k', remove_prefix: 'a' })
    const lifting = await build('nest', { operation: 'lift', nested_under: 'k', add_prefix: 'p.' })
    fc.assert(fc.property(fc.array(object, { maxLength: 4 }), (records) => {
      const texts = records.map((record) => JSON.stringify(record))
      expect(through(nesting, texts)).toEqual(texts.map((text) => textOf(nestModel(membersOf(text)))))
      expect(through(lifting, texts)).toEqual(texts.map((text) => textOf(liftModel(membersOf(text)))))
    }), { numRuns: 300 })
  })
})

function nestModel(members: Members): Members {
  const inner: Members = []
  const outer: Members = []
  for (const [key, value] of members) {
    if (key.startsWith('a') || key === 'p.a') put(inner, key.replace(/^a/, ''), value)
    else outer.push([key, value])
  }
  if (inner.length > 0) put(outer, 'k', Object.fromEntries(inner))
  return outer
}

function liftModel(members: Members): Members {
  const at = members.findIndex(([key, value]) => key === 'k' && typeof value === 'object' && value !== null)
  if (at < 0) return members
  const [[, lifted]] = members.splice(at, 1) as [[string, object]]
  for (const [key, value] of Object.entries(lifted)) put(members, `p.${key}`, value)
  return members
}
