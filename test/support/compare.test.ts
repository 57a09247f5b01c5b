import { describe, expect, it } from 'vitest'
import { compare } from './compare.ts'

const differs = (want: string, have: string): boolean => compare(want, have, '/cases/a').differences.length > 0
const present = (Date.now() / 1000).toFixed(6)

describe('compare', () => {
  it('takes lines of JSON as JSON and tells another order of keys apart', () => {
    expect(compare('{"a":1,"b":{"c":2,"d":3}}', '{ "a": 1, "b": { "d": 3, "c": 2 } }', '/cases/a')).toMatchObject({ differences: [], reordered: [{}] })
    expect(differs('{"a":1}', '{"a":1,"b":2}')).toBe(true)
    expect(differs('{"a":1}', '{"a":"1"}')).toBe(true)
    expect(differs('{"a":[1,2]}', '{"a":[2,1]}')).toBe(true)
  })

  it('tells 64-bit integers apart and lets times differ by a microsecond', () => {
    expect(differs('{"n":9007199254740993}', '{"n":9007199254740992}')).toBe(true)
    expect(differs('{"date":1795341600.123456}', '{"date":1795341600.123457}')).toBe(false)
    expect(differs('{"date":1795341600.123456}', '{"date":1795341600.12346}')).toBe(true)
    expect(differs('{"n":1.0}', '{"n":1}')).toBe(false)
  })

  it('takes a time of now for <now> and no other', () => {
    expect(differs('{"date":<now>}', `{"date":${present}}`)).toBe(false)
    expect(differs('{"date":<now>}', '{"date":1.5}')).toBe(true)
    expect(differs('app: [<now>, {}]', `app: [${present}, {}]`)).toBe(false)
    expect(differs('app: [<now>, {}]', 'app: [12.5, {}]')).toBe(true)
  })

  it('puts the case folder in its place and counts missing and added lines', () => {
    expect(differs('{"f":"${CASE_DIR}/x"}', '{"f":"/cases/a/x"}')).toBe(false)
    expect(differs('{"a":1}\n{"a":2}', '{"a":1}')).toBe(true)
    expect(differs('{"a":1}', '{"a":1}\n{"a":2}')).toBe(true)
    expect(differs('plain', 'plain ')).toBe(true)
  })
})
