/** Parsers by expression, and a sink for joiners that keeps what it is given: enough to test what uses them. */
import { Pool } from '../../../src/event/pool.ts'
import { ARENA, BLOCK, RAW_TEXT, Record, type Source } from '../../../src/event/record.ts'
import { Stream, type StreamRange } from '../../../src/event/stream.ts'
import type { Joiner, JoinerFactory, JoinerSink, Parser } from '../../../src/plugin/parser.ts'

/** The named groups of the expression as members; `time` sets the seconds of the record. */
export function parser(name: string, pattern: RegExp): Parser {
  return {
    name,
    parse(record: Record, source: Source, start: number, end: number): boolean {
      const groups = pattern.exec(record.bytes[source].toString('utf8', start, end))?.groups
      if (groups === undefined) return false
      for (const [key, value] of Object.entries(groups)) {
        if (key === 'time') record.setTime(Number(value), 0)
        else {
          const at = record.addText(value)
          record.set(record.pool.key(key), ARENA, at, record.arenaLength, RAW_TEXT)
        }
      }
      return true
    }
  }
}

export interface Emitted {
  readonly members: { readonly [key: string]: unknown }
  readonly seconds: number
  readonly ranges: readonly (readonly [from: number, to: number])[]
}

/** A joiner with a sink of its own; lines are given as text and lie one behind the other in one stream. */
export class JoinerBench implements JoinerSink {
  readonly record = new Record(new Pool())
  readonly emitted: Emitted[] = []
  readonly joiner: Joiner
  readonly #stream = new Stream('uid', 0, { input: 'tail.0', path: '/x', marks: {} })
  #offset = 0

  constructor(factory: (pool: Pool) => JoinerFactory) {
    this.joiner = factory(this.record.pool)(this)
  }

  /** Gives lines that were read at this second. */
  give(lines: readonly string[], second = 0): void {
    for (const line of lines) {
      const bytes = Buffer.from(line)
      this.record.useBlock(bytes)
      this.record.setTime(second, 0)
      this.joiner.line(BLOCK, 0, bytes.length, this.#stream, this.#offset, this.#offset + bytes.length + 1)
      this.#offset += bytes.length + 1
    }
  }

  emit(ranges: readonly StreamRange[]): void {
    const { record } = this
    const members: { [key: string]: unknown } = {}
    for (let i = 0; i < record.count; i++) members[record.keyText(i)] = record.value(i)
    this.emitted.push({ members, seconds: record.seconds, ranges: ranges.map(({ from, to }) => [from, to] as const) })
    record.reset()
  }

  emitLine(stream: Stream, from: number, to: number): void {
    this.emit([{ stream, from, to }])
  }

  /** The members of what was emitted. */
  get members(): Emitted['members'][] {
    return this.emitted.map((each) => each.members)
  }
}
