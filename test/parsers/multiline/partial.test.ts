import { describe, expect, it } from 'vitest'
import { scanObject } from '../../../src/event/json-scan.ts'
import { Pool } from '../../../src/event/pool.ts'
import { BLOCK, Record } from '../../../src/event/record.ts'
import { Stream } from '../../../src/event/stream.ts'
import { createParsers } from '../../../src/parsers/index.ts'
import type { Joiner } from '../../../src/plugin/parser.ts'

interface Joined {
  readonly body: unknown
  readonly lines: number
  readonly metadata: string
}

function join(bufferLimit?: number): { take: (body: object) => void, sent: Joined[], joiner: Joiner } {
  const pool = new Pool()
  const record = new Record(pool)
  const stream = new Stream('a', 0, { input: 'i', path: '', marks: {} })
  const sent: Joined[] = []
  const send = (lines: number): void => {
    const body: { [key: string]: unknown } = {}
    for (let i = 0; i < record.count; i++) body[record.keyText(i)] = record.value(i)
    sent.push({ body, lines, metadata: record.metadata })
    record.reset()
  }
  const factory = createParsers([], [], pool, { bufferLimit }).joiner([], { key: 'log', ofRecords: true, partials: true, flushTimeout: 100 })
  const joiner = factory({ record, emit: (_, lines) => send(lines), emitLine: () => send(1) })
  let at = 0
  const take = (body: object): void => {
    const block = Buffer.from(JSON.stringify(body))
    record.reset()
    record.useBlock(block)
    scanObject(record, BLOCK, 0, block.length)
    record.locateString(record.find(pool.key('log')))
    joiner.line(record.stringSource, record.stringStart, record.stringEnd, stream, at, ++at)
  }
  return { take, sent, joiner }
}

const part = (log: string, id: string, ordinal: number, last = false): object => ({
  source: 'stdout', log, partial_message: 'true', partial_id: id, partial_ordinal: String(ordinal), partial_last: String(last), tail: 1
})

describe('parts of docker\'s messages', () => {
  it('are joined by their id until the last comes, those of several messages apart', () => {
    const { take, sent, joiner } = join()
    take(part('a1 "', 'a', 1))
    take(part('b1 ', 'b', 1))
    take(part('é\n', 'a', 2, true))
    expect([joiner.heldLines, sent]).toEqual([1, [{ body: { source: 'stdout', log: 'a1 "é\n', tail: 1 }, lines: 2, metadata: '' }]])
    take(part('b2', 'b', 2, true))
    expect([joiner.heldLines, sent[1]?.body]).toEqual([0, { source: 'stdout', log: 'b1 b2', tail: 1 }])
  })

  it('a message of one part is complete with it', () => {
    const { take, sent } = join()
    take(part('whole', 'a', 1, true))
    expect(sent).toEqual([{ body: { source: 'stdout', log: 'whole', tail: 1 }, lines: 1, metadata: '' }])
  })

  it('go on without the last after a while', () => {
    const { take, sent, joiner } = join()
    take(part('a1', 'a', 1))
    expect(joiner.flush(0, false)).toBe(100)
    expect(joiner.flush(101, false)).toBe(Infinity)
    expect(sent.map(({ body }) => body)).toEqual([{ source: 'stdout', log: 'a1', tail: 1 }])
  })

  it('that are too long for one record become several, marked', () => {
    const { take, sent } = join(700)
    for (let i = 1; i <= 4; i++) take(part(String(i).repeat(200), 'a', i, i === 4))
    expect(sent.map(({ body, metadata }) => [(body as { log: string }).log.length, metadata !== ''])).toEqual([[400, true], [400, false]])
  })

  it('of many messages that never end do not pile up', () => {
    const { take, sent, joiner } = join()
    for (let i = 0; i < 100; i++) take(part('x', String(i), 1))
    expect([joiner.heldLines, sent.length]).toEqual([64, 36])
  })
})
