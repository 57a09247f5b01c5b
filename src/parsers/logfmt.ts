/**
 * logfmt: `key=value key="quoted \"value\"" bare`. Keys and bare values are bytes above the blank but `=` and `"`; a key
 * without a value is `true`, `key=""` is an empty text. A time that does not fit its format makes the text no match.
 */
import { keyHash, type Pool, type Range } from '../event/pool.ts'
import { ARENA, JSON_TEXT, POOL, RAW_TEXT, type Record, type Source } from '../event/record.ts'
import type { Parser } from '../plugin/parser.ts'
import { createDecoders, type Decoders } from './shared/decoders.ts'
import type { ParserDefinition } from './shared/definition.ts'
import { createTimeField, type TimeField } from './shared/time-field.ts'
import { cast, made, parseTypes, type ValueType } from './shared/types.ts'
import { unescapeUtf8 } from './shared/unescape.ts'

const IDENT = new Uint8Array(256).fill(1, 0x21)
IDENT[0x3d] = IDENT[0x22] = 0
const BACKSLASH = 0x5c
const QUOTE = 0x22

export class LogfmtParser implements Parser {
  readonly name: string
  readonly #time: TimeField | undefined
  readonly #decode: Decoders | undefined
  readonly #types: ReadonlyMap<string, ValueType>
  readonly #noBareKeys: boolean
  readonly #true: Range

  // The pair that was read last.
  #key = 0
  #keyEnd = 0
  #value = 0
  #valueEnd = 0
  #hasEquals = false
  #quoted = false
  #escaped = false

  constructor(definition: ParserDefinition, pool: Pool) {
    this.name = definition.name
    this.#time = createTimeField(definition, pool)
    this.#decode = createDecoders(definition, pool)
    this.#types = parseTypes(definition.types ?? '')
    this.#noBareKeys = definition.logfmt_no_bare_keys ?? false
    this.#true = pool.json(true)
  }

  parse(record: Record, source: Source, start: number, end: number): boolean {
    const { count, seconds, nanos } = record
    if (this.#pairs(record, source, start, end)) {
      if (this.#decode) this.#decode(record)
      return true
    }
    record.count = count
    record.setTime(seconds, nanos)
    return false
  }

  #pairs(record: Record, source: Source, start: number, end: number): boolean {
    const time = this.#time
    let found = false
    let at = start
    for (;;) {
      const bytes = record.bytes[source]
      while (at < end && IDENT[bytes[at]!] === 0) at++
      if (at >= end) return found
      at = this.#pair(bytes, at, end)
      if (this.#noBareKeys && !this.#hasEquals) return false
      const isTime = time !== undefined && this.#valueEnd > this.#value &&
        keyHash(bytes, this.#key, this.#keyEnd) === time.key.hash && bytes.toString('utf8', this.#key, this.#keyEnd) === time.key.text
      if (isTime) {
        if (!time.parser.parse(bytes, this.#value, this.#valueEnd)) return false
        time.parser.giveTo(record)
      }
      if (!isTime || time.keep) {
        this.#set(record, source)
        found = true
      }
      if (at < end && (bytes[at] === 0x0a || bytes[at] === 0x0d)) return found
    }
  }

  /** Reads a pair and returns the offset behind it. */
  #pair(bytes: Buffer, start: number, end: number): number {
    let at = start
    this.#key = at
    while (at < end && IDENT[bytes[at]!] === 1) at++
    this.#keyEnd = this.#value = this.#valueEnd = at
    this.#hasEquals = at < end && bytes[at] === 0x3d
    this.#quoted = this.#escaped = false
    if (!this.#hasEquals) return at
    at++
    this.#quoted = at < end && bytes[at] === QUOTE
    if (!this.#quoted) {
      this.#value = at
      while (at < end && IDENT[bytes[at]!] === 1) at++
      this.#valueEnd = at
      return at
    }
    this.#value = ++at
    while (at < end && bytes[at] !== QUOTE) {
      if (bytes[at] === BACKSLASH) {
        this.#escaped = true
        at++
      }
      at++
    }
    this.#valueEnd = Math.min(at, end)
    return Math.min(at + 1, end)
  }

  #set(record: Record, source: Source): void {
    let bytes = record.bytes[source]
    let keySource = source
    let key = this.#key
    let keyEnd = this.#keyEnd
    const type = this.#types.size === 0 ? undefined : this.#types.get(bytes.toString('utf8', key, keyEnd))
    if (bytes.subarray(key, keyEnd).includes(BACKSLASH)) {
      // Keys are kept as JSON spells them.
      key = record.addText(JSON.stringify(bytes.toString('utf8', key, keyEnd)).slice(1, -1))
      keyEnd = record.arenaLength
      keySource = ARENA
      bytes = record.bytes[source]
    }
    if (type !== undefined) {
      cast(record, source, this.#value, this.#valueEnd, type)
      record.setRange(keySource, key, keyEnd, made.source, made.start, made.end, made.kind)
    } else if (this.#value === this.#valueEnd && !this.#quoted) {
      record.setRange(keySource, key, keyEnd, POOL, this.#true.start, this.#true.end, JSON_TEXT)
    } else if (this.#escaped) {
      const start = record.addText(unescapeUtf8(bytes.toString('utf8', this.#value, this.#valueEnd)))
      record.setRange(keySource, key, keyEnd, ARENA, start, record.arenaLength, RAW_TEXT)
    } else record.setRange(keySource, key, keyEnd, source, this.#value, this.#valueEnd, RAW_TEXT)
  }
}
