import { describe, expect, it } from 'vitest'
import { Pool } from '../../../src/event/pool.ts'
import { JsonParser } from '../../../src/parsers/json.ts'
import { parseText } from '../reading.ts'

/** Decodes with rules written as in a configuration: `as json log do_next` or `json log`. */
function decode(value: unknown, ...rules: string[]): object | undefined {
  const decoders = rules.map((rule) => ({ replaces: rule.startsWith('as '), words: rule.replace(/^as /, '').split(' ') }))
  const pool = new Pool()
  return parseText(new JsonParser({ name: 'j', format: 'json', decoders }, pool), pool, JSON.stringify(value))?.body
}

describe('createDecoders', () => {
  it('puts a decoded object in the value’s place', () => {
    expect(decode({ log: ' {"a":[1]}', k: 1 }, 'as json log')).toEqual({ log: { a: [1] }, k: 1 })
  })

  it.each(['plain', '[1]', '{"a":', '{a:1}', ''])('leaves %j, which is no object', (log) => {
    expect(decode({ log }, 'as json log')).toEqual({ log })
    expect(decode({ log }, 'json log')).toEqual({ log })
  })

  it('leaves values that are no text', () => {
    expect(decode({ log: 1 }, 'as json log')).toEqual({ log: 1 })
    expect(decode({ other: '{}' }, 'as json log')).toEqual({ other: '{}' })
  })

  it('appends the keys of an object, the last of equal ones winning', () => {
    expect(decode({ log: '{"a":1,"k":2}', k: 1 }, 'json log')).toEqual({ log: '{"a":1,"k":2}', k: 2, a: 1 })
  })

  it('goes on after success only with do_next, after failure with either word', () => {
    const log = String.raw`{\"a\":1}`
    expect(decode({ log }, 'as escaped log', 'as json log')).toEqual({ log: '{"a":1}' })
    expect(decode({ log }, 'as escaped log do_next', 'as json log')).toEqual({ log: { a: 1 } })
    expect(decode({ log }, 'as json log', 'as escaped log')).toEqual({ log })
    expect(decode({ log }, 'as json log try_next', 'as escaped log')).toEqual({ log: '{"a":1}' })
  })

  it('undoes the quotes of MySQL', () => {
    expect(decode({ log: String.raw`'a\'b\n\q'` }, 'as mysql_quoted log')).toEqual({ log: "a'b\n\\q" })
  })

  it('refuses a decoder that there is not', () => {
    expect(() => decode({}, 'as base64 log')).toThrow('unknown decoder base64')
    expect(() => decode({}, 'as json')).toThrow('a decoder needs its kind and a field')
  })
})
