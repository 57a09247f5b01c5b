import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Constant } from '../../src/event/constant.ts'
import { bodyRoom, encodeBody } from '../../src/event/encode.ts'
import { scanObject } from '../../src/event/json-scan.ts'
import { Pool } from '../../src/event/pool.ts'
import { BLOCK, RAW_TEXT, Record } from '../../src/event/record.ts'

function recordOf(json: string): Record {
  const record = new Record(new Pool())
  const block = Buffer.from(json)
  record.useBlock(block)
  expect(scanObject(record, BLOCK, 0, block.length)).toBeGreaterThan(0)
  return record
}

function encoded(record: Record): string {
  const out = Buffer.alloc(bodyRoom(record))
  return out.toString('utf8', 0, encodeBody(record, out, 0, null))
}

describe('the encoder', () => {
  test('gives any object back, with and without white space, within the room it asked for', () => {
    fc.assert(fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 })), fc.constantFrom(0, 1, 2), (object, indent) => {
      const text = encoded(recordOf(JSON.stringify(object, null, indent)))
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(object)))
    }))
  })

  test('keeps the spelling of numbers that JavaScript cannot hold', () => {
    const json = '{"id":12345678901234567890,"x":1.10,"y":-0.0,"z":1E400}'
    expect(encoded(recordOf(json))).toBe(json)
  })

  test('quotes and escapes raw text of any bytes', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => {
      const record = new Record(new Pool())
      const block = Buffer.from(text.toWellFormed())
      record.useBlock(block)
      record.append(record.pool.key('log'), BLOCK, 0, block.length, RAW_TEXT)
      expect(JSON.parse(encoded(record))).toEqual({ log: text.toWellFormed() })
    }))
  })

  test('puts constants in their place, or leaves holes for them', () => {
    const record = recordOf('{"a":1}')
    const constant = new Constant('{"pod":"web"}')
    record.setConstant(record.pool.key('kubernetes'), constant)
    record.setText(record.pool.key('z'), 'end')
    expect(encoded(record)).toBe('{"a":1,"kubernetes":{"pod":"web"},"z":"end"}')
    const holes: [number, Constant][] = []
    const out = Buffer.alloc(bodyRoom(record))
    const end = encodeBody(record, out, 0, { hole: (at, c) => holes.push([at, c]) })
    expect(out.toString('utf8', 0, end)).toBe('{"a":1,"kubernetes":,"z":"end"}')
    expect(holes).toEqual([[20, constant]])
  })
})
