/**
 * Records wait on disk, in an object for each tag, until it is complete: by its size, its age, or because the agent stops.
 * Then it is sent. While S3 takes nothing no more records are taken, so that they wait in the buffer, where limits,
 * fallbacks and metrics see them.
 */
import { mkdir, readdir, rename, stat } from 'node:fs/promises'
import path from 'node:path'
import type { Batch } from '../../event/batch.ts'
import type { OutputTerms } from '../../event/ledger.ts'
import { KEPT, REFUSED, type Output, type OutputContext, type Verdict } from '../../plugin/output.ts'
import { Staging, sizeOf } from '../shared/staging.ts'
import type { StagedObject } from '../shared/staging/journal.ts'
import { WriterPool } from '../shared/writer-pool.ts'
import { S3Client } from './client.ts'
import { keyMaker, type KeyMaker } from './key.ts'
import { LineWriter } from './lines.ts'
import type { S3Options } from './options.ts'
import { checkSizes, objectHeaders, readTarget } from './settings.ts'
import { Uploader } from './uploader.ts'

/** Milliseconds until it is tried again whether there is room on the disk. */
const FULL = 1000

export class S3Output implements Output {
  readonly #options: S3Options
  readonly #context: OutputContext
  readonly #limit: number
  readonly #keyOf: KeyMaker
  readonly #lines: LineWriter
  readonly #writers = new WriterPool(1)
  readonly #staging: Staging
  readonly #client: S3Client
  readonly #uploader: Uploader
  #timer: NodeJS.Timeout | undefined
  #finishing: (() => void) | undefined
  #tail: Promise<unknown> = Promise.resolve()

  /** Throws PluginError. */
  constructor(options: S3Options, context: OutputContext) {
    checkSizes(options)
    this.#options = options
    this.#context = context
    this.#limit = options.store_dir_limit_size === 0 ? Infinity : options.store_dir_limit_size
    this.#keyOf = keyMaker(options)
    this.#lines = new LineWriter(options, context.pool)
    const { log } = context
    this.#staging = new Staging({ directory: context.stateDirectory(), log, whenDelivered: (callback) => { context.whenDelivered(callback) } })
    this.#client = new S3Client(readTarget(options, context.network), context.network)
    this.#uploader = new Uploader(this.#staging, this.#client, {
      compression: options.compression,
      partSize: options.use_put_object ? Infinity : options.upload_chunk_size,
      headers: objectHeaders(options),
      workers: Math.max(1, context.workers ?? 1),
      retry: context.retry,
      exhausted: (object) => this.#exhausted(object),
      done: () => { this.#sent() }
    }, context)
  }

  async open(): Promise<void> {
    await this.#staging.open()
    this.#arm()
    this.#uploader.wake()
  }

  kept(): OutputTerms {
    return this.#staging.terms
  }

  write(batch: Batch): Promise<Verdict> {
    const { failure } = this.#uploader
    if (failure !== undefined) {
      const { reason, throttled, until } = failure
      return Promise.resolve({ kind: 'retry', reason, throttled, after: Math.max(1, until - performance.now()) })
    }
    // a batch at a time, however many are allowed
    const verdict = this.#tail.then(() => this.#stage(batch))
    this.#tail = verdict
    return verdict
  }

  async #stage(batch: Batch): Promise<Verdict> {
    const room = this.#limit - this.#staging.bytes
    if (room <= this.#limit / 2) await this.#completeLargest()
    if (room <= 0) return { kind: 'retry', reason: 'store_dir_limit_size is reached: objects that are not in S3 yet take too much of the disk', after: FULL }
    const writer = this.#writers.take()
    const { pieces, identities, without } = this.#lines.write(batch, (index) => this.#staging.holds(batch, index), writer)
    try {
      if (pieces.length > 0) await this.#staging.append(pieces, identities)
    } catch (error) {
      return { kind: 'retry', reason: `cannot keep records: ${(error as Error).message}`, after: FULL }
    } finally {
      this.#writers.give(writer)
    }
    await this.#completeWhere(({ size, since }) => this.#finishing !== undefined || size >= this.#options.total_file_size || this.#dueAt(since) <= Date.now())
    this.#arm()
    const outcomes = new Uint8Array(batch.count).fill(KEPT)
    for (const index of without) outcomes[index] = REFUSED
    const reason = `the record has nothing under ${this.#options.log_key ?? 'log_key'}`
    return { kind: 'partial', outcomes, reasons: new Map(without.map((index) => [index, reason])) }
  }

  /** Unix milliseconds; a clock that was set back since makes it now. */
  #dueAt(since: number): number {
    return since > Date.now() ? 0 : since + this.#options.upload_timeout
  }

  async #completeLargest(): Promise<void> {
    let largest: StagedObject | undefined
    for (const object of this.#staging.objects) if (object.key === undefined && object.size > (largest?.size ?? 0)) largest = object
    const { id } = largest ?? {}
    if (id !== undefined) await this.#completeWhere((object) => object.id === id)
  }

  /** Objects that are no longer added to are sent. Those whose completion cannot be written grow on, and are completed later. */
  async #completeWhere(isDue: (object: StagedObject) => boolean): Promise<void> {
    const due = [...this.#staging.objects].filter((object) => object.key === undefined && isDue(object))
    try {
      await this.#staging.complete(due, ({ group, second }, index) => this.#keyOf(group, second, index))
    } catch (error) {
      this.#context.log.warn('cannot complete objects', { reason: (error as Error).message })
    }
    this.#uploader.wake()
  }

  /** One timer, for the object that is due first. */
  #arm(): void {
    clearTimeout(this.#timer)
    let due = Infinity
    for (const { key, since } of this.#staging.objects) if (key === undefined) due = Math.min(due, this.#dueAt(since))
    if (due === Infinity) return
    this.#timer = setTimeout(() => {
      void this.#completeWhere(({ since }) => this.#dueAt(since) <= Date.now()).then(() => { this.#arm() })
    }, Math.min(Math.max(100, due - Date.now()), 0x7fff_ffff))
  }

  async #exhausted(object: StagedObject): Promise<string> {
    const { retry_exhausted_action, quarantine_dir_limit_size } = this.#options
    if (retry_exhausted_action === 'delete') return 'retry limit'
    const folder = path.join(this.#context.stateDirectory(), 'quarantine')
    await mkdir(folder, { recursive: true })
    if (quarantine_dir_limit_size > 0) {
      let bytes = sizeOf(object)
      for (const name of await readdir(folder)) bytes += (await stat(path.join(folder, name))).size
      if (bytes > quarantine_dir_limit_size) return 'quarantine full'
    }
    await rename(this.#staging.pathOf(object), path.join(folder, `${object.id}-${encodeURIComponent(object.key ?? '').slice(-200)}`))
    return 'quarantined'
  }

  finish(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#finishing = resolve
    this.#uploader.hurry()
    void this.#tail.then(() => this.#completeWhere(() => true)).then(() => { this.#sent() })
    return promise
  }

  #sent(): void {
    if (this.#finishing !== undefined && this.#staging.terms.waiting === 0) this.#finishing()
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer)
    await this.#uploader.close()
    await this.#staging.close()
    this.#client.close()
  }
}
