import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bodyRoom, encodeBody } from '../../src/event/encode.ts'
import { scanObject, skipValue } from '../../src/event/json-scan.ts'
import { Pool } from '../../src/event/pool.ts'
import { BLOCK, Record } from '../../src/event/record.ts'

/** The object as the record has it, or nothing when the scanner refuses the text. */
function scan(text: string): { value: Map<string, unknown>; behind: number } | undefined {
  const record = new Record(new Pool())
  const block = Buffer.from(text)
  record.useBlock(block)
  const behind = scanObject(record, BLOCK, 0, block.length)
  if (behind < 0) {
    expect(record.count).toBe(0)
    return undefined
  }
  const value = new Map<string, unknown>()
  for (let i = 0; i < record.count; i++) value.set(record.keyText(i), record.value(i))
  expect(value.size).toBe(record.count)
  return { value, behind }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value)
const object = fc.dictionary(fc.string({ unit: 'binary' }).map((key) => key.toWellFormed()), fc.jsonValue(), { maxKeys: 6 })

describe('scanObject', () => {
  it('finds in any object what JSON.parse finds', () => {
    fc.assert(fc.property(object, fc.integer({ min: 0, max: 3 }), (value, indent) => {
      const text = `\t ${JSON.stringify(value, null, indent)}\n`
      const expected = JSON.parse(text) as object
      const found = scan(text)
      expect(found).toBeDefined()
      expect(found!.value).toEqual(new Map(Object.entries(expected)))
    }), { numRuns: 500 })
  })

  it('refuses a broken text exactly when JSON.parse does', () => {
    const mutation = fc.tuple(fc.nat(), fc.constantFrom('', '"', '\\', '{', '}', '[', ']', ',', ':', '0', '-', '.', 'e', '\n', '\\u12', '\u0001', 'tru', 'null'), fc.nat(3))
    fc.assert(fc.property(object, fc.array(mutation, { minLength: 1, maxLength: 3 }), (value, mutations) => {
      let text = JSON.stringify(value)
      for (const [at, inserted, removed] of mutations) {
        const place = at % (text.length + 1)
        text = text.slice(0, place) + inserted + text.slice(place + removed)
      }
      text = text.toWellFormed()
      const expected = parsed(text)
      const found = scan(text)
      // The scanner stops behind the object; what follows is for its caller.
      const whole = found !== undefined && /^[ \t\n\r]*$/.test(Buffer.from(text).toString('utf8', found.behind))
      expect(whole).toBe(isObject(expected))
      if (whole) expect(found.value).toEqual(new Map(Object.entries(expected as object)))
    }), { numRuns: 3000 })
  })

  it('lets the last of equal keys win in the place of the first, however they are spelled', () => {
    expect(scan('{"a":1,"b":2,"\\u0061":3}')!.value).toEqual(new Map([['a', 3], ['b', 2]]))
    expect([...scan('{"a":1,"b":2,"a":3}')!.value.keys()]).toEqual(['a', 'b'])
  })

  it('goes 128 deep and no deeper', () => {
    const nested = (depth: number): string => '{"a":' + '['.repeat(depth - 1) + ']'.repeat(depth - 1) + '}'
    expect(scan(nested(128))).toBeDefined()
    expect(scan(nested(130))).toBeUndefined()
  })

  it('says where the object ends', () => {
    expect(scan('  {"a":{}} junk')!.behind).toBe(10)
    expect(scan('{}{}')!.behind).toBe(2)
  })
})

describe('skipValue', () => {
  it('ends behind any value and refuses what is none', () => {
    fc.assert(fc.property(fc.jsonValue(), fc.constantFrom('', ',', ']', ' '), (value, behind) => {
      const bytes = Buffer.from(JSON.stringify(value) + behind)
      expect(skipValue(bytes, 0, bytes.length)).toBe(bytes.length - behind.length)
    }), { numRuns: 500 })
    for (const text of ['', '+1', '01', '1.', '.5', '1e', 'tru', 'nul', '"a', "'a'", '[1,]', '{"a"}', '{a:1}', 'NaN']) {
      const bytes = Buffer.from(text)
      const end = skipValue(bytes, 0, bytes.length)
      expect(end === bytes.length && end > 0).toBe(false)
    }
  })
})

describe('line breaks', () => {
  it('stand in no value afterwards, since outputs write a record per line', () => {
    fc.assert(fc.property(object, fc.constantFrom('\n', '\r\n '), (value, indent) => {
      const text = JSON.stringify(value, null, 1).replaceAll('\n', indent)
      const record = new Record(new Pool())
      record.useBlock(Buffer.from(text))
      expect(scanObject(record, BLOCK, 0, Buffer.byteLength(text))).toBe(Buffer.byteLength(text))
      const room = Buffer.alloc(bodyRoom(record))
      const body = room.toString('utf8', 0, encodeBody(record, room, 0, null))
      expect(body).not.toMatch(/[\r\n]/)
      expect(JSON.parse(body)).toEqual(JSON.parse(text))
      expect(record.bytes[BLOCK].toString()).toBe(text)
    }))
  })
})
