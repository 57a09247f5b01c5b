/** The contracts of parsers (text into members) and joiners (lines into groups). */
import type { Record, Source } from '../event/record.ts'
import type { Stream, StreamRange } from '../event/stream.ts'

export interface Parser {
  readonly name: string
  /**
   * Parses the text at `[start, end)` of `record.bytes[source]` and appends what it finds as members of `record`
   * (`set` semantics: the last value of a key wins). Sets the record's time if the text has one that it understands.
   * Returns false, with the record as it was, when the text is not of its kind. Never throws.
   */
  parse(record: Record, source: Source, start: number, end: number): boolean
}

/**
 * Joins the lines of one path into records. It lives as long as the path is followed, rotation included.
 * Lines that wait are kept as the joiner's own bytes.
 */
export interface Joiner {
  /**
   * Takes one line, without its newline, that covers `[from, to)` of `stream`. Before it returns, the joiner calls
   * `sink.emit` for each group that ends with or before this line; a line that begins or continues a group waits.
   */
  line(source: Source, start: number, end: number, stream: Stream, from: number, to: number): void
  /**
   * Emits the groups whose last line is older than the flush time, or all of them. Returns the milliseconds until the
   * next one is due, Infinity when none waits.
   */
  flush(now: number, all: boolean): number
  /** Lines and bytes that wait. */
  readonly heldLines: number
  readonly heldBytes: number
}

/** Where a joiner puts its groups. */
export interface JoinerSink {
  /** The scratch record that the joiner fills before each `emit`. */
  readonly record: Record
  /**
   * Sends on what `record` holds. `ranges` are the source ranges it is made of, ascending per stream; `lines` is how
   * many lines that were.
   */
  emit(ranges: readonly StreamRange[], lines: number): void
  /** The common case of `emit`: one line of one stream. */
  emitLine(stream: Stream, from: number, to: number): void
}

/** Makes a joiner for one path. */
export type JoinerFactory = (sink: JoinerSink) => Joiner
