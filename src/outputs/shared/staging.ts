/**
 * A staging: records that an output keeps on disk until there are enough for an object that its destination has whole or
 * not at all. A folder with
 *
 *      <n>.journal    what counts (staging/journal.ts)
 *      <id>.lines     the records of object `id`, appended to until it is complete
 *      <id>.body      the same compressed, once it is complete
 *
 * What was said to be kept is on disk (`fdatasync`), and its records are known by their identity: frames that come again
 * after a kill add nothing. Bytes that no change of the journal names (a write that was cut short) are written over.
 */
import { constants } from 'node:fs'
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import type { Batch } from '../../event/batch.ts'
import { count, emptyOutputTerms, type OutputTerms } from '../../event/ledger.ts'
import { syncFolder } from '../../lib/durable-file.ts'
import type { Log } from '../../plugin/context.ts'
import { Journal, applied, readJournal, writeAll, type Change, type Identities, type Remembered, type StagedObject, type State } from './staging/journal.ts'

/** Milliseconds after a start in which records whose frames were not acknowledged before it may come again. */
const AGAIN = 600_000
/** Files that are written and synced at once. */
const AT_ONCE = 8

/** Bytes for the open object of a group. */
export interface Piece {
  readonly group: string
  readonly bytes: Buffer
  readonly records: number
  /** Time of its first record, Unix seconds. */
  readonly second: number
}

export interface StagingOptions {
  readonly directory: string
  readonly log: Log
  readonly whenDelivered: (callback: () => void) => void
}

export class Staging {
  readonly #directory: string
  readonly #log: Log
  readonly #whenDelivered: (callback: () => void) => void
  #state: State = { next: 1, index: 0, terms: emptyOutputTerms(), objects: new Map() }
  #journal: Journal | undefined
  /** Objects that grow, by group. */
  readonly #open = new Map<string, StagedObject>()
  /** Records that may come again although they are here. */
  #remembered: Remembered = new Map()
  #forgetting: NodeJS.Timeout | undefined
  readonly #openedAt = performance.now()
  #tail: Promise<unknown> = Promise.resolve()

  constructor({ directory, log, whenDelivered }: StagingOptions) {
    this.#directory = directory
    this.#log = log
    this.#whenDelivered = whenDelivered
  }

  /** Takes over what is there. Rejects when the folder cannot be used. */
  async open(): Promise<void> {
    if (this.#journal !== undefined) return
    await mkdir(this.#directory, { recursive: true, mode: 0o700 })
    const { state, generation, remembered } = await readJournal(this.#directory)
    const journal = new Journal(this.#directory, generation)
    this.#state = await this.#checked(state)
    const begun = await journal.begin(this.#state)
    this.#journal = journal
    this.#remembered = remembered
    for (const object of this.#state.objects.values()) if (object.key === undefined) this.#open.set(object.group, object)
    await this.#sweep()
    this.#forgetBefore(begun)
  }

  /** The state without objects whose files are gone or too short: their records are lost, counted. */
  async #checked(state: State): Promise<State> {
    const terms = structuredClone(state.terms)
    const drop: number[] = []
    for (const object of state.objects.values()) {
      const file = this.pathOf(object)
      const { size } = await stat(file).catch(() => ({ size: -1 }))
      if (size >= sizeOf(object)) continue
      this.#log.error(`${file} is damaged: ${object.records} records are lost`)
      count(terms.dropped, 'staged file damaged', object.records)
      drop.push(object.id)
    }
    return applied(state, { terms, drop })
  }

  async #sweep(): Promise<void> {
    const named = new Set([...this.#state.objects.values()].map((object) => path.basename(this.pathOf(object))))
    for (const name of await readdir(this.#directory)) {
      if (/^\d+\.(lines|body|body\.part)$/.test(name) && !named.has(name)) await rm(path.join(this.#directory, name), { force: true })
    }
  }

  /** Forgets whose records older generations name, once their frames cannot come again. */
  #forgetBefore(generation: number): void {
    const wait = this.#openedAt + AGAIN - performance.now()
    const last = (): void => this.#whenDelivered(() => {
      if (this.#remembered.size > 0) this.#remembered = new Map()
      void this.#inTurn(async () => { await this.#journal?.forget(generation) }).catch(() => {})
    })
    if (wait <= 0) return last()
    clearTimeout(this.#forgetting)
    this.#forgetting = setTimeout(last, wait).unref()
  }

  /** The record was kept before the start, although its frame was not acknowledged then. */
  holds(batch: Batch, index: number): boolean {
    if (this.#remembered.size === 0) return false
    const { uid, generation } = batch.stream(index)
    const start = batch.start(index)
    return this.#remembered.get(`${uid}.${generation}`)?.has(`${start}.${batch.end(index) - start}.${batch.ordinal(index)}`) === true
  }

  /** In the order in which they were begun. */
  get objects(): Iterable<StagedObject> {
    return this.#state.objects.values()
  }

  /** Bytes of all objects. */
  get bytes(): number {
    let bytes = 0
    for (const object of this.#state.objects.values()) bytes += sizeOf(object)
    return bytes
  }

  /** What became of all the records that were ever here; those that are count as waiting. */
  get terms(): OutputTerms {
    let waiting = 0
    for (const { records } of this.#state.objects.values()) waiting += records
    return { ...this.#state.terms, waiting }
  }

  /** What of an object is sent: its records, compressed if they are. */
  pathOf({ id, body }: StagedObject): string {
    return body === undefined ? this.linesOf(id) : this.bodyOf(id)
  }

  linesOf(id: number): string {
    return path.join(this.#directory, `${id}.lines`)
  }

  bodyOf(id: number): string {
    return path.join(this.#directory, `${id}.body`)
  }

  /** Adds records to the open objects of their groups, all or none; durable when it resolves. */
  append(pieces: readonly Piece[], identities: Identities): Promise<void> {
    return this.#inTurn(async () => {
      let { next } = this.#state
      const put: StagedObject[] = []
      const writes: (() => Promise<void>)[] = []
      for (const { group, bytes, records, second } of pieces) {
        const before = this.#open.get(group) ?? { id: next++, group, since: Date.now(), second, size: 0, records: 0 }
        put.push({ ...before, size: before.size + bytes.length, records: before.records + records })
        writes.push(() => writeAt(this.linesOf(before.id), bytes, before.size))
      }
      for (let at = 0; at < writes.length; at += AT_ONCE) await Promise.all(writes.slice(at, at + AT_ONCE).map((write) => write()))
      if (next > this.#state.next) await syncFolder(this.#directory)
      await this.#commit({ next, put }, identities)
      for (const object of put) this.#open.set(object.group, object)
    })
  }

  /** Objects are complete: each is sent under a key made of it and of how many were complete before. */
  complete(objects: readonly StagedObject[], keyOf: (object: StagedObject, index: number) => string): Promise<void> {
    return this.#inTurn(async () => {
      let { index } = this.#state
      const put: StagedObject[] = []
      for (const { id } of objects) {
        const object = this.#state.objects.get(id)
        if (object !== undefined && object.key === undefined) put.push({ ...object, key: keyOf(object, index++) })
      }
      if (put.length === 0) return
      await this.#commit({ index, put })
      for (const { group } of put) this.#open.delete(group)
    })
  }

  /** News of an object that is complete. Resolves to the object with them. */
  change(id: number, news: Pick<StagedObject, 'body'> | { readonly upload: StagedObject['upload'] | undefined }): Promise<StagedObject> {
    return this.#inTurn(async () => {
      const object: StagedObject = { ...this.#state.objects.get(id)!, ...news } as StagedObject
      await this.#commit({ put: [object] })
      if ('body' in news) await rm(this.linesOf(id), { force: true }).catch(() => {})
      return object
    })
  }

  /** The destination has it (`dropped` is undefined), or it is given up for this reason. Its files are removed. */
  done(id: number, dropped?: string): Promise<void> {
    return this.#inTurn(async () => {
      const { records } = this.#state.objects.get(id)!
      const terms = structuredClone(this.#state.terms)
      if (dropped === undefined) terms.delivered += records
      else count(terms.dropped, dropped, records)
      await this.#commit({ terms, drop: [id] })
      for (const file of [this.linesOf(id), this.bodyOf(id)]) await rm(file, { force: true }).catch(() => {})
    })
  }

  async #commit(change: Change, identities?: Identities): Promise<void> {
    const journal = this.#journal
    if (journal === undefined) throw new Error('the staging is closed')
    await journal.add(change, identities)
    this.#state = applied(this.#state, change)
    if (!journal.isLong) return
    // one that cannot be begun now is begun with a later change
    await journal.begin(this.#state).then((generation) => this.#forgetBefore(generation), () => {})
  }

  /** One change at a time. */
  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(change)
    this.#tail = result.catch(() => {})
    return result
  }

  async close(): Promise<void> {
    clearTimeout(this.#forgetting)
    await this.#tail
    await this.#journal?.close()
    this.#journal = undefined
  }
}

/** Bytes that are sent of an object. */
export function sizeOf({ size, body }: StagedObject): number {
  return body?.size ?? size
}

/** Gives up all that is in a staging that nobody has open; returns how much it was. */
export async function forgetStaging(directory: string): Promise<{ readonly records: number; readonly bytes: number }> {
  if ((await readJournal(directory)).generation === 0) return { records: 0, bytes: 0 }
  const silent = (): void => {}
  const staging = new Staging({ directory, log: { error: silent, warn: silent, info: silent, debug: silent }, whenDelivered: silent })
  await staging.open()
  const { bytes, terms } = staging
  for (const { id } of staging.objects) await staging.done(id, 'forgotten')
  await staging.close()
  return { records: terms.waiting, bytes }
}

/** The terms of a staging that nobody has open. */
export async function readStagingTerms(directory: string): Promise<OutputTerms> {
  const { state } = await readJournal(directory)
  let waiting = 0
  for (const { records } of state.objects.values()) waiting += records
  return { ...state.terms, waiting }
}

async function writeAt(file: string, bytes: Buffer, position: number): Promise<void> {
  const handle = await open(file, constants.O_WRONLY | constants.O_CREAT, 0o600)
  try {
    await writeAll(handle, bytes, position)
    await handle.datasync()
  } finally {
    await handle.close()
  }
}
