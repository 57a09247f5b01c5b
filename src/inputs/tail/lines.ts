/** Blocks of bytes into lines. */
import { isUtf8 } from 'node:buffer'
import type { Record } from '../../event/record.ts'
import type { Ingest } from '../../plugin/input.ts'
import type { Counter } from '../../plugin/context.ts'
import type { Followed } from './followed.ts'
import type { Clock } from './handlers.ts'

/** A line longer than this is delivered in pieces of this size. */
export const LINE_LIMIT = 2 * 1024 * 1024

const NEWLINE = 10
const RETURN = 13

export interface LineOptions {
  readonly skipEmpty: boolean
  /** What to do with lines of `longLine` bytes or more, their newline included. */
  readonly longLine: number
  readonly long: 'whole' | 'skip' | 'truncate'
}

export interface LineCounters {
  readonly skipped: Counter
  readonly truncated: Counter
  readonly invalid: Counter
}

export class Lines {
  readonly options: LineOptions
  readonly #record: Record
  readonly #ingest: Ingest
  readonly #clock: Clock
  readonly #counters: LineCounters
  readonly #limited: boolean

  constructor(ingest: Ingest, clock: Clock, options: LineOptions, counters: LineCounters) {
    this.options = options
    this.#record = ingest.record
    this.#ingest = ingest
    this.#clock = clock
    this.#counters = counters
    this.#limited = options.long !== 'whole'
  }

  /**
   * Takes the whole lines at `[start, end)` of the block, whose index 0 is offset `base` of the stream. Returns the
   * index behind the last of them, `start` when there is none.
   */
  take(file: Followed, block: Buffer, start: number, end: number, base: number): number {
    this.#clock.read()
    if (file.decoder !== null) return this.#takeEncoded(file, block, start, end, base)
    const last = block.lastIndexOf(NEWLINE, end - 1)
    if (last < start) return start
    if (isUtf8(block.subarray(start, last))) this.#takePlain(file, block, start, last + 1, base)
    else this.#takeInvalid(file, block, start, last + 1, base)
    return last + 1
  }

  /** Takes `[start, end)` as one line, whether it ends with a newline or not. */
  takeOne(file: Followed, block: Buffer, start: number, end: number, base: number): void {
    this.#clock.read()
    const text = file.decoder === null
      ? block.toString('utf8', start, end)
      : file.decoder.decode(block, start, end, base + start === 0)
    const bytes = Buffer.from(text)
    let stop = bytes.length
    if (stop > 0 && bytes[stop - 1] === NEWLINE) stop--
    this.#record.useBlock(bytes)
    this.#line(file, bytes, 0, stop, base + start, base + end)
  }

  /** Gives a line up for its length. */
  skip(file: Followed, from: number, to: number): void {
    this.#counters.skipped.value++
    this.#ingest.drop('long_line', 1)
    this.#ingest.cover(file.stream, from, to)
  }

  /** Takes `[start, end)`, the beginning of a long line that covers `[from, to)`; the rest is left out. */
  truncate(file: Followed, block: Buffer, start: number, end: number, from: number, to: number): void {
    this.#clock.read()
    this.#counters.truncated.value++
    const cut = file.decoder === null ? wholeCharacters(block, start, end) : file.decoder.cut(block, start, end)
    const text = file.decoder === null
      ? block.toString('utf8', start, cut)
      : file.decoder.decode(block, start, cut, from === 0)
    const bytes = Buffer.from(text)
    this.#record.useBlock(bytes)
    file.handler!.line(file.stream, 0, bytes.length, from, to)
  }

  #takePlain(file: Followed, block: Buffer, start: number, end: number, base: number): void {
    this.#record.useBlock(block)
    for (let at = start; at < end;) {
      const newline = block.indexOf(NEWLINE, at)
      if (this.#limited && newline + 1 - at >= this.options.longLine) {
        this.#long(file, block, at, newline + 1, base)
        this.#record.useBlock(block)
      } else this.#line(file, block, at, newline, base + at, base + newline + 1)
      at = newline + 1
    }
  }

  /** The line at `[start, end)`, its newline left out, that covers `[from, to)`. */
  #line(file: Followed, block: Buffer, start: number, end: number, from: number, to: number): void {
    // zeros that a writer left before its offset when the file was truncated under it
    while (start < end && block[start] === 0) start++
    const length = end - start
    if (length <= 1 && this.options.skipEmpty && (length === 0 || block[start] === RETURN)) {
      this.#ingest.cover(file.stream, from, to)
      return
    }
    // a line that is nothing but a carriage return keeps it, as Fluent Bit has it
    if (length >= 2 && block[end - 1] === RETURN) end--
    file.handler!.line(file.stream, start, end, from, to)
  }

  #long(file: Followed, block: Buffer, start: number, end: number, base: number): void {
    if (this.options.long === 'skip') this.skip(file, base + start, base + end)
    else this.truncate(file, block, start, start + this.options.longLine - 1, base + start, base + end)
  }

  /** Bytes that are not UTF-8: looked at line by line, each invalid sequence becomes U+FFFD. */
  #takeInvalid(file: Followed, block: Buffer, start: number, end: number, base: number): void {
    for (let at = start; at < end;) {
      const next = block.indexOf(NEWLINE, at) + 1
      if (this.#limited && next - at >= this.options.longLine) this.#long(file, block, at, next, base)
      else if (isUtf8(block.subarray(at, next))) {
        this.#record.useBlock(block)
        this.#line(file, block, at, next - 1, base + at, base + next)
      } else {
        this.#counters.invalid.value++
        this.takeOne(file, block, at, next, base)
      }
      at = next
    }
  }

  #takeEncoded(file: Followed, block: Buffer, start: number, end: number, base: number): number {
    let at = start
    for (;;) {
      const next = file.decoder!.lineEnd(block, at, at, end)
      if (next < 0) return at
      if (this.#limited && next - at >= this.options.longLine) this.#long(file, block, at, next, base)
      else this.takeOne(file, block, at, next, base)
      at = next
    }
  }
}

/** The greatest index up to `end` that does not lie within a UTF-8 character. */
export function wholeCharacters(block: Buffer, start: number, end: number): number {
  let at = end
  while (at > start && end - at < 3 && (block[at]! & 0xc0) === 0x80) at--
  return at === start ? end : at
}
