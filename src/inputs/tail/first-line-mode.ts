/**
 * The old way to join lines (`multiline on`): a line that `parser_firstline` knows begins a group; the lines after it are
 * taken apart by `parser_1`, `parser_2` … or, when none knows them, added to the last text of the group.
 */
import type { Key } from '../../event/pool.ts'
import { ARENA, BLOCK, RAW_TEXT, Record, type Source } from '../../event/record.ts'
import type { Stream, StreamRange } from '../../event/stream.ts'
import type { Joiner, JoinerFactory, JoinerSink, Parser } from '../../plugin/parser.ts'

/** Text of a group from which it is let go. */
const GROUP_LIMIT = 2 * 1024 * 1024

/** Joiners of the old multiline mode; `key` is that of a line that belongs to no group. */
export function firstLineMode(first: Parser, rest: readonly Parser[], key: Key, flush: number): JoinerFactory {
  return (sink) => new FirstLineMode(sink, first, rest, key, flush)
}

/** A line of a group that a parser knows, with the lines that are added to its last text. */
interface Part {
  readonly parser: Parser
  readonly text: string
  added: string
}

class FirstLineMode implements Joiner {
  readonly #sink: JoinerSink
  readonly #first: Parser
  readonly #rest: readonly Parser[]
  readonly #key: Key
  readonly #flush: number
  readonly #scratch: Record
  #parts: Part[] = []
  #ranges: StreamRange[] = []
  #bytes = 0
  /** The last value of the group is a text, so that lines can be added to it. */
  #open = false
  #due = Infinity
  #seconds = 0
  #nanos = 0

  constructor(sink: JoinerSink, first: Parser, rest: readonly Parser[], key: Key, flush: number) {
    this.#sink = sink
    this.#first = first
    this.#rest = rest
    this.#key = key
    this.#flush = flush
    this.#scratch = new Record(sink.record.pool)
  }

  get heldLines(): number {
    return this.#ranges.length
  }

  get heldBytes(): number {
    return this.#bytes
  }

  line(source: Source, start: number, end: number, stream: Stream, from: number, to: number): void {
    const { record } = this.#sink
    const bytes = record.bytes[source]
    const { seconds, nanos } = record
    this.#scratch.useBlock(bytes)
    if (this.#knows(this.#first, start, end)) {
      const open = this.#open
      this.#emit()
      this.#open = open
      this.#seconds = seconds
      this.#nanos = nanos
      this.#hold(this.#first, bytes.toString('utf8', start, end), stream, from, to)
      return
    }
    if (this.#parts.length > 0) {
      const parser = this.#rest.find((each) => this.#knows(each, start, end))
      if (parser !== undefined || this.#open) {
        this.#hold(parser ?? null, bytes.toString('utf8', start, end), stream, from, to)
        return
      }
    }
    record.setTime(seconds, nanos)
    record.append(this.#key, source, start, end, RAW_TEXT)
    this.#sink.emitLine(stream, from, to)
  }

  flush(now: number, all: boolean): number {
    if (this.#ranges.length === 0) return Infinity
    if (all || now >= this.#due) this.#emit()
    return this.#ranges.length === 0 ? Infinity : this.#due - now
  }

  #knows(parser: Parser, start: number, end: number): boolean {
    const scratch = this.#scratch
    scratch.reset()
    if (!parser.parse(scratch, BLOCK, start, end)) return false
    this.#open = scratch.count > 0 && scratch.isString(scratch.count - 1)
    return true
  }

  #hold(parser: Parser | null, text: string, stream: Stream, from: number, to: number): void {
    if (parser === null) this.#parts.at(-1)!.added += '\n' + text
    else this.#parts.push({ parser, text, added: '' })
    this.#ranges.push({ stream, from, to })
    this.#bytes += text.length
    this.#due = Date.now() + this.#flush
    if (this.#bytes > GROUP_LIMIT) this.#emit()
  }

  #emit(): void {
    if (this.#parts.length === 0) return
    const { record } = this.#sink
    record.setTime(this.#seconds, this.#nanos)
    for (const [i, part] of this.#parts.entries()) {
      const { seconds, nanos } = record
      const start = record.addText(part.text)
      part.parser.parse(record, ARENA, start, record.arenaLength)
      // the group has the time of its first line
      if (i > 0) record.setTime(seconds, nanos)
      const last = record.count - 1
      if (part.added === '' || last < 0) continue
      const joined = record.addText(record.text(last) + part.added)
      record.setValue(last, ARENA, joined, record.arenaLength, RAW_TEXT)
    }
    const ranges = this.#ranges
    this.#parts = []
    this.#ranges = []
    this.#bytes = 0
    this.#open = false
    this.#sink.emit(ranges, ranges.length)
  }
}
