/** merge_log: what the text of `log` says becomes members of the record. */
import { bodyRoom, encodeBody } from '../../event/encode.ts'
import { mergeRepeated, scanObject } from '../../event/json-scan.ts'
import type { Key, Pool } from '../../event/pool.ts'
import { ARENA, CONSTANT, JSON_TEXT, RAW_TEXT, type Record, type Source } from '../../event/record.ts'
import type { Parser } from '../../plugin/parser.ts'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const NEWLINE = 0x0a
const LETTER_N = 0x6e
const LETTER_R = 0x72
const OPEN_OBJECT = 0x7b

export interface MergeOptions {
  /** Put what is merged under this key. */
  readonly under: string | undefined
  /** Take line ends off the strings that are merged. */
  readonly trim: boolean
  /** Keep `log` after it was merged. */
  readonly keep: boolean
}

export class LogMerger {
  readonly #log: Key
  readonly #under: Key | undefined
  readonly #trim: boolean
  readonly #keep: boolean

  constructor(options: MergeOptions, pool: Pool) {
    this.#log = pool.key('log')
    this.#under = options.under === undefined ? undefined : pool.key(options.under)
    this.#trim = options.trim
    this.#keep = options.keep
  }

  /** Merges `log` as the parser reads it, as JSON without one. A text that is not of that kind stays as it is. */
  merge(record: Record, parser: Parser | undefined): void {
    const at = record.find(this.#log)
    if (at < 0 || record.kind[at] === CONSTANT) return
    if (!record.locateString(at)) {
      if (record.firstByte(at) === OPEN_OBJECT) this.#mergeObject(record, at)
      return
    }
    const source = record.stringSource
    const start = record.stringStart
    const end = record.stringEnd
    if (parser !== undefined) this.#mergeParsed(record, at, parser, source, start, end)
    else if (this.#under !== undefined) this.#mergeUnder(record, at, this.#under, source, start, end)
    else this.#mergeFlat(record, at, source, start, end)
  }

  /** The common case: the members of a JSON object, appended. */
  #mergeFlat(record: Record, at: number, source: Source, start: number, end: number): void {
    if (!beginsObject(record.bytes[source], start, end)) return
    const valueSource = record.valueSource[at]!
    const valueStart = record.valueStart[at]!
    if (scanObject(record, source, start, end, true) < 0) return
    if (this.#trim) {
      // a merged value may have replaced an earlier one of the same key, so all members are asked
      for (let i = 0; i < record.count; i++) {
        if (record.valueSource[i] === source && record.valueStart[i]! > start && record.valueEnd[i]! < end) trimMember(record, i)
      }
    }
    // `log` itself stays when the object had a key of that name
    if (!this.#keep && record.valueSource[at] === valueSource && record.valueStart[at] === valueStart) record.delete(at)
  }

  #mergeUnder(record: Record, at: number, under: Key, source: Source, start: number, end: number): void {
    if (!beginsObject(record.bytes[source], start, end)) return
    const n = record.count
    record.hideKeys(n)
    if (scanObject(record, source, start, end, true) < 0) {
      record.showKeys(n)
      return
    }
    this.#gather(record, at, n, under)
  }

  #mergeParsed(record: Record, at: number, parser: Parser, source: Source, start: number, end: number): void {
    const n = record.count
    record.hideKeys(n)
    if (!parser.parse(record, source, start, end)) {
      record.showKeys(n)
      return
    }
    if (this.#under !== undefined) {
      this.#gather(record, at, n, this.#under)
      return
    }
    this.#trimFrom(record, n)
    record.showKeys(n)
    if (!this.#keep) record.delete(at)
    mergeRepeated(record, this.#keep ? n : n - 1)
  }

  /** Makes one member of those from `n` on, the others being hidden. */
  #gather(record: Record, at: number, n: number, under: Key): void {
    this.#trimFrom(record, n)
    const empty = record.count === n
    const start = record.reserve(bodyRoom(record, n))
    record.used(encodeBody(record, record.bytes[ARENA], start, null, n))
    const end = record.arenaLength
    record.truncate(n)
    record.showKeys(n)
    if (!this.#keep) record.delete(at)
    if (!empty) record.set(under, ARENA, start, end, JSON_TEXT)
  }

  #mergeObject(record: Record, at: number): void {
    const source = record.valueSource[at] as Source
    const start = record.valueStart[at]!
    const end = record.valueEnd[at]!
    if (!this.#keep) record.delete(at)
    if (this.#under === undefined) {
      scanObject(record, source, start, end)
      return
    }
    const before = record.count
    record.hideKeys(before)
    scanObject(record, source, start, end)
    const empty = record.count === before
    record.truncate(before)
    record.showKeys(before)
    if (!empty) record.set(this.#under, source, start, end, JSON_TEXT)
  }

  #trimFrom(record: Record, first: number): void {
    if (this.#trim) for (let i = first; i < record.count; i++) trimMember(record, i)
  }
}

function beginsObject(bytes: Buffer, start: number, end: number): boolean {
  while (start < end && (bytes[start] === 0x20 || bytes[start] === NEWLINE || bytes[start] === 0x0d || bytes[start] === 9)) start++
  return start < end && bytes[start] === OPEN_OBJECT
}

/** Takes newlines, and a spelled-out `\n` or `\r`, off the end of a string. */
function trimMember(record: Record, index: number): void {
  const bytes = record.bytes[record.valueSource[index] as Source]
  const start = record.valueStart[index]!
  const end = record.valueEnd[index]!
  if (record.kind[index] === RAW_TEXT) {
    const trimmed = trimRaw(bytes, start, end)
    if (trimmed !== end) record.valueEnd[index] = trimmed
    return
  }
  if (record.kind[index] !== JSON_TEXT || bytes[start] !== QUOTE) return
  const last = bytes[end - 2]
  if ((last !== LETTER_N && last !== LETTER_R) || bytes[end - 3] !== BACKSLASH) return
  const trimmed = trimEscaped(bytes, start + 1, end - 1)
  if (trimmed === end - 1) return
  const copy = record.addBytes(bytes, start, trimmed)
  const quote = record.reserve(1)
  record.bytes[ARENA][quote] = QUOTE
  record.used(quote + 1)
  record.setValue(index, ARENA, copy, quote + 1, JSON_TEXT)
}

/** A string of one newline alone stays. */
function trimRaw(bytes: Buffer, start: number, end: number): number {
  for (;;) {
    const last = bytes[end - 1]
    if (last === NEWLINE && end - 1 > start) end--
    else if ((last === LETTER_N || last === LETTER_R) && end - 2 >= start && bytes[end - 2] === BACKSLASH) end -= 2
    else return end
  }
}

/** `trimRaw` for the inside of a JSON string, where a backslash is spelled `\\` and a newline `\n`. */
function trimEscaped(bytes: Buffer, start: number, end: number): number {
  for (;;) {
    const last = bytes[end - 1]
    if (last !== LETTER_N && last !== LETTER_R) return end
    let at = end - 1
    while (at > start && bytes[at - 1] === BACKSLASH) at--
    const backslashes = end - 1 - at
    if (backslashes === 0) return end
    if (backslashes % 2 === 0) end -= 3
    else if (last === LETTER_N && end - 2 > start) end -= 2
    else return end
  }
}
