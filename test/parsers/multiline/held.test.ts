import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Constant } from '../../../src/event/constant.ts'
import { Pool } from '../../../src/event/pool.ts'
import { BLOCK, JSON_TEXT, RAW_TEXT, Record } from '../../../src/event/record.ts'
import { Group, HeldBytes, HeldMembers, setJoined } from '../../../src/parsers/multiline/held.ts'
import { streamOf, takeRecord } from '../reading.ts'

const textOf = (held: HeldBytes): string => held.bytes.toString('latin1', 0, held.length)

describe('HeldBytes', () => {
  it('is what was appended since it was last cleared', () => {
    const piece = fc.oneof(fc.string({ unit: 'binary-ascii', maxLength: 3000 }), fc.integer({ min: 0, max: 255 }), fc.constant(undefined))
    fc.assert(fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
      const held = new HeldBytes()
      let expected = ''
      for (const one of pieces) {
        if (one === undefined) {
          held.clear()
          expected = ''
        } else if (typeof one === 'number') {
          held.appendByte(one)
          expected += String.fromCharCode(one)
        } else {
          held.append(Buffer.from(`<${one}>`, 'latin1'), 1, one.length + 1)
          expected += one
        }
      }
      expect(textOf(held)).toBe(expected)
    }))
  })

  it('gives large memory back, and keeps small memory', () => {
    const held = new HeldBytes()
    held.append(Buffer.alloc(100_000), 0, 100_000)
    held.clear()
    expect(held.bytes.length).toBe(0)
    held.append(Buffer.alloc(100), 0, 100)
    held.clear()
    expect(held.bytes.length).toBeGreaterThanOrEqual(100)
  })
})

describe('HeldMembers', () => {
  it('gives a record back after its block was overwritten, whatever its members were made of', () => {
    const pool = new Pool()
    const record = new Record(pool)
    const block = Buffer.from('a text 12.50')
    record.useBlock(block)
    record.setTime(1_795_000_000, 123_456_789)
    record.append(pool.key('raw'), BLOCK, 0, 6, RAW_TEXT)
    record.append(pool.key('number'), BLOCK, 7, 12, JSON_TEXT)
    record.setText(pool.key('own'), 'é"')
    record.setConstant(pool.key('shared'), new Constant('{"a":[1]}'))
    const held = new HeldMembers()
    held.save(record)
    takeRecord(record)
    record.setTime(1, 1)
    block.fill(0x58)
    held.restore(record)
    expect(record.text(1)).toBe('12.50')
    expect(takeRecord(record)).toEqual({
      seconds: 1_795_000_000, nanos: 123_456_789, metadata: '', keys: ['raw', 'number', 'own', 'shared'],
      body: { raw: 'a text', number: 12.5, own: 'é"', shared: { a: [1] } }
    })
  })

  it('has the last record that was saved, and none once cleared', () => {
    const pool = new Pool()
    const record = new Record(pool)
    const held = new HeldMembers()
    for (const text of ['first', 'second']) {
      record.setText(pool.key('log'), text)
      held.save(record)
      record.reset()
    }
    held.restore(record)
    expect(takeRecord(record).body).toEqual({ log: 'second' })
    held.clear()
    held.restore(record)
    expect([held.size, record.count]).toEqual([0, 0])
  })
})

describe('Group', () => {
  it('covers one range where lines follow each other, and another where they do not', () => {
    const group = new Group('stdout')
    const [a, b] = [streamOf('a'), streamOf('b')]
    group.cover(a, 0, 5)
    group.cover(a, 5, 9)
    group.cover(a, 20, 30)
    group.cover(b, 30, 31)
    expect(group.ranges).toEqual([{ stream: a, from: 0, to: 9 }, { stream: a, from: 20, to: 30 }, { stream: b, from: 30, to: 31 }])
    expect(group.lines).toBe(4)
  })

  it('forgets its lines, but neither its name nor the rule that it stands at', () => {
    const group = new Group('stdout')
    group.cover(streamOf('a'), 0, 5)
    group.text.append(Buffer.from('text'), 0, 4)
    group.rule = 3
    group.truncated = true
    expect(group.bytes).toBe(4)
    group.clear()
    expect(group).toMatchObject({ name: 'stdout', rule: 3, lines: 0, bytes: 0, ranges: [], truncated: false })
  })
})

it('the joined text takes the place of a member\'s value', () => {
  const pool = new Pool()
  const record = new Record(pool)
  record.setText(pool.key('log'), 'first line')
  record.setText(pool.key('level'), 'error')
  const text = new HeldBytes()
  text.append(Buffer.from('first line\n\tat "x"'), 0, 18)
  setJoined(record, 0, text)
  expect(takeRecord(record).body).toEqual({ log: 'first line\n\tat "x"', level: 'error' })
})
