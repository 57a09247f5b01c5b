/**
 * Sends complete objects, each whole or in parts, those of a group in order. A part that was taken is noted at once, so
 * that a restart goes on behind it; an object is done when it is there under its key. While S3 fails one object at a time
 * is tried.
 */
import { rename } from 'node:fs/promises'
import type { Counter, PluginContext } from '../../plugin/context.ts'
import { compressFile, type FileCompression } from '../shared/compress.ts'
import { sizeOf, type Staging } from '../shared/staging.ts'
import type { StagedObject } from '../shared/staging/journal.ts'
import { S3Error, type S3Client } from './client.ts'

/** Objects that are sent at once when the agent stops. */
const HURRIED = 8
/** Parts that an upload has at most; S3 takes 10,000. */
const MOST_PARTS = 1000

export interface UploadSettings {
  readonly compression: FileCompression | undefined
  /** Bytes of a part; a smaller object is sent whole. Infinity for no parts. */
  readonly partSize: number
  /** Header fields of the object. */
  readonly headers: { readonly [name: string]: string }
  /** Objects that are sent at once. */
  readonly workers: number
  readonly retry: { readonly base: number; readonly cap: number; readonly limit: number | undefined }
  /** What becomes of an object that was tried too often; resolves to why it is counted as dropped. */
  readonly exhausted: (object: StagedObject) => Promise<string>
  /** An object has left. */
  readonly done: () => void
}

export interface Failure {
  readonly reason: string
  readonly throttled: boolean
  /** `performance.now()` time of the next try. */
  readonly until: number
}

export class Uploader {
  readonly #staging: Staging
  readonly #client: S3Client
  readonly #set: UploadSettings
  readonly #context: PluginContext
  readonly #abort = new AbortController()
  /** Objects that are on their way, and their groups. */
  readonly #busy = new Map<StagedObject['id'], string>()
  readonly #tries = new Map<StagedObject['id'], number>()
  #failures = 0
  #failure: Failure | undefined
  #timer: NodeJS.Timeout | undefined
  #hurried = false
  #idle: (() => void) | undefined
  readonly #counters: { readonly [name in 'records' | 'bytes' | 'retries' | 'failed' | 'dropped']: Counter }

  constructor(staging: Staging, client: S3Client, settings: UploadSettings, context: PluginContext) {
    this.#staging = staging
    this.#client = client
    this.#set = settings
    this.#context = context
    const { meter } = context
    this.#counters = {
      records: meter.counter('fluentbit_output_proc_records_total'),
      bytes: meter.counter('fluentbit_output_proc_bytes_total'),
      retries: meter.counter('fluentbit_output_retries_total'),
      failed: meter.counter('fluentbit_output_retries_failed_total'),
      dropped: meter.counter('fluentbit_output_dropped_records_total')
    }
  }

  /** Why nothing goes out at the moment. */
  get failure(): Failure | undefined {
    return this.#failure
  }

  /** Sends what is complete. */
  wake(): void {
    if (this.#abort.signal.aborted) return
    const now = performance.now()
    if (this.#failure !== undefined) {
      clearTimeout(this.#timer)
      if (now < this.#failure.until) {
        this.#timer = setTimeout(() => { this.wake() }, this.#failure.until - now)
        return
      }
    }
    const { workers } = this.#set
    const most = this.#failure !== undefined ? 1 : this.#hurried ? Math.max(workers, HURRIED) : workers
    const waits = new Set(this.#busy.values())
    for (const object of this.#staging.objects) {
      if (this.#busy.size >= most) return
      if (object.key === undefined || waits.has(object.group)) continue
      waits.add(object.group)
      this.#busy.set(object.id, object.group)
      void this.#send(object)
    }
  }

  async #send(object: StagedObject): Promise<void> {
    try {
      await this.#upload(object)
      this.#succeeded(object)
    } catch (error) {
      if (!this.#abort.signal.aborted) await this.#failed(object, error as Error)
    }
    this.#busy.delete(object.id)
    this.#set.done()
    if (this.#busy.size === 0) this.#idle?.()
    this.wake()
  }

  #succeeded({ id, records, size }: StagedObject): void {
    this.#tries.delete(id)
    this.#failures = 0
    this.#failure = undefined
    this.#counters.records.value += records
    this.#counters.bytes.value += size
  }

  async #failed(object: StagedObject, error: Error): Promise<void> {
    const { base, cap, limit } = this.#set.retry
    const { log } = this.#context
    const tries = (this.#tries.get(object.id) ?? 0) + 1
    this.#tries.set(object.id, tries)
    this.#counters.retries.value++
    const high = this.#hurried ? Math.min(cap, 1000) : Math.min(cap, base * 2 ** Math.min(this.#failures++, 30))
    const low = Math.min(base / 2, high)
    const after = error instanceof S3Error ? error.after : undefined
    const wait = this.#hurried ? high : after ?? low + Math.random() * (high - low)
    this.#failure = { reason: error.message, throttled: error instanceof S3Error && error.throttled, until: performance.now() + wait }
    log.warn('cannot upload, trying again', { key: object.key, seconds: Math.ceil(wait / 100) / 10, reason: error.message })
    if (limit === undefined || tries <= limit) return
    this.#counters.failed.value++
    this.#counters.dropped.value += object.records
    try {
      const reason = await this.#set.exhausted(object)
      if (object.upload !== undefined) await this.#client.abort(object.key!, object.upload.id, this.#abort.signal).catch(() => {})
      await this.#staging.done(object.id, reason)
      this.#tries.delete(object.id)
      log.error('an object was given up', { key: object.key, records: object.records, tries, reason: error.message })
    } catch (failure) {
      log.error('an object cannot be given up', { key: object.key, reason: (failure as Error).message })
    }
  }

  async #upload(object: StagedObject): Promise<void> {
    const { compression, partSize, headers } = this.#set
    const signal = this.#abort.signal
    let sent = object
    if (compression !== undefined && sent.body === undefined) sent = await this.#compress(sent, compression)
    const fields = { ...headers, ...(sent.body === undefined ? {} : { 'content-encoding': sent.body.encoding }) }
    const size = sizeOf(sent)
    if (size <= partSize && sent.upload === undefined) {
      await this.#client.put(sent.key!, { path: this.#staging.pathOf(sent), start: 0, length: size }, fields, signal)
    } else await this.#uploadParts(sent, fields, signal)
    await this.#staging.done(sent.id)
  }

  /** Compresses an object's file; the result counts when it is on disk whole. */
  async #compress(object: StagedObject, compression: FileCompression): Promise<StagedObject> {
    const body = this.#staging.bodyOf(object.id)
    const size = await compressFile(this.#staging.linesOf(object.id), object.size, `${body}.part`, compression)
    await rename(`${body}.part`, body)
    return await this.#staging.change(object.id, { body: { size, encoding: compression } })
  }

  async #uploadParts(object: StagedObject, headers: { readonly [name: string]: string }, signal: AbortSignal): Promise<void> {
    const key = object.key!
    const client = this.#client
    const size = sizeOf(object)
    const path = this.#staging.pathOf(object)
    let upload = object.upload
    if (upload === undefined) {
      // its size of parts is part of what is noted: the option may change in between
      const each = Math.max(this.#set.partSize, Math.ceil(size / MOST_PARTS))
      upload = { id: await client.begin(key, headers, signal), each, parts: [] }
      await this.#staging.change(object.id, { upload })
    }
    const { id, each } = upload
    try {
      for (let number = upload.parts.length + 1; (number - 1) * each < size; number++) {
        const start = (number - 1) * each
        const etag = await client.part(key, id, number, { path, start, length: Math.min(each, size - start) }, signal)
        upload = { ...upload, parts: [...upload.parts, etag] }
        await this.#staging.change(object.id, { upload })
      }
      await client.complete(key, id, upload.parts, signal)
    } catch (error) {
      if (!(error instanceof S3Error) || error.code !== 'NoSuchUpload') throw error
      // it was completed and the answer lost, or somebody has let go of it
      const found = await client.find(key, signal)
      if (found?.size === size && found.etag.replaceAll('"', '').endsWith(`-${upload.parts.length}`)) return
      await this.#staging.change(object.id, { upload: undefined })
      throw error
    }
  }

  /** The agent stops: retries do not wait for long. */
  hurry(): void {
    this.#hurried = true
    if (this.#failure !== undefined) this.#failure = { ...this.#failure, until: Math.min(this.#failure.until, performance.now()) }
    this.wake()
  }

  /** Aborts what is under way and waits for its end. */
  async close(): Promise<void> {
    clearTimeout(this.#timer)
    const idle = Promise.withResolvers<void>()
    this.#idle = idle.resolve
    this.#abort.abort()
    if (this.#busy.size > 0) await idle.promise
  }
}
