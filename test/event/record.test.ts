import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Constant } from '../../src/event/constant.ts'
import { bodyRoom, encodeBody } from '../../src/event/encode.ts'
import { scanObject } from '../../src/event/json-scan.ts'
import { Pool } from '../../src/event/pool.ts'
import { ARENA, BLOCK, RAW_TEXT, Record } from '../../src/event/record.ts'
import { drop, indexOf, membersOf, put, textOf, type Members } from '../support/model.ts'

// keys that meet each other often, with what JSON must escape
const KEYS = ['a', 'b', 'ab', 'long key', 'q"', 'n\n', 'ü', '\u0001', '']
const key = fc.constantFrom(...KEYS)
const scalar = fc.oneof(fc.string({ unit: 'binary' }).map((text) => text.toWellFormed()), fc.integer(), fc.boolean(), fc.constant(null))
const value: fc.Arbitrary<unknown> = fc.oneof(scalar, fc.array(scalar, { maxLength: 3 }), fc.dictionary(key, scalar, { maxKeys: 3 }))
const object = fc.uniqueArray(fc.tuple(key, value), { selector: ([name]) => name, maxLength: 8 })

function body(record: Record): string {
  const bytes = Buffer.alloc(bodyRoom(record))
  return bytes.toString('utf8', 0, encodeBody(record, bytes, 0, null))
}

function made(members: Members, pool = new Pool()): Record {
  for (const name of KEYS) pool.key(name)
  const record = new Record(pool)
  const block = Buffer.from(textOf(members))
  record.useBlock(block)
  expect(scanObject(record, BLOCK, 0, block.length, true)).toBe(block.length)
  return record
}

interface Step {
  readonly name: string
  readonly run: (record: Record, members: Members) => void
}

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(key, fc.string()).map(([name, text]): Step => ({
    name: `setText ${name}`,
    run: (record, members) => {
      record.setText(record.pool.key(name), text)
      put(members, name, text)
    }
  })),
  fc.tuple(key, value).map(([name, given]): Step => ({
    name: `setJson ${name}`,
    run: (record, members) => {
      record.setJson(record.pool.key(name), JSON.stringify(given))
      put(members, name, given)
    }
  })),
  fc.tuple(key, value).map(([name, given]): Step => ({
    name: `setConstant ${name}`,
    run: (record, members) => {
      record.setConstant(record.pool.key(name), new Constant(JSON.stringify(given)))
      put(members, name, given)
    }
  })),
  key.map((name): Step => ({
    name: `delete ${name}`,
    run: (record, members) => {
      const at = record.find(record.pool.key(name))
      if ((at >= 0) !== (indexOf(members, name) >= 0)) throw new Error(`find says ${at}`)
      if (at >= 0) record.delete(at)
      drop(members, name)
    }
  })),
  fc.tuple(key, key).map(([from, to]): Step => ({
    name: `rename ${from} ${to}`,
    run: (record, members) => {
      const at = indexOf(members, from)
      if (at < 0 || indexOf(members, to) >= 0) return
      record.rename(record.find(record.pool.key(from)), record.pool.key(to))
      members[at]![0] = to
    }
  })),
  fc.tuple(fc.nat(), fc.nat()).map(([a, b]): Step => ({
    name: `move ${a} ${b}`,
    run: (record, members) => {
      if (members.length === 0) return
      record.move(a % members.length, b % members.length)
      members.splice(b % members.length, 0, ...members.splice(a % members.length, 1))
    }
  })),
  fc.array(fc.nat(1), { minLength: 9, maxLength: 9 }).map((marks): Step => ({
    name: 'removeMarked',
    run: (record, members) => {
      const n = Math.min(9, members.length)
      record.removeMarked(Uint8Array.from(marks), n)
      members.splice(0, n, ...members.slice(0, n).filter((_, i) => marks[i] === 0))
    }
  })),
  fc.nat(8).map((index): Step => ({
    name: 'inline',
    run: (record) => { if (index < record.count) record.inline(index) }
  }))
)

describe('Record', () => {
  it('says what a list of keys and values says, whatever is done to it', () => {
    fc.assert(fc.property(object, fc.array(step, { maxLength: 30 }), (start, steps) => {
      const members: Members = start.map(([name, given]) => [name, given])
      const record = made(members)
      for (const { run } of steps) run(record, members)
      expect(body(record)).toBe(textOf(members))
      for (const [i, [name, given]] of members.entries()) {
        expect(record.find(record.pool.key(name))).toBe(i)
        expect(record.keyText(i)).toBe(name)
        expect(record.value(i)).toEqual(given)
        expect(record.isString(i)).toBe(typeof given === 'string' && record.kind[i] !== 2)
        expect(record.text(i)).toBe(typeof given === 'string' && record.kind[i] !== 2 ? given : JSON.stringify(given))
      }
    }), { numRuns: 300 })
  })

  it('locates the characters of a string, unescaped', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }).map((text) => text.toWellFormed()), (text) => {
      const record = made([['a', text]])
      expect(record.locateString(0)).toBe(true)
      expect(record.bytes[record.stringSource].toString('utf8', record.stringStart, record.stringEnd)).toBe(text)
    }))
  })

  it('hides the first keys so that others may come under the same names', () => {
    const record = made([['a', 1], ['b', 2]])
    record.hideKeys(2)
    expect(record.find(record.pool.key('a'))).toBe(-1)
    record.setText(record.pool.key('a'), 'new')
    expect(record.find(record.pool.key('a'))).toBe(2)
    record.dropFirst(2)
    record.showKeys(record.count)
    expect(body(record)).toBe('{"a":"new"}')
  })

  it('shows hidden keys again', () => {
    const record = made([['a', 1], ['ü', 2]])
    record.hideKeys(2)
    record.showKeys(2)
    expect(record.find(record.pool.key('ü'))).toBe(1)
  })

  it('keeps more members than it had room for', () => {
    const members: Members = Array.from({ length: 300 }, (_, i) => [`key${i}`, i])
    const record = made(members)
    expect(body(record)).toBe(textOf(members))
    record.appendCopy(0)
    record.renameRange(300, ARENA, record.addText('copy'), record.arenaLength)
    expect(membersOf(body(record)).at(-1)).toEqual(['copy', 0])
  })

  it('keeps ranges of the arena valid while it grows', () => {
    const record = made([])
    record.setText(record.pool.key('a'), 'x'.repeat(60_000))
    record.setText(record.pool.key('b'), 'y'.repeat(100_000))
    expect(membersOf(body(record))).toEqual([['a', 'x'.repeat(60_000)], ['b', 'y'.repeat(100_000)]])
  })

  it('escapes raw text only where it is written', () => {
    const pool = new Pool()
    const record = new Record(pool)
    const log = pool.key('log')
    const block = Buffer.from('say "hi"\\')
    record.useBlock(block)
    record.append(log, BLOCK, 0, block.length, RAW_TEXT)
    expect(record.text(0)).toBe('say "hi"\\')
    expect(body(record)).toBe('{"log":"say \\"hi\\"\\\\"}')
  })
})

describe('scanObject', () => {
  it('takes an object with text behind it only when it need not be whole', () => {
    const record = new Record(new Pool())
    const block = Buffer.from('{"a":1} {"a":2}')
    record.useBlock(block)
    expect(scanObject(record, BLOCK, 0, block.length, true)).toBe(-1)
    expect(record.count).toBe(0)
    expect(scanObject(record, BLOCK, 0, block.length)).toBe(7)
  })

  it('leaves what the record had as it was when text follows', () => {
    const record = made([['a', 1]])
    const start = record.addText('{"a":2} x')
    expect(scanObject(record, ARENA, start, record.arenaLength, true)).toBe(-1)
    expect(body(record)).toBe('{"a":1}')
  })
})
