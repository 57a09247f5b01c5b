/** One JSON object per text. Text behind the object is ignored unless it is another value, as in Fluent Bit. */
import type { Pool } from '../event/pool.ts'
import { scanObject, skipValue } from '../event/json-scan.ts'
import type { Record, Source } from '../event/record.ts'
import type { Parser } from '../plugin/parser.ts'
import { createDecoders, type Decoders } from './shared/decoders.ts'
import type { ParserDefinition } from './shared/definition.ts'
import { createTimeField, type TimeField } from './shared/time-field.ts'

export class JsonParser implements Parser {
  readonly name: string
  readonly #time: TimeField | undefined
  readonly #decode: Decoders | undefined

  constructor(definition: ParserDefinition, pool: Pool) {
    this.name = definition.name
    this.#time = createTimeField(definition, pool)
    this.#decode = createDecoders(definition, pool)
  }

  parse(record: Record, source: Source, start: number, end: number): boolean {
    const before = record.count
    const behind = scanObject(record, source, start, end)
    if (behind < 0) return false
    if (behind < end && anotherValue(record.bytes[source], behind, end)) {
      record.count = before
      return false
    }
    if (this.#decode) this.#decode(record)
    if (this.#time) this.#takeTime(record, this.#time)
    return true
  }

  #takeTime(record: Record, { key, keep, parser }: TimeField): void {
    const index = record.find(key)
    if (index < 0 || !record.locateString(index)) return
    if (!parser.parse(record.bytes[record.stringSource], record.stringStart, record.stringEnd)) return
    parser.giveTo(record)
    if (!keep) record.delete(index)
  }
}

function anotherValue(bytes: Buffer, start: number, end: number): boolean {
  let at = start
  while (at < end && (bytes[at] === 0x20 || (bytes[at]! >= 9 && bytes[at]! <= 13))) at++
  return at < end && skipValue(bytes, at, end) >= 0
}
