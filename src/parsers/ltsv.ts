/** Labelled tab-separated values (ltsv.org): `label:value`, labels of letters, digits, `_`, `.` and `-`. */
import { keyHash, type Pool } from '../event/pool.ts'
import { RAW_TEXT, type Record, type Source } from '../event/record.ts'
import type { Parser } from '../plugin/parser.ts'
import { createDecoders, type Decoders } from './shared/decoders.ts'
import type { ParserDefinition } from './shared/definition.ts'
import { createTimeField, type TimeField } from './shared/time-field.ts'
import { cast, made, parseTypes, type ValueType } from './shared/types.ts'

const LABEL = new Uint8Array(256)
const FIELD = new Uint8Array(256).fill(1)
for (const letter of '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_.-') LABEL[letter.charCodeAt(0)] = 1
for (const code of [0, 9, 10, 13]) FIELD[code] = 0

export class LtsvParser implements Parser {
  readonly name: string
  readonly #time: TimeField | undefined
  readonly #decode: Decoders | undefined
  readonly #types: ReadonlyMap<string, ValueType>

  constructor(definition: ParserDefinition, pool: Pool) {
    this.name = definition.name
    this.#time = createTimeField(definition, pool)
    this.#decode = createDecoders(definition, pool)
    this.#types = parseTypes(definition.types ?? '')
  }

  parse(record: Record, source: Source, start: number, end: number): boolean {
    const { count, seconds, nanos } = record
    if (this.#fields(record, source, start, end)) {
      if (this.#decode) this.#decode(record)
      return true
    }
    record.count = count
    record.setTime(seconds, nanos)
    return false
  }

  #fields(record: Record, source: Source, start: number, end: number): boolean {
    const time = this.#time
    let found = false
    let at = start
    while (at < end) {
      const bytes = record.bytes[source]
      const label = at
      while (at < end && LABEL[bytes[at]!] === 1) at++
      if (at === end || bytes[at] !== 0x3a) break
      const labelEnd = at++
      const field = at
      while (at < end && FIELD[bytes[at]!] === 1) at++
      if (labelEnd > label) {
        const isTime = time !== undefined && at > field && keyHash(bytes, label, labelEnd) === time.key.hash &&
          bytes.toString('latin1', label, labelEnd) === time.key.text
        if (isTime) {
          if (!time.parser.parse(bytes, field, at)) return false
          time.parser.giveTo(record)
        }
        if (!isTime || time.keep) {
          this.#set(record, source, label, labelEnd, field, at)
          found = true
        }
      }
      if (at < end && bytes[at] === 0x09) at++
      if (at < end && (bytes[at] === 0x0d || bytes[at] === 0x0a)) break
    }
    return found
  }

  #set(record: Record, source: Source, label: number, labelEnd: number, field: number, fieldEnd: number): void {
    const type = this.#types.size === 0 ? undefined : this.#types.get(record.bytes[source].toString('latin1', label, labelEnd))
    if (type === undefined) record.setRange(source, label, labelEnd, source, field, fieldEnd, RAW_TEXT)
    else {
      cast(record, source, field, fieldEnd, type)
      record.setRange(source, label, labelEnd, made.source, made.start, made.end, made.kind)
    }
  }
}
