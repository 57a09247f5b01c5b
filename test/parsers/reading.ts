/** Reads lines the way an input does: one block, one scratch record, the engine's reset after each emit. */
import type { Pool } from '../../src/event/pool.ts'
import { BLOCK, RAW_TEXT, Record } from '../../src/event/record.ts'
import { Stream, type StreamRange } from '../../src/event/stream.ts'
import type { Joiner, JoinerFactory, JoinerSink, Parser } from '../../src/plugin/parser.ts'

/** The time of reading. */
export const NOW = 1_795_000_000

export interface Sent {
  readonly seconds: number
  readonly nanos: number
  readonly body: { readonly [key: string]: unknown }
  readonly keys: readonly string[]
  readonly metadata: string
  readonly lines: number
  readonly ranges: readonly (readonly [stream: string, from: number, to: number])[]
}

/** What the record holds; it is reset, as the engine does. */
export function takeRecord(record: Record): Pick<Sent, 'seconds' | 'nanos' | 'body' | 'keys' | 'metadata'> {
  const body: { [key: string]: unknown } = {}
  const keys: string[] = []
  for (let i = 0; i < record.count; i++) {
    keys.push(record.keyText(i))
    body[record.keyText(i)] = record.value(i)
  }
  const { seconds, nanos, metadata } = record
  record.reset()
  return { seconds, nanos, body, keys, metadata }
}

export function streamOf(name: string): Stream {
  return new Stream(name, 0, { input: 'tail.0', path: name, marks: {} })
}

/** Parses one text; undefined when the parser does not take it. */
export function parseText(parser: Parser, pool: Pool, text: string): Sent | undefined {
  const record = new Record(pool)
  const block = Buffer.from(text)
  record.useBlock(block)
  record.setTime(NOW, 0)
  if (!parser.parse(record, BLOCK, 0, block.length)) return undefined
  return { ...takeRecord(record), lines: 1, ranges: [] }
}

/** Reads lines through a parser as tail does: what it does not take is the line under `log`. */
export function readLines(parser: Parser, pool: Pool, lines: readonly string[]): Sent[] {
  const record = new Record(pool)
  const key = pool.key('log')
  const block = Buffer.from(lines.map((line) => line + '\n').join(''))
  record.useBlock(block)
  const sent: Sent[] = []
  let start = 0
  for (const line of lines) {
    const end = start + Buffer.byteLength(line)
    record.setTime(NOW, 0)
    if (!parser.parse(record, BLOCK, start, end)) record.append(key, BLOCK, start, end, RAW_TEXT)
    sent.push({ ...takeRecord(record), lines: 1, ranges: [] })
    start = end + 1
  }
  return sent
}

/** A path that is followed through a joiner. */
export class JoinedPath implements JoinerSink {
  readonly record: Record
  readonly sent: Sent[] = []
  readonly joiner: Joiner
  #stream = streamOf('a')
  #offset = 0

  constructor(factory: JoinerFactory, pool: Pool) {
    this.record = new Record(pool)
    this.joiner = factory(this)
  }

  /** The next lines come from a new file of this path. */
  rotate(name: string): void {
    this.#stream = streamOf(name)
    this.#offset = 0
  }

  read(...lines: string[]): this {
    for (const line of lines) {
      // A block of its own for each line, overwritten afterwards: what is kept must have been copied.
      const block = Buffer.from(line)
      this.record.useBlock(block)
      this.record.setTime(NOW, 0)
      const from = this.#offset
      this.#offset += block.length + 1
      this.joiner.line(BLOCK, 0, block.length, this.#stream, from, this.#offset)
      if (this.record.count !== 0) throw new Error('the record is not empty after a line')
      block.fill(0x58)
    }
    return this
  }

  emit(ranges: readonly StreamRange[], lines: number): void {
    const parts = ranges.map(({ stream, from, to }) => [stream.uid, from, to] as const)
    this.sent.push({ ...takeRecord(this.record), lines, ranges: parts })
  }

  emitLine(stream: Stream, from: number, to: number): void {
    this.sent.push({ ...takeRecord(this.record), lines: 1, ranges: [[stream.uid, from, to]] })
  }
}
