/** A record as a message: its topic, its key, its value in the configured format, its headers. */
import type { Accessor } from '../../event/accessor.ts'
import type { Batch } from '../../event/batch.ts'
import type { Pool } from '../../event/pool.ts'
import { Record } from '../../event/record.ts'
import { ByteWriter } from '../../lib/byte-writer.ts'
import type { BatchWriter } from '../../lib/kafka/record-batch.ts'
import { writeVarint } from '../../lib/kafka/wire.ts'
import { optionAccessor } from '../shared/accessors.ts'
import { DatedJson } from '../shared/dated-json.ts'
import { Gelf } from '../shared/gelf.ts'
import { JSON_DATE_ROOM } from '../shared/json-date.ts'
import { writeValue } from '../shared/msgpack.ts'
import { ID_ROOM, RecordId } from '../shared/record-id.ts'
import { isTopic, type KafkaOptions } from './settings.ts'

export class Messages {
  readonly #options: KafkaOptions
  readonly #topics: ReadonlySet<string>
  readonly #firstTopic: string
  readonly #record: Record
  readonly #json: DatedJson
  readonly #gelf: Gelf
  readonly #topicKey: Accessor | undefined
  readonly #keyField: Accessor | undefined
  readonly #rawKey: Accessor | undefined
  /** Key of messages whose record has none. */
  readonly constantKey: Buffer | null
  readonly #text = new ByteWriter(4096)
  readonly #id = new RecordId()
  /** Number of headers, the constant ones, and the head of the identity; the identity's length and text go behind. */
  readonly #headers: Buffer
  readonly #headersEnd: number
  readonly #hasId: boolean

  constructor(options: KafkaOptions, pool: Pool) {
    this.#options = options
    this.#topics = new Set(options.topics)
    this.#firstTopic = options.topics[0]!
    this.#record = new Record(pool)
    this.#json = new DatedJson({ json_date_key: options.timestamp_key, json_date_format: options.timestamp_format }, pool)
    this.#gelf = new Gelf(options, pool)
    this.#topicKey = optionAccessor(options.topic_key, pool, 'topic_key')
    this.#keyField = optionAccessor(options.message_key_field, pool, 'message_key_field')
    this.#rawKey = optionAccessor(options.raw_log_key, pool, 'raw_log_key')
    this.constantKey = options.message_key === undefined ? null : Buffer.from(options.message_key)
    this.#hasId = !/^(off|false|no)$/i.test(options.id_header) && options.id_header !== ''
    const headers = constantHeaders(options.header, this.#hasId ? options.id_header : undefined)
    this.#headers = Buffer.concat([headers, Buffer.alloc(ID_ROOM + 2)])
    this.#headersEnd = headers.length
  }

  /** Whether keys are looked up in the records. */
  get hasKeyField(): boolean {
    return this.#keyField !== undefined
  }

  topic(batch: Batch, index: number): string {
    if (this.#topicKey === undefined) return this.#firstTopic
    batch.open(index, this.#record)
    if (!this.#topicKey.locate(this.#record)) return this.#firstTopic
    const name = this.#topicKey.text()
    return this.#topics.has(name) || (this.#options.dynamic_topic && isTopic(name)) ? name : this.#firstTopic
  }

  key(batch: Batch, index: number): Buffer | null {
    if (this.#keyField === undefined) return this.constantKey
    batch.open(index, this.#record)
    return this.#keyField.locate(this.#record) ? Buffer.from(this.#keyField.text()) : this.constantKey
  }

  /** Bytes that a value takes at most, or nearly. */
  #room(batch: Batch, index: number): number {
    return batch.bodySize(index) + this.#options.timestamp_key.length + JSON_DATE_ROOM + 8
  }

  /** Appends a record to the open batch. Returns why it cannot be a message, with nothing written. */
  write(batch: Batch, index: number, key: Buffer | null, to: BatchWriter): string | undefined {
    const headersLength = this.#writeHeaders(batch, index)
    to.open(key, this.#room(batch, index), headersLength)
    const refused = this.#writeValue(batch, index, to)
    if (refused === undefined) to.close(key, this.#headers, headersLength)
    else to.undo()
    return refused
  }

  #writeValue(batch: Batch, index: number, to: BatchWriter): string | undefined {
    switch (this.#options.format) {
      case 'msgpack': {
        const text = this.#text
        text.reset()
        this.#json.write(batch, index, text)
        writeValue(text.bytes, 0, text.length, to)
        return undefined
      }
      case 'gelf': {
        const refused = this.#gelf.write(batch, index, to)
        // a message is not a line
        if (refused === undefined) to.length--
        return refused
      }
      case 'raw': {
        const accessor = this.#rawKey!
        batch.open(index, this.#record)
        if (!accessor.locate(this.#record)) return `the record has nothing under ${accessor.source}`
        to.text(accessor.text())
        return undefined
      }
      default:
        this.#json.write(batch, index, to)
        return undefined
    }
  }

  /** Returns the length of the record's headers. */
  #writeHeaders(batch: Batch, index: number): number {
    const start = this.#headersEnd
    if (!this.#hasId) return start
    const out = this.#headers
    const end = this.#id.write(batch.frame(index), batch.offset(index) >>> 2, out, start + 1)
    const length = end - start - 1
    // an id is shorter than 64 bytes, so its length takes one
    writeVarint(length, out, start)
    return end
  }
}

/** The number of headers, those that all messages have, and the name of the identity's. */
function constantHeaders(headers: readonly (readonly string[])[], idName: string | undefined): Buffer {
  const bytes = new ByteWriter(256)
  const length = (value: number): void => {
    bytes.reserve(5)
    bytes.length = writeVarint(value, bytes.bytes, bytes.length)
  }
  const text = (value: string): void => {
    length(Buffer.byteLength(value))
    bytes.text(value)
  }
  length(headers.length + (idName === undefined ? 0 : 1))
  for (const [name = '', value = ''] of headers) {
    text(name)
    text(value)
  }
  if (idName !== undefined) text(idName)
  return Buffer.from(bytes.view())
}
