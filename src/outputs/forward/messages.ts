/**
 * Records as messages of the forward protocol (v1.5):
 *
 *     PackedForward  [tag, bin of [time, body] …, options]            one for each run of records of one tag
 *     Forward        [tag, [[seconds, body], …], options]            with time_as_integer, for old servers
 *     Message        [tag, time, body, options]                       when each record has a tag of its own
 *
 * A record with metadata has `[time, metadata]` for its time, as Fluent Bit sends and reads it; in a Message the metadata
 * is an option.
 */
import { randomBytes } from 'node:crypto'
import { compileTemplate, type Template } from '../../event/accessor.ts'
import type { Batch } from '../../event/batch.ts'
import type { Pool } from '../../event/pool.ts'
import { Record } from '../../event/record.ts'
import type { ByteWriter } from '../../lib/byte-writer.ts'
import { compressBody } from '../shared/compress.ts'
import { atOption } from '../shared/accessors.ts'
import { packBinary, packList, packMap, packText, packTime, packUnsigned, writeValue } from '../shared/msgpack.ts'
import { WriterPool } from '../shared/writer-pool.ts'
import type { ForwardOptions } from './options.ts'

/** What one message holds, and by which name it is acknowledged. */
export interface Message {
  readonly chunk: string
  /** Indices in the batch: `[from, to)`. */
  readonly from: number
  readonly to: number
}

export class Messages {
  readonly #o: ForwardOptions
  readonly #tag: Template | undefined
  readonly #perRecord: boolean
  readonly #keepsMetadata: boolean
  readonly #record: Record
  readonly #scratch = new WriterPool(1)

  constructor(options: ForwardOptions, pool: Pool) {
    this.#o = options
    const { tag } = options
    this.#tag = tag === undefined ? undefined : atOption('tag', () => compileTemplate(tag, pool))
    this.#perRecord = this.#tag?.needsRecord === true
    this.#keepsMetadata = options.retain_metadata_in_forward_mode && !options.time_as_integer
    this.#record = new Record(pool)
  }

  /** Appends the messages of a batch, and says what is in each. */
  async write(batch: Batch, to: ByteWriter): Promise<Message[]> {
    const messages: Message[] = []
    for (let from = 0; from < batch.count;) {
      const tag = batch.tag(from)
      let end = from + 1
      while (!this.#perRecord && end < batch.count && batch.tag(end) === tag) end++
      const message = { chunk: randomBytes(16).toString('base64'), from, to: end }
      if (this.#perRecord) this.#writeMessage(batch, message, to)
      else await this.#writeForward(batch, message, to)
      messages.push(message)
      from = end
    }
    return messages
  }

  #writeMessage(batch: Batch, message: Message, to: ByteWriter): void {
    const index = message.from
    batch.open(index, this.#record)
    const own = batch.tag(index)
    packList(4, to)
    packText(this.#tag!.fillAll(this.#record, own) ?? own, to)
    this.#packTime(batch, index, to)
    writeBody(batch, index, to)
    this.#packOptions(message, 0, false, to, this.#keepsMetadata ? batch.metadata(index) : '')
  }

  async #writeForward(batch: Batch, message: Message, to: ByteWriter): Promise<void> {
    const { time_as_integer, compress } = this.#o
    const count = message.to - message.from
    const tag = batch.tag(message.from)
    packList(3, to)
    packText(this.#tag?.fill(this.#record, tag) ?? tag, to)
    if (time_as_integer) {
      packList(count, to)
      this.#writeEntries(batch, message, to)
    } else {
      const entries = this.#scratch.take()
      this.#writeEntries(batch, message, entries)
      packBinary(compress === 'gzip' ? await compressBody(entries.view(), 'gzip') : entries.view(), to)
      this.#scratch.give(entries)
    }
    this.#packOptions(message, count, compress === 'gzip' && !time_as_integer, to, '')
  }

  #writeEntries(batch: Batch, { from, to: end }: Message, to: ByteWriter): void {
    for (let i = from; i < end; i++) {
      const metadata = this.#keepsMetadata ? batch.metadata(i) : ''
      packList(2, to)
      if (metadata === '' || metadata === '{}') this.#packTime(batch, i, to)
      else {
        packList(2, to)
        this.#packTime(batch, i, to)
        const bytes = Buffer.from(metadata)
        writeValue(bytes, 0, bytes.length, to)
      }
      writeBody(batch, i, to)
    }
  }

  #packTime(batch: Batch, index: number, to: ByteWriter): void {
    if (this.#o.time_as_integer) packUnsigned(batch.seconds(index), to)
    else packTime(batch.seconds(index), batch.nanos(index), to)
  }

  #packOptions({ chunk }: Message, size: number, compressed: boolean, to: ByteWriter, metadata: string): void {
    const texts: (readonly [name: string, text: string])[] = []
    if (this.#o.require_ack_response) texts.push(['chunk', chunk])
    if (compressed) texts.push(['compressed', 'gzip'])
    for (const [name = '', text = ''] of this.#o.add_option) texts.push([name, text])
    const hasSize = size > 0 && (this.#o.send_options || this.#o.require_ack_response || compressed)
    const hasMetadata = metadata !== '' && metadata !== '{}'
    packMap(texts.length + (hasSize ? 1 : 0) + (hasMetadata ? 1 : 0), to)
    for (const [name, text] of texts) {
      packText(name, to)
      packText(text, to)
    }
    if (hasSize) {
      packText('size', to)
      packUnsigned(size, to)
    }
    if (hasMetadata) {
      packText('metadata', to)
      const bytes = Buffer.from(metadata)
      writeValue(bytes, 0, bytes.length, to)
    }
  }
}

function writeBody(batch: Batch, index: number, to: ByteWriter): void {
  const body = Buffer.from(batch.bodyText(index))
  writeValue(body, 0, body.length, to)
}
