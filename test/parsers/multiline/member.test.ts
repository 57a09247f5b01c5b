import { describe, expect, it } from 'vitest'
import { Pool } from '../../../src/event/pool.ts'
import { BLOCK, RAW_TEXT, Record, type Source } from '../../../src/event/record.ts'
import type { Stream, StreamRange } from '../../../src/event/stream.ts'
import { Member } from '../../../src/parsers/multiline/member.ts'
import type { JoinerSink } from '../../../src/plugin/parser.ts'
import { streamOf, takeRecord } from '../reading.ts'

interface Sent {
  readonly body: { readonly [key: string]: unknown }
  readonly metadata: string
  readonly lines: number
  readonly ranges: readonly (readonly [from: number, to: number])[]
}

class Sink implements JoinerSink {
  readonly pool = new Pool()
  readonly record = new Record(this.pool)
  readonly sent: Sent[] = []

  emit(ranges: readonly StreamRange[], lines: number): void {
    const { body, metadata } = takeRecord(this.record)
    this.sent.push({ body, metadata, lines, ranges: ranges.map(({ from, to }) => [from, to] as const) })
  }

  emitLine(stream: Stream, from: number, to: number): void {
    this.emit([{ stream, from, to }], 1)
  }
}

/** Holds every line: `GROUP TEXT` goes to its group. A group's first line gives its record, if it is asked to. */
class Holder extends Member {
  readonly sink: Sink
  readonly #withMembers: boolean
  readonly #stream = streamOf('a')
  #offset = 0

  constructor(newlines: boolean, withMembers = false) {
    const sink = new Sink()
    const key = sink.pool.key('log')
    super({ sink, key, newlines, ofRecord: false, flushTimeout: 1000, limit: 1e6, claim() {} })
    this.sink = sink
    this.#withMembers = withMembers
  }

  take(source: Source, start: number, end: number, stream: Stream, from: number, to: number): boolean {
    const bytes = this.record.bytes[source]
    const blank = bytes.indexOf(0x20, start)
    const group = this.group(bytes.toString('utf8', start, blank))
    if (group.lines === 0 && this.#withMembers) {
      this.record.append(this.settings.key, source, blank + 1, end, RAW_TEXT)
      this.record.setText(this.sink.pool.key('level'), 'error')
      this.begin(group)
      this.record.reset()
    }
    if (group.lines > 0 && this.settings.newlines) this.endLine(group)
    group.text.append(bytes, blank + 1, end)
    this.cover(group, stream, from, to)
    return true
  }

  read(...lines: string[]): this {
    for (const line of lines) {
      const block = Buffer.from(line)
      this.record.useBlock(block)
      const from = this.#offset
      this.#offset += block.length + 1
      this.take(BLOCK, 0, block.length, this.#stream, from, this.#offset)
      block.fill(0x58)
    }
    return this
  }

  get texts(): unknown[] {
    return this.sink.sent.map(({ body }) => body['log'])
  }
}

describe('Member', () => {
  it('sends the text of a group with all its lines and where they stood', () => {
    const holder = new Holder(true).read('a one', 'b other', 'a two', 'a three')
    expect([holder.heldLines, holder.heldBytes]).toEqual([4, 'one\ntwo\nthreeother'.length])
    holder.flushAll()
    expect(holder.sink.sent).toEqual([
      { body: { log: 'one\ntwo\nthree\n' }, metadata: '', lines: 3, ranges: [[0, 6], [14, 28]] },
      { body: { log: 'other\n' }, metadata: '', lines: 1, ranges: [[6, 14]] }
    ])
    expect([holder.heldLines, holder.heldBytes, holder.sink.record.count]).toEqual([0, 0, 0])
  })

  it('puts the text in the place of the first line\'s, among its other members', () => {
    const holder = new Holder(false, true).read('a one,', 'a two')
    holder.flushAll()
    expect(holder.sink.sent.map(({ body }) => body)).toEqual([{ log: 'one,two', level: 'error' }])
  })

  it('says of a record that it is not whole', () => {
    const holder = new Holder(false).read('a one')
    holder.groups[0]!.truncated = true
    holder.flushAll()
    holder.read('a two').flushAll()
    expect(holder.sink.sent.map(({ metadata }) => metadata)).toEqual(['{"multiline_truncated":true}', ''])
  })

  it('sends each group when its own last line is old enough', () => {
    const holder = new Holder(false).read('a one', 'b one')
    expect(holder.flush(10_000, false)).toBe(1000)
    holder.read('a two')
    expect(holder.flush(10_900, false)).toBe(100)
    expect(holder.flush(11_000, false)).toBe(900)
    expect(holder.texts).toEqual(['one'])
    expect(holder.flush(11_900, false)).toBe(Infinity)
    expect(holder.texts).toEqual(['one', 'onetwo'])
  })

  it('sends all groups at once when told to', () => {
    const holder = new Holder(false).read('a one', 'b two')
    expect(holder.flush(10_000, true)).toBe(Infinity)
    expect(holder.texts).toEqual(['one', 'two'])
  })

  it('sends the oldest group when there are too many, and leaves the record at hand as it was', () => {
    const holder = new Holder(false)
    for (let i = 0; i < 64; i++) holder.read(`g${i} text ${i}`)
    expect(holder.texts).toEqual([])
    holder.read('g64 more')
    expect([holder.texts, holder.groups.length, holder.heldLines]).toEqual([['text 0'], 64, 64])
  })

  it('gives the record back as it was after something that uses it', () => {
    const holder = new Holder(false).read('a held')
    const { record } = holder.sink
    record.setText(holder.sink.pool.key('log'), 'at hand')
    record.setTime(7, 8)
    holder.around(() => { holder.flushAll() })
    expect(takeRecord(record)).toMatchObject({ body: { log: 'at hand' }, seconds: 7, nanos: 8 })
    expect(holder.texts).toEqual(['held'])
  })
})
