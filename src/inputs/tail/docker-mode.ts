/**
 * The old way to join the parts of long lines in JSON files of Docker (`docker_mode`): objects whose `log` does not end
 * with a newline are joined with the next ones. With `docker_mode_parser`, complete lines are joined too, up to the next
 * line that this parser knows.
 */
import type { Key } from '../../event/pool.ts'
import { scanObject } from '../../event/json-scan.ts'
import { ARENA, BLOCK, RAW_TEXT, Record, type Source } from '../../event/record.ts'
import type { Stream, StreamRange } from '../../event/stream.ts'
import type { Joiner, JoinerFactory, JoinerSink, Parser } from '../../plugin/parser.ts'

/** Text of a group from which it is let go. */
const GROUP_LIMIT = 2 * 1024 * 1024

/** Joiners of docker_mode; `parser` takes the joined object apart, `first` knows the first line of a group. */
export function dockerMode(parser: Parser | null, first: Parser | null, key: Key, flush: number): JoinerFactory {
  return (sink) => new DockerMode(sink, parser, first, key, flush)
}

class DockerMode implements Joiner {
  readonly #sink: JoinerSink
  readonly #parser: Parser | null
  readonly #first: Parser | null
  readonly #key: Key
  readonly #flush: number
  readonly #scratch: Record
  readonly #log: Key
  /** The last object but for the text of its `log`, and the escaped text of all of them. */
  #before = ''
  #after = ''
  #text = ''
  #complete = false
  #firstSeen = false
  #ranges: StreamRange[] = []
  #due = Infinity
  #seconds = 0
  #nanos = 0

  constructor(sink: JoinerSink, parser: Parser | null, first: Parser | null, key: Key, flush: number) {
    this.#sink = sink
    this.#parser = parser
    this.#first = first
    this.#key = key
    this.#flush = flush
    this.#scratch = new Record(sink.record.pool)
    this.#log = sink.record.pool.key('log')
  }

  get heldLines(): number {
    return this.#ranges.length
  }

  get heldBytes(): number {
    return this.#text.length + this.#before.length + this.#after.length
  }

  line(source: Source, start: number, end: number, stream: Stream, from: number, to: number): void {
    const bytes = this.#sink.record.bytes[source]
    const { seconds, nanos } = this.#sink.record
    const scratch = this.#scratch
    scratch.reset()
    scratch.useBlock(bytes)
    if (this.#first !== null) {
      const begins = this.#first.parse(scratch, BLOCK, start, end)
      scratch.reset()
      if (begins) this.#firstSeen = true
      if (this.#complete && (begins || !this.#firstSeen)) this.#emit()
    }
    const index = scanObject(scratch, BLOCK, start, end) < 0 ? -1 : scratch.find(this.#log)
    if (index < 0 || !scratch.isString(index)) {
      this.#emit()
      this.#sink.record.setTime(seconds, nanos)
      this.#fill(bytes.toString('utf8', start, end))
      this.#sink.emitLine(stream, from, to)
      return
    }
    if (this.#ranges.length === 0) {
      this.#seconds = seconds
      this.#nanos = nanos
    }
    const begin = scratch.valueStart[index]! + 1
    const stop = scratch.valueEnd[index]! - 1
    this.#before = bytes.toString('utf8', start, begin)
    this.#after = bytes.toString('utf8', stop, end)
    this.#text += bytes.toString('utf8', begin, stop)
    this.#ranges.push({ stream, from, to })
    this.#due = Date.now() + this.#flush
    this.#complete = scratch.text(index).endsWith('\n')
    if ((this.#complete && this.#first === null) || this.#text.length > GROUP_LIMIT) this.#emit()
  }

  flush(now: number, all: boolean): number {
    if (this.#ranges.length === 0) return Infinity
    if (all || now >= this.#due) this.#emit()
    return this.#ranges.length === 0 ? Infinity : this.#due - now
  }

  #emit(): void {
    if (this.#ranges.length === 0) return
    const ranges = this.#ranges
    const text = this.#before + this.#text + this.#after
    this.#ranges = []
    this.#text = this.#before = this.#after = ''
    this.#complete = false
    this.#sink.record.setTime(this.#seconds, this.#nanos)
    this.#fill(text)
    this.#sink.emit(ranges, ranges.length)
  }

  #fill(text: string): void {
    const { record } = this.#sink
    const start = record.addText(text)
    const end = record.arenaLength
    if (this.#parser === null || !this.#parser.parse(record, ARENA, start, end)) {
      record.append(this.#key, ARENA, start, end, RAW_TEXT)
    }
  }
}
