/** A record as a JSON object with its time in front, as `json_date_key` and `json_date_format` say. */
import type { Fields } from '../../config/fields.ts'
import type { Batch } from '../../event/batch.ts'
import { copyRun, type FrameView } from '../../event/encoded.ts'
import type { Pool } from '../../event/pool.ts'
import { Record } from '../../event/record.ts'
import type { ByteWriter } from '../../lib/byte-writer.ts'
import { keySearch } from './key-search.ts'
import { JSON_DATE_FORMATS, JSON_DATE_ROOM, jsonDateWriter, type JsonDateFormat, type JsonDateWriter } from './json-date.ts'

export const jsonDateOptions = {
  json_date_key: {
    kind: 'string', default: 'date', example: 'time',
    doc: 'Key of the record\'s time in the JSON formats; `false` leaves the time out.',
    differs: 'where a record has this key already, Fluent Bit writes it twice; ours writes the record\'s own only'
  },
  json_date_format: {
    kind: 'choice', values: JSON_DATE_FORMATS, default: 'double', example: 'iso8601',
    doc: 'How the time is written in the JSON formats.'
  }
} as const satisfies Fields

export interface JsonDateOptions {
  readonly json_date_key: string
  readonly json_date_format: JsonDateFormat
}

const CLOSE = 0x7d
const COMMA = 0x2c

/** Behind each record, between records and around all of them. */
const LAYOUTS = {
  json: { open: '[', between: ',', each: '', close: ']' },
  json_lines: { open: '', between: '', each: '\n', close: '' },
  json_stream: { open: '', between: '', each: '', close: '' }
} as const

export type JsonLayout = keyof typeof LAYOUTS

export class DatedJson {
  readonly #date: JsonDateWriter
  /** `{"date":`, or nothing when the time is left out. */
  readonly #prefix: Buffer
  readonly #mayHave: (bytes: Buffer) => boolean
  readonly #key: string
  readonly #record: Record
  #frame: FrameView | undefined
  #frameHasKey = false

  constructor({ json_date_key, json_date_format }: JsonDateOptions, pool: Pool) {
    const none = /^(false|off|no)$/i.test(json_date_key) || json_date_key === ''
    this.#key = json_date_key
    this.#mayHave = keySearch(json_date_key)
    this.#prefix = none ? Buffer.alloc(0) : Buffer.from(`{${JSON.stringify(json_date_key)}:`)
    this.#date = jsonDateWriter(json_date_format)
    this.#record = new Record(pool)
  }

  /** Appends all records of a batch in this layout. */
  writeAll(batch: Batch, layout: JsonLayout, to: ByteWriter): void {
    const { open, between, each, close } = LAYOUTS[layout]
    to.reserve(batch.bytes + batch.count * (this.#prefix.length + JSON_DATE_ROOM + 4))
    to.text(open)
    for (let i = 0; i < batch.count; i++) {
      if (i > 0 && between !== '') to.byte(COMMA)
      this.write(batch, i, to)
      if (each !== '') to.byte(0x0a)
    }
    to.text(close)
  }

  /** Appends one record. */
  write(batch: Batch, index: number, to: ByteWriter): void {
    to.reserve(this.#prefix.length + JSON_DATE_ROOM + batch.bodySize(index))
    const out = to.bytes
    const prefix = this.#prefix
    if (prefix.length === 0 || this.#hasKey(batch, index)) {
      to.length = batch.writeBody(index, out, to.length)
      return
    }
    let at = copyRun(prefix, 0, prefix.length, out, to.length)
    at = this.#date(batch.seconds(index), batch.nanos(index), out, at)
    const body = at
    at = batch.writeBody(index, out, at)
    // the body's own brace becomes the comma behind the date
    if (at - body > 2) out[body] = COMMA
    else {
      at = body
      out[at++] = CLOSE
    }
    to.length = at
  }

  /** Whether the record has the date's key itself: seldom, so one search for the whole frame comes first. */
  #hasKey(batch: Batch, index: number): boolean {
    const frame = batch.frame(index)
    if (frame !== this.#frame) {
      this.#frame = frame
      this.#frameHasKey = this.#mayHave(frame.bytes)
    }
    if (!this.#frameHasKey) return false
    batch.open(index, this.#record)
    for (let i = 0; i < this.#record.count; i++) if (this.#record.keyText(i) === this.#key) return true
    return false
  }
}

/** The body alone, an object in one line. */
export function writeBody(batch: Batch, index: number, to: ByteWriter): void {
  to.reserve(batch.bodySize(index))
  to.length = batch.writeBody(index, to.bytes, to.length)
}
