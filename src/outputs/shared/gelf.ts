/**
 * Records as GELF 1.1 messages, one JSON object per line: nested members are flattened with `_`, everything but GELF's
 * own fields gets `_` in front.
 */
import type { Batch } from '../../event/batch.ts'
import type { Pool } from '../../event/pool.ts'
import { Record } from '../../event/record.ts'
import type { ByteWriter } from '../../lib/byte-writer.ts'

export interface GelfKeys {
  readonly gelf_timestamp_key: string | undefined
  readonly gelf_host_key: string | undefined
  readonly gelf_short_message_key: string | undefined
  readonly gelf_full_message_key: string | undefined
  readonly gelf_level_key: string | undefined
}

export class Gelf {
  /** Fields by the record's keys. */
  readonly #fields: ReadonlyMap<string, string>
  readonly #record: Record

  constructor(keys: GelfKeys, pool: Pool) {
    this.#fields = new Map([
      [keys.gelf_timestamp_key ?? 'timestamp', 'timestamp'],
      [keys.gelf_host_key ?? 'host', 'host'],
      [keys.gelf_short_message_key ?? 'short_message', 'short_message'],
      [keys.gelf_full_message_key ?? 'full_message', 'full_message'],
      [keys.gelf_level_key ?? 'level', 'level']
    ])
    this.#record = new Record(pool)
  }

  /** Appends a record. Returns why it cannot be one of GELF, with nothing written. */
  write(batch: Batch, index: number, to: ByteWriter): string | undefined {
    const record = this.#record
    batch.open(index, record)
    const message: { [field: string]: unknown } = { version: '1.1' }
    for (let i = 0; i < record.count; i++) {
      const key = record.keyText(i)
      const field = this.#fields.get(key)
      if (field === undefined) flatten('_' + key, record.value(i), message)
      else if (field === 'timestamp' || field === 'level') message[field] = Number(record.text(i))
      else message[field] = record.text(i)
    }
    if (message['short_message'] === undefined) return 'the record has no short message'
    if (typeof message['timestamp'] !== 'number' || Number.isNaN(message['timestamp'])) {
      message['timestamp'] = batch.seconds(index) + Math.floor(batch.nanos(index) / 1e6) / 1000
    }
    if (Number.isNaN(message['level'])) delete message['level']
    to.text(JSON.stringify(message) + '\n')
    return undefined
  }
}

function flatten(name: string, value: unknown, into: { [field: string]: unknown }): void {
  if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) flatten(`${name}_${key}`, inner, into)
  } else if (value !== null) into[name.replace(/[^\w.-]/g, '_')] = typeof value === 'boolean' ? String(value) : value
}
