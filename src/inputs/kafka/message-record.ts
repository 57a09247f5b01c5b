/** A message as a record: Fluent Bit's members around the payload, or the payload's own members. */
import { isUtf8 } from 'node:buffer'
import { scanObject, skipValue } from '../../event/json-scan.ts'
import type { Key, Pool } from '../../event/pool.ts'
import { BLOCK, RAW_TEXT, type Record } from '../../event/record.ts'
import type { TopicPartition } from '../../lib/kafka/group-messages.ts'
import type { RecordView } from '../../lib/kafka/record-batch.ts'
import type { KafkaOptions } from './settings.ts'

const OPEN = Buffer.from('{"payload":')
const CLOSE = Buffer.from('}')

export class MessageRecord {
  readonly #json: boolean
  readonly #unwrap: boolean
  readonly #keys: { readonly [name in 'topic' | 'partition' | 'offset' | 'error' | 'key' | 'payload']: Key }
  readonly #timestamp: Key
  readonly #headers: Key | undefined

  constructor({ format, unwrap, timestamp_key, headers_key }: KafkaOptions, pool: Pool) {
    this.#json = format === 'json'
    this.#unwrap = this.#json && unwrap
    const [topic, partition, offset, error, key, payload] = ['topic', 'partition', 'offset', 'error', 'key', 'payload'].map((name) => pool.key(name))
    this.#keys = { topic: topic!, partition: partition!, offset: offset!, error: error!, key: key!, payload: payload! }
    this.#timestamp = pool.key(timestamp_key)
    this.#headers = headers_key === undefined ? undefined : pool.key(headers_key)
  }

  /** Fills an empty record. */
  fill(record: Record, { topic, partition }: TopicPartition, message: RecordView): void {
    const { value } = message
    // a message without a time has -1
    const time = message.time < 0 ? Date.now() : message.time
    record.setTime(Math.floor(time / 1000), (time % 1000) * 1_000_000)
    const text = value === null ? null : textOf(value)
    if (!(this.#unwrap && text !== null && this.#takeObject(record, text))) this.#wrap(record, { topic, partition }, message, text)
    if (this.#headers !== undefined) {
      record.setJson(this.#headers, JSON.stringify(Object.fromEntries(message.headers.map(([name, text]) => [name, text?.toString() ?? null]))))
    }
  }

  /** The members of the payload; false, with the record empty, when it is no object. */
  #takeObject(record: Record, text: Buffer): boolean {
    record.useBlock(text)
    if (scanObject(record, BLOCK, 0, text.length, true) < 0) return false
    const at = record.find(this.#timestamp)
    const time = at < 0 ? undefined : readTime(record.text(at))
    if (time !== undefined) {
      record.setTime(...time)
      record.delete(at)
    }
    return true
  }

  #wrap(record: Record, { topic, partition }: TopicPartition, { key, offset }: RecordView, text: Buffer | null): void {
    const keys = this.#keys
    record.setText(keys.topic, topic)
    record.setJson(keys.partition, String(partition))
    record.setJson(keys.offset, String(offset))
    record.setJson(keys.error, 'null')
    if (key === null) record.setJson(keys.key, 'null')
    else record.setText(keys.key, key.toString())
    if (text === null) record.setJson(keys.payload, 'null')
    else if (!this.#json || !takePayload(record, text)) {
      record.useBlock(text)
      record.append(keys.payload, BLOCK, 0, text.length, RAW_TEXT)
    }
  }
}

/** Appends the payload as a structure; false, with the record as it was, when it is none. */
function takePayload(record: Record, text: Buffer): boolean {
  const start = /^[ \t\r\n]*(?=[[{])/.exec(text.toString('latin1', 0, 64))?.[0].length
  const end = start === undefined ? -1 : skipValue(text, start, text.length)
  // what follows would be members beside the payload, in place of ours
  if (end < 0 || !/^[ \t\r\n]*$/.test(text.toString('latin1', end))) return false
  const block = Buffer.concat([OPEN, text, CLOSE])
  record.useBlock(block)
  return scanObject(record, BLOCK, 0, block.length, true) >= 0
}

/** Seconds with a fraction, or ISO 8601, exact to the nanosecond. */
export function readTime(text: string): [seconds: number, nanos: number] | undefined {
  const number = /^(\d{1,10})(?:\.(\d{1,9})\d*)?$/.exec(text)
  const iso = number === null ? /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?(Z|[+-]\d\d:?\d\d)$/.exec(text) : null
  const seconds = number !== null ? Number(number[1]) : iso !== null ? Date.parse(`${iso[1]}${iso[3]}`) / 1000 : Number.NaN
  if (!Number.isInteger(seconds) || seconds < 0 || seconds > 0xffff_ffff) return undefined
  return [seconds, Number(((number ?? iso)?.[2] ?? '').padEnd(9, '0'))]
}

function textOf(value: Buffer): Buffer {
  return isUtf8(value) ? value : Buffer.from(value.toString())
}
