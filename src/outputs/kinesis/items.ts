/** What is sent for a batch: items, of one record each or of several. */
import { createHash } from 'node:crypto'
import { constants, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import type { Batch } from '../../event/batch.ts'
import type { Pool } from '../../event/pool.ts'
import { Record } from '../../event/record.ts'
import { ByteWriter } from '../../lib/byte-writer.ts'
import { randomBytes } from '../../lib/random.ts'
import { compressSnappy } from '../../lib/snappy.ts'
import { DataWriter } from './data.ts'
import type { Settings } from './settings.ts'

/** Characters of a partition key. */
const LONGEST_KEY = 256
/** Begins what the Kinesis Producer Library puts together; 16 bytes of MD5 end it. */
const KPL = Buffer.from([0xf3, 0x89, 0x9a, 0xc2])
const KPL_END = 16
/** Bytes at most around the data of one record, and around all of them. */
const KPL_EACH = 12
const KPL_ALL = KPL.length + KPL_END + 10

export interface Item {
  readonly data: Buffer
  /** Names the shard; empty for Firehose. */
  readonly key: string
  /** Indices in the batch. */
  readonly records: readonly number[]
}

export interface Items {
  readonly items: readonly Item[]
  /** Records that cannot be sent, with the reason. */
  readonly refused: ReadonlyMap<number, string>
}

export class ItemMaker {
  readonly #set: Settings
  readonly #data: DataWriter
  readonly #record: Record
  /** Keys of records that name none: each its own, so that they spread over all shards. */
  readonly #prefix = randomBytes(3).toString('hex')
  #next = 0

  constructor(settings: Settings, pool: Pool) {
    this.#set = settings
    this.#data = new DataWriter(settings.data, pool)
    this.#record = new Record(pool)
  }

  /** The data are views of `to` where they are not made anew. */
  make(batch: Batch, to: ByteWriter): Items {
    const { aggregation, service } = this.#set
    const items: Item[] = []
    const refused = new Map<number, string>()
    let group = new Group(aggregation)
    for (let i = 0; i < batch.count; i++) {
      const start = to.length
      const reason = this.#data.write(batch, i, to)
      if (reason !== undefined) {
        refused.set(i, reason)
        continue
      }
      const data = to.bytes.subarray(start, to.length)
      const key = service.hasKeys ? this.#keyOf(batch, i) : ''
      const size = data.length + 2 * Buffer.byteLength(group.key ?? key)
      if (!group.isEmpty && (aggregation === 'none' || group.size + size + KPL_EACH > service.maxRecord)) {
        this.#close(group, items, refused)
        group = new Group(aggregation)
      }
      group.add(i, data, key)
    }
    if (!group.isEmpty) this.#close(group, items, refused)
    return { items, refused }
  }

  #close(group: Group, items: Item[], refused: Map<number, string>): void {
    const { service, compression } = this.#set
    const data = compress(group.data(), compression)
    const key = group.key ?? ''
    if (data.length + Buffer.byteLength(key) <= service.maxRecord) items.push({ data, key, records: group.records })
    else for (const index of group.records) refused.set(index, `${data.length} bytes are more than the ${service.maxRecord} that the service takes of a record`)
  }

  #keyOf(batch: Batch, index: number): string {
    const accessor = this.#set.partitionKey
    if (accessor !== undefined) {
      batch.open(index, this.#record)
      const text = accessor.locate(this.#record) ? accessor.text() : ''
      if (text !== '') return text.slice(0, LONGEST_KEY).toWellFormed()
    }
    return this.#prefix + (this.#next++).toString(36)
  }
}

/** Records that are sent as one. */
class Group {
  readonly records: number[] = []
  readonly #parts: Buffer[] = []
  readonly #aggregation: Settings['aggregation']
  key: string | undefined
  size: number

  constructor(aggregation: Settings['aggregation']) {
    this.#aggregation = aggregation
    this.size = aggregation === 'kpl' ? KPL_ALL : 0
  }

  get isEmpty(): boolean {
    return this.records.length === 0
  }

  add(index: number, data: Buffer, key: string): void {
    this.key ??= key
    this.records.push(index)
    this.#parts.push(data)
    this.size += data.length + (this.#aggregation === 'kpl' ? KPL_EACH : 0)
  }

  data(): Buffer {
    const [first] = this.#parts
    if (this.#aggregation === 'kpl') return kpl(this.key ?? '', this.#parts)
    return this.#parts.length === 1 ? first! : Buffer.concat(this.#parts)
  }
}

/**
 * Records in the aggregated format of the Kinesis Producer Library: its magic number, a message of Protocol Buffers with
 * the table of partition keys (field 1; one here) and the records (field 3: index of the key, field 1; data, field 3), and
 * the MD5 of the message.
 */
function kpl(key: string, parts: readonly Buffer[]): Buffer {
  const message = new ByteWriter(4096)
  message.byte(0x0a)
  varint(message, Buffer.byteLength(key))
  message.text(key)
  for (const part of parts) {
    message.byte(0x1a)
    varint(message, 3 + sizeOfVarint(part.length) + part.length)
    message.byte(0x08)
    message.byte(0)
    message.byte(0x1a)
    varint(message, part.length)
    message.copy(part)
  }
  const bytes = message.view()
  return Buffer.concat([KPL, bytes, createHash('md5').update(bytes).digest()])
}

function varint(to: ByteWriter, value: number): void {
  for (; value > 0x7f; value = Math.floor(value / 128)) to.byte((value % 128) | 0x80)
  to.byte(value)
}

function sizeOfVarint(value: number): number {
  let size = 1
  for (; value > 0x7f; value = Math.floor(value / 128)) size++
  return size
}

/** As quickly as the algorithm goes, as everywhere. */
function compress(data: Buffer, compression: Settings['compression']): Buffer {
  switch (compression) {
    case 'none': return data
    case 'gzip': return gzipSync(data, { level: 1 })
    case 'zlib': return deflateSync(data, { level: 1 })
    case 'zstd': return zstdCompressSync(data, { params: { [constants.ZSTD_c_compressionLevel]: 1 } })
    case 'snappy': return compressSnappy(data)
  }
}
