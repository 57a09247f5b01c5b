import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Constant } from '../../src/event/constant.ts'
import { bodyRoom, encodeBody, holesOf } from '../../src/event/encode.ts'
import { ESCAPE_GROWTH, escapeText } from '../../src/event/escape.ts'
import { scanObject } from '../../src/event/json-scan.ts'
import { addressOf, allocate, TABLE } from '../../src/event/kernel.ts'
import { Pool } from '../../src/event/pool.ts'
import { ARENA, BLOCK, CONSTANT, JSON_TEXT, RAW_TEXT, Record } from '../../src/event/record.ts'

const SIZE = 64 * 1024
const pool = new Pool()
/** Two records: one whose buffers the kernel sees, one for JavaScript. Text lies at the same offset for both. */
const ours = { record: new Record(pool), block: allocate(SIZE), out: allocate(SIZE * 8) }
const theirs = { record: new Record(pool), block: Buffer.alloc(SIZE), out: Buffer.alloc(SIZE * 8) }
const START = 100

/** Puts a text between bytes that would be taken for more of it. */
function place(text: Buffer): number {
  for (const { record, block } of [ours, theirs]) {
    block.fill('"')
    text.copy(block, START)
    record.reset()
    record.useBlock(block)
  }
  expect(ours.record.address).toBeGreaterThan(0)
  expect(addressOf(ours.out)).toBeGreaterThan(0)
  expect(theirs.record.address).toBe(0)
  return START + text.length
}

interface Member { key: string; value: string; hash: number; kind: number }

function members(record: Record): Member[] {
  return Array.from({ length: record.count }, (_, i) => ({ key: record.keyText(i), value: record.text(i), hash: record.keyHash[i]!, kind: record.kind[i]! }))
}

function encoded({ record, out }: typeof ours): { body: string; holes: [number, Constant][]; room: number } {
  const holes: [number, Constant][] = []
  const room = bodyRoom(record)
  const counted = holesOf(record)
  const end = encodeBody(record, out, 3, { hole: (at, constant) => holes.push([at, constant]) })
  expect(holes.length).toBe(counted)
  expect(end - 3).toBeLessThanOrEqual(room)
  return { body: out.toString('latin1', 3, end), holes, room }
}

const value = fc.letrec((tie) => ({
  any: fc.oneof({ maxDepth: 4 }, fc.jsonValue(), fc.array(tie('any'), { maxLength: 3 }), fc.dictionary(fc.string({ maxLength: 3 }), tie('any'), { maxKeys: 3 }), fc.string({ unit: 'binary', maxLength: 40 }))
})).any
const key = fc.oneof(fc.constantFrom('log', 'a', 'b', 'level', ''), fc.string({ maxLength: 20 }))
const text = fc.tuple(fc.array(fc.tuple(key, value), { maxLength: 12 }), fc.constantFrom(0, 0, 0, 1), fc.array(fc.tuple(
  fc.nat(), fc.constantFrom('', '"', '\\', '{', '}', '[', ']', ',', ':', '0', '-', '.', 'e', 'E+', '\n', ' ', '\\u12', '\\u00aF', '\u0001', 'tru', 'true', 'false', 'null', '\\/'), fc.nat(3)
), { maxLength: 3 })).map(([pairs, indent, mutations]) => {
  const parts = pairs.map(([k, v]) => `${JSON.stringify(k)}:${indent === 0 ? '' : ' '}${JSON.stringify(v)}`)
  let all = `{${parts.join(indent === 0 ? ',' : ', ')}}`
  for (const [at, inserted, removed] of mutations) {
    const where = at % (all.length + 1)
    all = all.slice(0, where) + inserted + all.slice(where + removed)
  }
  return all.toWellFormed()
})

describe('the kernel', () => {
  it('finds the members, and refuses the texts, that JavaScript does', () => {
    fc.assert(fc.property(text, fc.boolean(), fc.boolean(), (json, whole, hasLog) => {
      const end = place(Buffer.from(json))
      if (hasLog) for (const { record } of [ours, theirs]) record.append(pool.key('log'), BLOCK, 0, 3, RAW_TEXT)
      const before = ours.record.count
      const behind = scanObject(ours.record, BLOCK, START, end, whole)
      expect(behind).toBe(scanObject(theirs.record, BLOCK, START, end, whole))
      expect(members(ours.record)).toEqual(members(theirs.record))
      if (behind < 0) expect(ours.record.count).toBe(before)
      expect(encoded(ours)).toMatchObject({ body: encoded(theirs).body })
    }), { numRuns: 4000 })
  })

  it('leaves an object with more members than the table holds to JavaScript, which moves the table out of sight', () => {
    const wide = { record: new Record(pool), block: allocate(SIZE), out: allocate(SIZE) }
    const json = JSON.stringify(Object.fromEntries(Array.from({ length: TABLE.members + 1 }, (_, i) => [`key${i}`, i])))
    wide.block.write(json)
    wide.record.useBlock(wide.block)
    expect(wide.record.address).toBeGreaterThan(0)
    expect(scanObject(wide.record, BLOCK, 0, json.length, true)).toBe(json.length)
    expect(wide.record.count).toBe(TABLE.members + 1)
    expect(wide.record.address).toBe(0)
    wide.record.useBlock(wide.block)
    expect(wide.record.address).toBe(0)
    expect(encoded(wide).body).toBe(json)
  })

  it('encodes members of all kinds and places as JavaScript does, constants left out', () => {
    const constants = [new Constant('{"pod":"a"}'), new Constant('[]')]
    const raw = fc.oneof(fc.string({ unit: 'binary', maxLength: 60 }), fc.string({ maxLength: 60 }), fc.constant('"'.repeat(50)))
    const member = fc.record({ key, raw, constant: fc.boolean(), place: fc.constantFrom('block', 'arena', 'json', 'constant') })
    fc.assert(fc.property(fc.array(member, { maxLength: 20 }), (wanted) => {
      const end = place(Buffer.from(wanted.map((m) => m.raw).join('')))
      for (const { record } of [ours, theirs]) {
        let at = START
        for (const [i, m] of wanted.entries()) {
          const length = Buffer.byteLength(m.raw)
          const name = pool.key(`${m.key}${i}`)
          if (m.place === 'block') record.append(name, BLOCK, at, at + length, RAW_TEXT)
          else if (m.place === 'arena') record.setText(name, m.raw)
          else if (m.place === 'json') record.setJson(name, JSON.stringify(m.raw))
          else record.setConstant(name, constants[i & 1]!)
          at += length
        }
        expect(at).toBeLessThanOrEqual(end + wanted.length * 3)
      }
      for (const { record } of [ours, theirs]) record.usePool()
      const mine = encoded(ours)
      const other = encoded(theirs)
      expect(mine.body).toBe(other.body)
      expect(mine.holes).toEqual(other.holes)
      expect(mine.room).toBeGreaterThanOrEqual(other.room)
      expect(ours.record.kind.subarray(0, wanted.length).includes(CONSTANT)).toBe(wanted.some((m) => m.place === 'constant'))
    }), { numRuns: 1000 })
  })

  it('escapes any bytes as JavaScript does, and what it writes beyond is within the room', () => {
    fc.assert(fc.property(fc.array(fc.oneof(
      fc.uint8Array({ maxLength: 60 }), fc.constantFrom('"', '\\', '""""""""', '\n', '\u0000\u001f', 'plain text, no escapes at all', 'ä€😀').map((t) => Buffer.from(t))
    ), { maxLength: 12 }), (parts) => {
      const bytes = Buffer.concat(parts)
      const end = place(bytes)
      const room = bytes.length * ESCAPE_GROWTH
      ours.out.fill(0xee, 0, room + 100)
      const mine = escapeText(ours.block, START, end, ours.out, 0)
      const other = escapeText(theirs.block, START, end, theirs.out, 0)
      expect(ours.out.toString('latin1', 0, mine)).toBe(theirs.out.toString('latin1', 0, other))
      expect(ours.out.subarray(room, room + 100).every((byte) => byte === 0xee)).toBe(true)
    }), { numRuns: 3000 })
  })

  it('gives buffers that do not overlap, in its memory while there is room and elsewhere then', () => {
    const some = Array.from({ length: 40 }, (_, i) => allocate(100 + i))
    for (const [i, buffer] of some.entries()) buffer.fill(i)
    for (const [i, buffer] of some.entries()) expect(buffer.every((byte) => byte === i)).toBe(true)
    expect(new Set(some.map(addressOf)).size).toBe(some.length)
    expect(addressOf(allocate(64 * 1024 * 1024))).toBe(0)
    expect(addressOf(Buffer.alloc(10))).toBe(0)
  })

  it('is not asked where a part of the record lies elsewhere', () => {
    const record = new Record(pool)
    record.useBlock(Buffer.from('{"a":1}'))
    expect(record.address).toBe(0)
    record.setText(pool.key('x'), 'y')
    record.append(pool.key('z'), ARENA, 0, 1, JSON_TEXT)
    record.useBlock(allocate(10))
    expect(record.address).toBeGreaterThan(0)
  })
})
