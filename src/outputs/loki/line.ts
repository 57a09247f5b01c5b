/** A record as a line of Loki: the text of a JSON string, quotes included. */
import type { Accessor } from '../../event/accessor.ts'
import type { Batch } from '../../event/batch.ts'
import { bodyRoom, encodeBody } from '../../event/encode.ts'
import { ESCAPE_GROWTH, escapeText } from '../../event/escape.ts'
import type { Record } from '../../event/record.ts'
import type { ByteWriter } from '../../lib/byte-writer.ts'
import type { LokiOptions } from './options.ts'
import { memberRange } from './remove-member.ts'

const QUOTE = 0x22

export class Line {
  readonly #removed: readonly Accessor[]
  readonly #single: 'off' | 'on' | 'raw'
  readonly #isJson: boolean
  #scratch = Buffer.allocUnsafeSlow(65_536)

  constructor({ drop_single_key, line_format }: LokiOptions, removed: readonly Accessor[]) {
    this.#removed = removed
    this.#single = drop_single_key === 'raw' ? 'raw' : /^(on|true|yes)$/.test(drop_single_key) ? 'on' : 'off'
    this.#isJson = line_format === 'json'
  }

  /** Whether the record must be open. */
  get needsRecord(): boolean {
    return this.#removed.length > 0 || this.#single !== 'off' || !this.#isJson
  }

  /** Appends the line of a record; `record` is open when it must be, and is changed. */
  write(batch: Batch, index: number, record: Record, to: ByteWriter): void {
    if (!this.needsRecord) {
      const size = batch.bodySize(index)
      this.#reserve(size)
      batch.writeBody(index, this.#scratch, 0)
      this.#escape(size, to)
      return
    }
    for (const accessor of this.#removed) remove(accessor, record)
    const text = this.#text(record)
    if (text !== undefined) {
      to.text(JSON.stringify(text.toWellFormed()))
      return
    }
    this.#reserve(bodyRoom(record))
    this.#escape(encodeBody(record, this.#scratch, 0, null), to)
  }

  /** The line when it is not the record's JSON text. */
  #text(record: Record): string | undefined {
    if (record.count === 1 && this.#single !== 'off') {
      if (!this.#isJson) return record.isString(0) ? record.text(0) : keyValue(record.value(0))
      const quoted = record.isString(0) && this.#single === 'on'
      return quoted ? JSON.stringify(record.text(0)) : record.text(0)
    }
    if (this.#isJson) return undefined
    const pairs: string[] = []
    for (let i = 0; i < record.count; i++) {
      const value = record.value(i)
      pairs.push(`${record.keyText(i)}=${typeof value === 'number' ? record.text(i) : keyValue(value)}`)
    }
    return pairs.join(' ')
  }

  #reserve(size: number): void {
    if (this.#scratch.length < size) this.#scratch = Buffer.allocUnsafeSlow(size * 2)
  }

  #escape(size: number, to: ByteWriter): void {
    to.reserve(size * ESCAPE_GROWTH + 2)
    to.bytes[to.length] = QUOTE
    to.length = escapeText(this.#scratch, 0, size, to.bytes, to.length + 1)
    to.bytes[to.length++] = QUOTE
  }
}

/** A value in Fluent Bit's form of key_value: `"text"`, `1`, `"[1 2]"`, `"map[a:1]"`. */
function keyValue(value: unknown): string {
  if (typeof value === 'string') return `"${value}"`
  if (Array.isArray(value)) return `"[${value.map(keyValue).join(' ')}]"`
  if (typeof value === 'object' && value !== null) {
    return `"map[${Object.entries(value).map(([key, inner]) => `${key}:${keyValue(inner)}`).join(' ')}]"`
  }
  return String(value)
}

function remove(accessor: Accessor, record: Record): void {
  const index = record.find(accessor.key)
  if (index < 0) return
  if (accessor.path.length === 0) {
    record.delete(index)
    return
  }
  if (!accessor.locate(record)) return
  const { bytes } = accessor
  const range = memberRange(bytes, accessor.start, accessor.end)
  if (range === undefined) return
  const [start, end] = [record.valueStart[index]!, record.valueEnd[index]!]
  record.setJson(accessor.key, bytes.toString('utf8', start, range[0]) + bytes.toString('utf8', range[1], end))
}
