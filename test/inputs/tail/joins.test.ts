import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Stream } from '../../../src/event/stream.ts'
import { firstLineMode } from '../../../src/inputs/tail/first-line-mode.ts'
import { makeHandling, type JoinerHandler } from '../../../src/inputs/tail/handlers.ts'
import { Joins } from '../../../src/inputs/tail/joins.ts'
import { RecordingIngest } from '../recording-ingest.ts'
import { parser } from './parsers.ts'

const first = parser('first', /^(?<level>[A-Z]+) (?<text>.*)$/s)
let ingest: RecordingIngest
let stream: Stream
let joins: Joins

beforeEach(() => {
  ingest = new RecordingIngest()
  stream = ingest.openStream({ input: 'tail.0', path: '/a', marks: {} })
})

afterEach(() => joins.close())

function make(flush: number): void {
  const joiner = firstLineMode(first, [], ingest.pool.key('log'), flush)
  joins = new Joins(makeHandling(ingest, ingest.pool, {
    key: 'log', pathKey: undefined, offsetKey: undefined, parser: null, joiner, ignoreOlder: 0
  }), joiner)
}

let at = 0

function give(handler: JoinerHandler, line: string): void {
  const bytes = Buffer.from(line)
  ingest.record.useBlock(bytes)
  handler.line(stream, 0, bytes.length, at, at + bytes.length + 1)
  at += bytes.length + 1
  joins.touched(handler)
}

describe('Joins', () => {
  it('lets a group go on in the next file of its path, and go with the last of them', () => {
    make(60_000)
    const old = joins.acquire('/a', ingest.tag('t'))
    give(old, 'ERROR one')
    const next = joins.acquire('/a', ingest.tag('t'))
    joins.release('/a')
    give(next, ' two')
    expect(ingest.held).toBe(2)
    joins.release('/a')
    ingest.commit()
    expect([ingest.values('text'), ingest.held]).toEqual([['one\n two'], 0])
  })

  it('keeps paths apart', () => {
    make(60_000)
    const a = joins.acquire('/a', ingest.tag('a'))
    const b = joins.acquire('/b', ingest.tag('b'))
    give(a, 'ERROR a1')
    give(b, 'ERROR b1')
    give(a, ' a2')
    joins.flushPath('/b')
    ingest.commit()
    expect([ingest.values('text'), ingest.held]).toEqual([['b1'], 2])
    joins.flushAll()
    ingest.commit()
    expect(ingest.records.map(({ tag, members }) => [tag, members['text']])).toEqual([['b', 'b1'], ['a', 'a1\n a2']])
    expect(ingest.held).toBe(0)
  })

  it('lets what waits go when its time has come, and commits it', async () => {
    make(30)
    const handler = joins.acquire('/a', ingest.tag('t'))
    give(handler, 'ERROR one')
    expect(ingest.records).toEqual([])
    for (let i = 0; i < 200 && ingest.records.length === 0; i++) await new Promise((resolve) => setTimeout(resolve, 5))
    expect([ingest.values('text'), ingest.held]).toEqual([['one'], 0])
  })

  it('lets everything go when all joiners together hold too much', () => {
    make(60_000)
    for (let i = 0; i < 40; i++) give(joins.acquire(`/${i}`, ingest.tag('t')), 'ERROR ' + 'x'.repeat(2_000_000))
    ingest.commit()
    expect(ingest.records.length).toBeGreaterThan(30)
    expect(ingest.held).toBeLessThan(10)
  })
})
