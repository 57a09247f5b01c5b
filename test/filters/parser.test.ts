import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Pool } from '../../src/event/pool.ts'
import type { Parser } from '../../src/plugin/parser.ts'
import { membersOf, put, textOf, type Members } from '../support/model.ts'
import { bodyOf, build, fill, jsonParser, regexParser, through } from './support.ts'

function known(name: string, pool: Pool): Parser | undefined {
  if (name === 'j') return jsonParser('j')
  if (name === 'p') return regexParser('p', '^(?<size>\\d+) (?<log>[A-Z]+)$', pool, ['size'])
  if (name !== 'timed') return undefined
  return {
    name,
    parse(record) {
      record.setTime(77, 88)
      return true
    }
  }
}

describe('filter parser', () => {
  it('gives what was parsed alone, or before what is kept', async () => {
    const line = [{ a: 1, log: '10 GET', b: 2 }]
    expect(through(await build('parser', { key_name: 'log', parser: 'p' }, known), line)).toEqual(['{"size":10,"log":"GET"}'])
    expect(through(await build('parser', { key_name: 'log', parser: 'p', reserve_data: true }, known), line))
      .toEqual(['{"size":10,"log":"GET","a":1,"b":2}'])
  })

  it('keeps the parsed member when asked to, where it does not collide', async () => {
    const line = [{ a: 1, text: '10 GET' }]
    expect(through(await build('parser', { key_name: 'text', parser: 'p', preserve_key: true }, known), line))
      .toEqual(['{"size":10,"log":"GET","text":"10 GET"}'])
    expect(through(await build('parser', { key_name: 'text', parser: 'p', preserve_key: true, reserve_data: true }, known), line))
      .toEqual(['{"size":10,"log":"GET","a":1,"text":"10 GET"}'])
  })

  it('lets the last of equal keys win, in the place of the first', async () => {
    const built = await build('parser', { key_name: 'text', parser: 'j', reserve_data: true }, known)
    expect(through(built, [{ a: 'old', text: '{"a":"new","b":1}' }])).toEqual(['{"a":"old","b":1}'])
  })

  it('leaves a record as it is when no parser understands the text, or there is none', async () => {
    const built = await build('parser', { key_name: 'log', parser: ['j', 'p'] }, known)
    const lines = ['{"log":"??","a":1}', '{"a":1}', '{"log":5}', '{"log":{"x":1}}']
    expect(through(built, lines)).toEqual(lines)
    expect(built.record.find(built.pool.key('log'))).toBe(0)
  })

  it('tries parsers in order', async () => {
    const built = await build('parser', { key_name: 'log', parser: ['j', 'p'] }, known)
    expect(through(built, ['{"log":"{\\"x\\":1}"}', '{"log":"3 PUT"}'])).toEqual(['{"x":1}', '{"size":3,"log":"PUT"}'])
  })

  it('parses a nested text and leaves it where it is', async () => {
    const built = await build('parser', { key_name: "$k['v']", parser: 'p', reserve_data: true }, known)
    expect(through(built, [{ k: { v: '3 PUT' }, t: 1 }, { k: 1 }])).toEqual(['{"size":3,"log":"PUT","k":{"v":"3 PUT"},"t":1}', '{"k":1}'])
  })

  it('takes the time that the parser finds', async () => {
    const built = await build('parser', { key_name: 'log', parser: 'timed', reserve_data: true }, known)
    fill(built.record, '{"log":"x"}')
    built.filter.forTag('app')(built.record)
    expect([built.record.seconds, built.record.nanos, bodyOf(built.record)]).toEqual([77, 88, '{}'])
  })

  it('names a parser that there is not', async () => {
    await expect(build('parser', { key_name: 'log', parser: 'none' }, known)).rejects.toMatchObject({ option: 'parser' })
  })

  it('does what parsing does to a list of keys and values', async () => {
    const key = fc.constantFrom('a', 'b', 'text', 'ü')
    const value = fc.oneof(fc.integer(), fc.string())
    const record = fc.tuple(fc.dictionary(key, value, { maxKeys: 3 }), fc.dictionary(key, value, { maxKeys: 3 }))
    for (const [preserve, reserve] of [[false, false], [false, true], [true, false], [true, true]] as const) {
      const built = await build('parser', { key_name: 'text', parser: 'j', preserve_key: preserve, reserve_data: reserve }, known)
      fc.assert(fc.property(record, ([outer, inner]) => {
        const text = JSON.stringify(inner)
        const members = membersOf(JSON.stringify({ ...outer, text }))
        const expected: Members = membersOf(text)
        for (const [name, given] of members) if (name === 'text' ? preserve : reserve) put(expected, name, given)
        expect(through(built, [textOf(members)])).toEqual([textOf(expected)])
      }))
    }
  })
})
