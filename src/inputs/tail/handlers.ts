/** What becomes of a line, chosen once per file. A line lies in the block of the scratch record. */
import { BLOCK, RAW_TEXT, type Record } from '../../event/record.ts'
import type { Key, Pool } from '../../event/pool.ts'
import type { Stream, StreamRange } from '../../event/stream.ts'
import { ownBytes } from '../../lib/own-bytes.ts'
import type { Ingest, TagHandle } from '../../plugin/input.ts'
import type { Joiner, JoinerFactory, JoinerSink, Parser } from '../../plugin/parser.ts'

/** Time of lines that carry none; read once per block. */
export class Clock {
  seconds = 0
  nanos = 0

  read(): void {
    const now = Date.now()
    this.seconds = Math.floor(now / 1000)
    this.nanos = (now % 1000) * 1_000_000
  }
}

/** What all files of an input share. */
export interface Handling {
  readonly ingest: Ingest
  readonly clock: Clock
  readonly key: Key
  readonly pathKey: Key | null
  readonly offsetKey: Key | null
  readonly parser: Parser | null
  readonly joiner: JoinerFactory | null
  /** Records with an older time of their own are left out; milliseconds, 0 for none. */
  readonly ignoreOlder: number
}

export interface LineHandler {
  /** Takes the line at `[start, end)` of the block, which covers `[from, to)` of the stream. */
  line(stream: Stream, start: number, end: number, from: number, to: number): void
  /** Lines that wait in a joiner. */
  readonly heldLines: number
}

export function makeHandling(ingest: Ingest, pool: Pool, chosen: {
  readonly key: string
  readonly pathKey: string | undefined
  readonly offsetKey: string | undefined
  readonly parser: Parser | null
  readonly joiner: JoinerFactory | null
  readonly ignoreOlder: number
}): Handling {
  return {
    ingest,
    clock: new Clock(),
    key: pool.key(chosen.key),
    pathKey: chosen.pathKey === undefined ? null : pool.key(chosen.pathKey),
    offsetKey: chosen.offsetKey === undefined ? null : pool.key(chosen.offsetKey),
    parser: chosen.parser,
    joiner: chosen.joiner,
    ignoreOlder: chosen.ignoreOlder
  }
}

/** The members that `path_key` and `offset_key` add. */
class Origin {
  readonly #record: Record
  readonly #pathKey: Key | null
  readonly #offsetKey: Key | null
  readonly #path: Buffer | null
  readonly wanted: boolean

  constructor(handling: Handling, path: string) {
    this.#record = handling.ingest.record
    this.#pathKey = handling.pathKey
    this.#offsetKey = handling.offsetKey
    this.#path = handling.pathKey === null ? null : ownBytes(path)
    this.wanted = handling.pathKey !== null || handling.offsetKey !== null
  }

  add(offset: number): void {
    const record = this.#record
    if (this.#pathKey !== null && this.#path !== null) {
      const start = record.addBytes(this.#path, 0, this.#path.length)
      record.set(this.#pathKey, 1, start, record.arenaLength, RAW_TEXT)
    }
    if (this.#offsetKey !== null) record.setJson(this.#offsetKey, String(offset))
  }
}

/** The whole line under one key. */
class RawHandler implements LineHandler {
  readonly heldLines = 0
  readonly #ingest: Ingest
  readonly #record: Record
  readonly #clock: Clock
  readonly #key: Key
  readonly #tag: TagHandle
  readonly #origin: Origin

  constructor(handling: Handling, tag: TagHandle, path: string) {
    this.#ingest = handling.ingest
    this.#record = handling.ingest.record
    this.#clock = handling.clock
    this.#key = handling.key
    this.#tag = tag
    this.#origin = new Origin(handling, path)
  }

  line(stream: Stream, start: number, end: number, from: number, to: number): void {
    const record = this.#record
    record.setTime(this.#clock.seconds, this.#clock.nanos)
    if (this.#origin.wanted) {
      this.#origin.add(from)
      record.set(this.#key, BLOCK, start, end, RAW_TEXT)
    } else record.append(this.#key, BLOCK, start, end, RAW_TEXT)
    this.#ingest.emit(this.#tag, stream, from, to)
  }
}

/** The line taken apart by a parser, or whole under one key when it is not of the parser's kind. */
class ParserHandler implements LineHandler {
  readonly heldLines = 0
  readonly #ingest: Ingest
  readonly #record: Record
  readonly #clock: Clock
  readonly #parser: Parser
  readonly #tag: TagHandle
  readonly #origin: Origin
  readonly #raw: RawHandler
  readonly #ignoreOlder: number

  constructor(handling: Handling, parser: Parser, tag: TagHandle, path: string) {
    this.#ingest = handling.ingest
    this.#record = handling.ingest.record
    this.#clock = handling.clock
    this.#parser = parser
    this.#tag = tag
    this.#origin = new Origin(handling, path)
    this.#raw = new RawHandler(handling, tag, path)
    this.#ignoreOlder = handling.ignoreOlder / 1000
  }

  line(stream: Stream, start: number, end: number, from: number, to: number): void {
    const record = this.#record
    const clock = this.#clock
    record.setTime(clock.seconds, clock.nanos)
    if (!this.#parser.parse(record, BLOCK, start, end)) {
      this.#raw.line(stream, start, end, from, to)
      return
    }
    if (this.#ignoreOlder > 0 && record.seconds < clock.seconds - this.#ignoreOlder) {
      record.reset()
      this.#ingest.drop('ignore_older', 1)
      this.#ingest.cover(stream, from, to)
      return
    }
    if (this.#origin.wanted) this.#origin.add(from)
    this.#ingest.emit(this.#tag, stream, from, to)
  }
}

/** Lines joined into groups. One lives per path, so that a group may go on in the next file of that path. */
export class JoinerHandler implements LineHandler, JoinerSink {
  readonly record: Record
  readonly joiner: Joiner
  readonly #ingest: Ingest
  readonly #clock: Clock
  readonly #tag: TagHandle
  readonly #origin: Origin
  readonly #ignoreOlder: number
  /** Files that use it. */
  users = 0
  /** Due for a flush at this `Date.now()`; 0 when nothing waits. */
  due = 0

  constructor(handling: Handling, factory: JoinerFactory, tag: TagHandle, path: string) {
    this.#ingest = handling.ingest
    this.record = handling.ingest.record
    this.#clock = handling.clock
    this.#tag = tag
    this.#origin = new Origin(handling, path)
    this.#ignoreOlder = handling.ignoreOlder / 1000
    this.joiner = factory(this)
  }

  get heldLines(): number {
    return this.joiner.heldLines
  }

  line(stream: Stream, start: number, end: number, from: number, to: number): void {
    this.record.setTime(this.#clock.seconds, this.#clock.nanos)
    this.joiner.line(BLOCK, start, end, stream, from, to)
  }

  emit(ranges: readonly StreamRange[], lines: number): void {
    if (this.#tooOld()) {
      this.#ingest.drop('ignore_older', lines)
      for (const range of ranges) this.#ingest.cover(range.stream, range.from, range.to)
      return
    }
    if (this.#origin.wanted) this.#origin.add(ranges[0]!.from)
    this.#ingest.emitJoined(this.#tag, ranges, lines)
  }

  emitLine(stream: Stream, from: number, to: number): void {
    if (this.#tooOld()) {
      this.#ingest.drop('ignore_older', 1)
      this.#ingest.cover(stream, from, to)
      return
    }
    if (this.#origin.wanted) this.#origin.add(from)
    this.#ingest.emit(this.#tag, stream, from, to)
  }

  #tooOld(): boolean {
    if (this.#ignoreOlder === 0 || this.record.seconds >= this.#clock.seconds - this.#ignoreOlder) return false
    this.record.reset()
    return true
  }
}

/** The handler of a file without a joiner. */
export function lineHandler(handling: Handling, tag: TagHandle, path: string): LineHandler {
  if (handling.parser !== null) return new ParserHandler(handling, handling.parser, tag, path)
  return new RawHandler(handling, tag, path)
}
