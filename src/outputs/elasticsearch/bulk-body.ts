/**
 * Body of a `_bulk` request: for each record an action line and a document line. The record's own bytes are copied from
 * the frame into the request; only when a record must be looked into (it has the time key itself, or index or id follow
 * from it) is it opened again.
 */
import type { Batch } from '../../event/batch.ts'
import { NANOS, SECONDS, copyRun, type FrameView } from '../../event/encoded.ts'
import { encodeBody } from '../../event/encode.ts'
import type { Key, Pool } from '../../event/pool.ts'
import { Record } from '../../event/record.ts'
import { murmur128 } from '../../lib/murmur.ts'
import type { BufferPool } from '../shared/buffer-pool.ts'
import { keySearch } from '../shared/key-search.ts'
import { DocumentTime } from './document-time.ts'
import { IndexName } from './index-name.ts'
import { ID_ROOM, RecordId } from '../shared/record-id.ts'
import { replaceDots } from './replace-dots.ts'
import type { Settings } from './settings.ts'

const QUOTE = 0x22
const COMMA = 0x2c
const CLOSE = 0x7d
/** Longest id that Elasticsearch takes, in bytes. */
const LONGEST_ID = 512
const HASH_LENGTH = 36
const BEFORE_ID = Buffer.from(',"_id":"')

export interface BulkRequest {
  readonly body: Buffer
  readonly length: number
  /** Indices of the records whose items the body holds, in order; undefined when it holds all. */
  readonly sent: readonly number[] | undefined
  /** Records that cannot be sent, with the reason. */
  readonly refused: ReadonlyMap<number, string>
}

export class BulkBody {
  readonly #settings: Settings
  readonly #buffers: BufferPool
  readonly #index: IndexName
  readonly #time: DocumentTime
  readonly #recordId = new RecordId()
  readonly #record: Record
  readonly #timeKey: Key
  readonly #tagKey: Key | undefined
  readonly #searches: readonly ((bytes: Buffer) => boolean)[]
  readonly #opensAll: boolean
  /** From the end of the id to the time: the end of the action line and the begin of the document. */
  readonly #afterId: Buffer
  readonly #afterIndex: Buffer
  readonly #documentEnd: Buffer
  readonly #room: number

  #out: Buffer = Buffer.alloc(0)
  #at = 0
  /** Bytes of bodies still to come, at the most. */
  #left = 0
  #tag: string | undefined
  #tagMember = Buffer.alloc(0)
  #frame: FrameView | undefined
  #frameHasKeys = false

  constructor(settings: Settings, pool: Pool, buffers: BufferPool) {
    this.#settings = settings
    this.#buffers = buffers
    const action = settings.operation === 'upsert' ? 'update' : settings.operation
    const type = settings.type === undefined ? '' : `,"_type":${JSON.stringify(settings.type)}`
    this.#index = new IndexName(settings.index, pool, (name) => Buffer.from(`{"${action}":{"_index":${JSON.stringify(name)}${type}`))
    this.#time = new DocumentTime(settings.timeFormat, settings.timeDigits)
    this.#record = new Record(pool)
    this.#timeKey = pool.key(settings.timeKey)
    this.#tagKey = settings.tagKey === undefined ? undefined : pool.key(settings.tagKey)
    this.#searches = [settings.timeKey, ...(settings.tagKey === undefined ? [] : [settings.tagKey])].map(keySearch)
    this.#opensAll = this.#index.needsRecord || settings.idKey !== undefined
    const opening = settings.operation === 'update' ? '{"doc":' : settings.operation === 'upsert' ? '{"doc_as_upsert":true,"doc":' : ''
    const document = `}}\n${opening}{${JSON.stringify(settings.timeKey)}:"`
    this.#afterId = Buffer.from('"' + document)
    this.#afterIndex = Buffer.from(document)
    this.#documentEnd = Buffer.from(opening === '' ? '\n' : '}\n')
    this.#room = ID_ROOM + 16 + this.#afterId.length + this.#time.room + this.#documentEnd.length
  }

  /** Builds the request for a batch. The body comes from the buffer pool. */
  build(batch: Batch, now: number): BulkRequest {
    this.#index.begin(now)
    this.#out = this.#buffers.take(batch.bytes + batch.count * (this.#room + 96))
    this.#at = 0
    this.#left = batch.bytes
    this.#frame = undefined
    let sent: number[] | undefined
    const refused = new Map<number, string>()
    for (let i = 0; i < batch.count; i++) {
      const reason = this.#add(batch, i)
      if (reason !== undefined) {
        sent ??= Array.from({ length: i }, (_, k) => k)
        refused.set(i, reason)
      } else sent?.push(i)
    }
    return { body: this.#out, length: this.#at, sent, refused }
  }

  /** Adds a record. Returns why it cannot be sent, with nothing written. */
  #add(batch: Batch, i: number): string | undefined {
    const frame = batch.frame(i)
    const word = batch.offset(i) >>> 2
    const hasKeys = this.#mayHaveKeys(frame)
    const opened = hasKeys || this.#opensAll
    if (opened) batch.open(i, this.#record)
    const tag = this.#tagKey === undefined && !this.#index.needsRecord ? '' : batch.tag(i)
    if (this.#tagKey !== undefined && tag !== this.#tag) this.#setTag(tag)
    const action = this.#index.action(frame.words[word + SECONDS]!, opened ? this.#record : undefined, tag)
    if (action === undefined) return 'the record lacks a value that the name of its index is made of'
    this.#reserve(action.length + this.#room + this.#tagMember.length + this.#left)
    const before = this.#at
    this.#at = copyRun(action, 0, action.length, this.#out, this.#at)
    const idAt = this.#writeId(frame, word)
    if (typeof idAt === 'string') {
      this.#at = before
      return idAt
    }
    const documentAt = this.#writeDocument(batch, i, frame.words, word, hasKeys)
    if (idAt > 0 && this.#settings.ids === 'hash') this.#writeHash(idAt, documentAt, this.#at - this.#documentEnd.length)
    return undefined
  }

  /** Whether a record of this frame may have the time key or the tag key: seldom, so one search for the whole frame. */
  #mayHaveKeys(frame: FrameView): boolean {
    return frame === this.#frame ? this.#frameHasKeys : this.#search(frame)
  }

  #search(frame: FrameView): boolean {
    this.#frame = frame
    return this.#frameHasKeys = this.#searches.some((has) => has(frame.bytes))
  }

  #setTag(tag: string): void {
    this.#tag = tag
    this.#tagMember = Buffer.from(`,${JSON.stringify(this.#tagKey!.text)}:${JSON.stringify(tag.toWellFormed())}`)
  }

  /** Makes room for `size` more bytes. */
  #reserve(size: number): void {
    if (this.#at + size > this.#out.length) this.#out = this.#buffers.grow(this.#out, this.#at, this.#at + size)
  }

  /**
   * Writes the id and what follows up to the time. Returns the offset of the id's room when it is a hash and still to
   * be written, 0 when there is nothing more to do, or why the record cannot be sent.
   */
  #writeId(frame: FrameView, word: number): number | string {
    const { idKey, ids, operation } = this.#settings
    let given: string | undefined
    if (idKey !== undefined) {
      if (idKey.locate(this.#record) && idKey.isString()) given = idKey.text()
      if (given === '') given = undefined
      if (given === undefined && (operation === 'update' || operation === 'upsert') && ids !== 'hash') {
        return `the record has no text under ${idKey.source}, so ${operation} cannot say which document`
      }
    }
    if (given === undefined && ids === 'none') {
      this.#copy(this.#afterIndex)
      return 0
    }
    this.#copy(BEFORE_ID)
    if (given !== undefined) {
      const text = Buffer.from(JSON.stringify(given.toWellFormed()).slice(1, -1))
      if (Buffer.byteLength(given) > LONGEST_ID) return `the id is longer than ${LONGEST_ID} bytes`
      this.#reserve(text.length + this.#room + this.#tagMember.length + this.#left)
      this.#copy(text)
    } else if (ids === 'identity') {
      this.#at = this.#recordId.write(frame, word, this.#out, this.#at)
    } else {
      const hashAt = this.#at
      this.#at += HASH_LENGTH
      this.#copy(this.#afterId)
      return hashAt
    }
    this.#copy(this.#afterId)
    return 0
  }

  #copy(bytes: Buffer): void {
    this.#at = copyRun(bytes, 0, bytes.length, this.#out, this.#at)
  }

  /** Writes the time's value, the tag and the record's members. Returns where the time's value begins. */
  #writeDocument(batch: Batch, i: number, words: Uint32Array, word: number, hasKeys: boolean): number {
    const out = this.#out
    const documentAt = this.#at
    let at = this.#time.write(words[word + SECONDS]!, words[word + NANOS]!, out, documentAt)
    out[at++] = QUOTE
    at = copyRun(this.#tagMember, 0, this.#tagMember.length, out, at)
    const body = at
    if (hasKeys) {
      this.#deleteKey(this.#timeKey)
      if (this.#tagKey !== undefined) this.#deleteKey(this.#tagKey)
      at = encodeBody(this.#record, out, at, null)
    } else at = batch.writeBody(i, out, at)
    this.#left -= at - body
    // the body's own brace becomes the comma behind what stands before it
    if (at - body > 2) out[body] = COMMA
    else {
      at = body
      out[at++] = CLOSE
    }
    if (this.#settings.replaceDots) replaceDots(out, body, at)
    this.#at = copyRun(this.#documentEnd, 0, this.#documentEnd.length, out, at)
    return documentAt
  }

  #deleteKey(key: Key): void {
    const at = this.#record.find(key)
    if (at >= 0) this.#record.delete(at)
  }

  /** The hash of the document as Fluent Bit spells it, in groups like a UUID. */
  #writeHash(at: number, start: number, end: number): void {
    const [a, b, c, d] = Array.from(murmur128(this.#out, start, end), (word) => word.toString(16).padStart(8, '0'))
    const text = `${a}-${b!.slice(0, 4)}-${b!.slice(4)}-${c!.slice(0, 4)}-${c!.slice(4)}${d}`
    this.#out.write(text, at, 'latin1')
  }
}
