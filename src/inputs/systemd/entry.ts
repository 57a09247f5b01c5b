/** From an entry of the journal to a record, as Fluent Bit has it: fields in their order, repeated ones as an array. */
import { isUtf8 } from 'node:buffer'
import { ARENA, BLOCK, JSON_TEXT, RAW_TEXT, type Kind, type Record, type Source } from '../../event/record.ts'
import type { Key } from '../../event/pool.ts'
import type { JournalFile } from './journal-file.ts'
import type { KnownFields } from './known-fields.ts'

const UNIT = '_SYSTEMD_UNIT'

export class EntryReader {
  readonly #fields: KnownFields
  readonly #maxFields: number
  /** Fields that could not be read, and values that were not UTF-8, since this was last looked at. */
  damaged = 0
  invalid = 0
  /** Unit of the entry that was read last, or undefined. */
  unit: string | undefined
  /** Values of fields that occur repeatedly, by the index of their member. */
  #repeats = new Map<number, string[]>()

  constructor(fields: KnownFields, maxFields: number) {
    this.#fields = fields
    this.#maxFields = maxFields
  }

  /** Fills the record from the entry that the file has loaded. */
  read(file: JournalFile, record: Record): void {
    const micros = file.realtime
    const seconds = Math.floor(micros / 1e6)
    record.setTime(seconds, (micros - seconds * 1e6) * 1000)
    record.useBlock(this.#fields.block)
    this.unit = undefined
    let count = 0
    const { items, itemCount } = file
    for (let i = 0; i < itemCount && count < this.#maxFields; i++) {
      const known = this.#fields.get(file, items[i]!)
      if (known !== undefined) {
        if (known.unit !== undefined) this.unit ??= known.unit
        this.#add(record, known.key, BLOCK, known.start, known.end, JSON_TEXT)
      } else if (file.locate(items[i]!)) this.#addOwn(file, record)
      else {
        this.damaged++
        continue
      }
      count++
    }
    if (this.#repeats.size > 0) this.#addRepeats(record)
  }

  /** A field of this entry alone. */
  #addOwn(file: JournalFile, record: Record): void {
    const { bytes, nameStart, separator, valueEnd } = file
    if (this.unit === undefined && separator - nameStart === UNIT.length && bytes.toString('latin1', nameStart, separator) === UNIT) {
      this.unit = bytes.toString('utf8', separator + 1, valueEnd)
    }
    const start = this.#copyValue(record, bytes, separator + 1, valueEnd)
    const end = record.arenaLength
    const key = this.#fields.key(file)
    if (key !== undefined) {
      // the pool may have moved
      record.usePool()
      this.#add(record, key, ARENA, start, end, RAW_TEXT)
      return
    }
    const name = record.addText(JSON.stringify(this.#fields.text(bytes.toString('latin1', nameStart, separator))).slice(1, -1))
    const nameEnd = record.arenaLength
    const at = record.findRange(ARENA, name, nameEnd)
    if (at < 0) record.appendRange(ARENA, name, nameEnd, ARENA, start, end, RAW_TEXT)
    else this.#repeat(record, at, record.bytes[ARENA].toString('utf8', start, end))
  }

  #copyValue(record: Record, bytes: Buffer, from: number, to: number): number {
    if (!isUtf8(bytes.subarray(from, to))) {
      this.invalid++
      return record.addText(bytes.toString('utf8', from, to))
    }
    return record.addBytes(bytes, from, to)
  }

  #add(record: Record, key: Key, source: Source, start: number, end: number, kind: Kind): void {
    const at = record.find(key)
    if (at < 0) {
      record.append(key, source, start, end, kind)
      return
    }
    const text = record.bytes[source].toString('utf8', start, end)
    this.#repeat(record, at, kind === JSON_TEXT ? JSON.parse(text) as string : text)
  }

  /** The array of a repeated field stands where its second value was met. */
  #repeat(record: Record, at: number, text: string): void {
    const values = this.#repeats.get(at)
    if (values !== undefined) {
      values.push(text)
      return
    }
    const both = [record.text(at), text]
    record.appendCopy(at)
    record.delete(at)
    this.#repeats = new Map([...this.#repeats].map(([index, others]) => [index > at ? index - 1 : index, others]))
    this.#repeats.set(record.count - 1, both)
  }

  #addRepeats(record: Record): void {
    for (const [at, values] of this.#repeats) {
      const start = record.addText(JSON.stringify(values))
      record.setValue(at, ARENA, start, record.arenaLength, JSON_TEXT)
    }
    this.#repeats.clear()
  }
}
