/** The data of records: the record as JSON or one value of it, with its time and a newline as asked for. */
import type { Batch } from '../../event/batch.ts'
import { bodyRoom, encodeBody } from '../../event/encode.ts'
import type { Key, Pool } from '../../event/pool.ts'
import { Record } from '../../event/record.ts'
import type { ByteWriter } from '../../lib/byte-writer.ts'
import { compileDateFormat, type DateFormat } from '../../lib/strftime.ts'
import { MICROSECONDS, type DataSettings } from './settings.ts'

const NEWLINE = 0x0a

export class DataWriter {
  readonly #set: DataSettings
  readonly #record: Record
  readonly #timeKey: Key | undefined
  readonly #format: DateFormat
  readonly #kept: ReadonlySet<string> | undefined

  constructor(settings: DataSettings, pool: Pool) {
    this.#set = settings
    this.#record = new Record(pool)
    this.#timeKey = settings.timeKey === undefined ? undefined : pool.key(settings.timeKey)
    this.#format = compileDateFormat(settings.timeFormat)
    this.#kept = settings.dataKeys === undefined ? undefined : new Set(settings.dataKeys)
  }

  /** Appends the data of a record; returns why it has none, or undefined. */
  write(batch: Batch, index: number, to: ByteWriter): string | undefined {
    const { logKey, newline } = this.#set
    if (this.#timeKey === undefined && this.#kept === undefined && logKey === undefined) {
      to.reserve(batch.bodySize(index))
      to.length = batch.writeBody(index, to.bytes, to.length)
    } else {
      const record = this.#open(batch, index)
      if (logKey === undefined) {
        to.reserve(bodyRoom(record))
        to.length = encodeBody(record, to.bytes, to.length, null)
      } else if (logKey.locate(record)) to.text(logKey.text())
      else return `the record has nothing under ${logKey.source}`
    }
    if (newline) to.byte(NEWLINE)
    return undefined
  }

  #open(batch: Batch, index: number): Record {
    const record = this.#record
    batch.open(index, record)
    if (this.#timeKey !== undefined) record.setText(this.#timeKey, this.#time(batch.seconds(index), batch.nanos(index)))
    const kept = this.#kept
    if (kept !== undefined) for (let i = record.count - 1; i >= 0; i--) if (!kept.has(record.keyText(i))) record.delete(i)
    return record
  }

  #time(seconds: number, nanos: number): string {
    const text = this.#format.format(seconds, nanos)
    return text.includes(MICROSECONDS) ? text.replaceAll(MICROSECONDS, String(Math.floor(nanos / 1000)).padStart(6, '0')) : text
  }
}
