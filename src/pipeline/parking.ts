/**
 * The parking of one output: records set aside on disk because they are still worth a try but not worth holding up the
 * frames they came in, and what a stop interrupted.
 *
 * A folder with
 *
 *      <n>.frame      one frame (buffer/frame.ts) with the records of entry n, constants spliced in
 *      parking.json   {"next": n, "terms": {…}, "entries": [{"id", "records", "bytes", "tries", "kind", "uids"}, …]}
 *
 * The manifest is the truth: it is replaced as a whole (written aside, synced, renamed), and a frame it does not name is
 * left over from a write that was cut short, and removed. `terms` are the ledger terms of everything that ever left the
 * parking, so that they change in the same moment as the entries do. While records are parked they count as waiting.
 */
import { mkdir, readFile, readdir, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { Batch } from '../event/batch.ts'
import { emptyOutputTerms, type OutputTerms } from '../event/ledger.ts'
import type { Frame } from '../buffer/frame.ts'
import { addOutcome } from '../buffer/totals.ts'
import type { Log } from '../plugin/context.ts'
import { syncFolder, writeSynced } from '../lib/durable-file.ts'
import { RecordFrame, openFrame } from './record-frame.ts'
import { backoff } from './retry.ts'
import { streamSlot } from './work.ts'

/** Bytes of all entries after which nothing more is taken. */
const LIMIT = 64 * 1024 * 1024
/** Tries of an entry during which later records of its streams wait behind it (outputs that keep order). */
const BARRING_TRIES = 8
/** Pace of the tries, in milliseconds. */
const PACE = { base: 10_000, cap: 300_000, limit: undefined }

type Kind = 'stubborn' | 'interrupted'

interface Entry {
  readonly id: number
  readonly records: number
  readonly bytes: number
  tries: number
  kind: Kind
  readonly uids: readonly string[]
  /** What its streams are parts of; not stored. */
  readonly sources: readonly string[]
  /** Monotonic milliseconds; not stored. */
  due: number
  out: boolean
}

interface Manifest {
  next: number
  terms: OutputTerms
  entries: Pick<Entry, 'id' | 'records' | 'bytes' | 'tries' | 'kind' | 'uids'>[]
}

export interface ParkedFrame {
  readonly id: number
  readonly frame: Frame
}

export interface ParkingOptions {
  /** `<state>/parking/<output>` */
  readonly directory: string
  readonly output: string
  readonly log: Log
  /** Bytes. */
  readonly limit?: number
  readonly random?: () => number
  /** See `DeliveryOptions`. */
  readonly sourceOf?: (uid: string) => string
}

export class Parking {
  readonly #directory: string
  readonly #output: string
  readonly #log: Log
  readonly #limit: number
  readonly #random: () => number
  readonly #sourceOf: (uid: string) => string
  #entries: Entry[] = []
  #next = 1
  #terms = emptyOutputTerms()
  /** Bytes that are parked, and those on their way there. */
  #bytes = 0
  #tail: Promise<unknown> = Promise.resolve()
  /** Entries that bar each source. */
  readonly #bars = new Map<string, number>()
  /** Identities of records that were parked before the start: their frames may come again. */
  readonly #remembered = new Map<string, Set<string>>()
  #opened = false

  constructor(options: ParkingOptions) {
    this.#directory = options.directory
    this.#output = options.output
    this.#log = options.log
    this.#limit = options.limit ?? LIMIT
    this.#random = options.random ?? Math.random
    this.#sourceOf = options.sourceOf ?? ((uid) => uid)
  }

  async open(): Promise<void> {
    if (this.#opened) return
    const manifest = await readManifest(this.#directory)
    if (manifest !== undefined) {
      this.#next = manifest.next
      this.#terms = manifest.terms
      this.#entries = manifest.entries.map((entry) => ({ ...entry, sources: entry.uids.map(this.#sourceOf), due: 0, out: false }))
      await this.#sweep()
      for (const entry of this.#entries) await this.#remember(entry)
    }
    this.#opened = true
  }

  async #sweep(): Promise<void> {
    const named = new Set(this.#entries.map(({ id }) => `${id}.frame`))
    for (const file of await readdir(this.#directory)) {
      if (file !== MANIFEST && !named.has(file)) await rm(path.join(this.#directory, file), { force: true })
    }
  }

  async #remember(entry: Entry): Promise<void> {
    this.#bytes += entry.bytes
    this.#bar(entry)
    const frame = await this.#read(entry)
    if (frame === undefined) return
    for (const [start, end] of frame.directory.sections) {
      for (let at = start; at < end; at += frame.words[at >>> 2]!) {
        const { uid, generation } = frame.streams[streamSlot(frame.words, at)]!
        const stream = `${uid}.${generation}`
        let identities = this.#remembered.get(stream)
        if (identities === undefined) this.#remembered.set(stream, (identities = new Set()))
        identities.add(identityOf(frame, at))
      }
    }
  }

  /** Records were parked before the start. */
  get remembers(): boolean {
    return this.#remembered.size > 0
  }

  /** The record was parked before the start, although its frame was not acknowledged then. */
  holds(frame: Frame, offset: number): boolean {
    const { uid, generation } = frame.streams[streamSlot(frame.words, offset)]!
    return this.#remembered.get(`${uid}.${generation}`)?.has(identityOf(frame, offset)) === true
  }

  get records(): number {
    let records = 0
    for (const entry of this.#entries) records += entry.records
    return records
  }

  get bytes(): number {
    return this.#bytes
  }

  get hasRoom(): boolean {
    return this.#bytes < this.#limit
  }

  /** What became of the records that left the parking (`routed` and `waiting` are 0). */
  get terms(): OutputTerms {
    return this.#terms
  }

  /** Records of this stream, or of another of its source, wait here, and later ones should not overtake them. */
  bars(uid: string): boolean {
    return this.#bars.size > 0 && this.#bars.has(this.#sourceOf(uid))
  }

  barsSource = (source: string): boolean => this.#bars.has(source)

  #bar({ kind, tries, sources }: Entry, change: 1 | -1 = 1): void {
    if (kind !== 'stubborn' || tries >= BARRING_TRIES) return
    for (const source of sources) {
      const bars = (this.#bars.get(source) ?? 0) + change
      if (bars > 0) this.#bars.set(source, bars)
      else this.#bars.delete(source)
    }
  }

  /** Stores the records of a batch; resolves to whether they are on disk now. */
  add(batch: Batch, kind: Kind): Promise<boolean> {
    if (!this.#opened || !this.hasRoom) return Promise.resolve(false)
    const made = new RecordFrame(this.#output)
    const uids = new Set<string>()
    for (let i = 0; i < batch.count; i++) {
      made.addRecord(batch, i)
      uids.add(batch.stream(i).uid)
    }
    return this.#store(made, kind, [...uids])
  }

  async #store(made: RecordFrame, kind: Kind, uids: readonly string[]): Promise<boolean> {
    const id = this.#next++
    const frame = made.finish(id)
    const entry: Entry = { id, records: frame.records, bytes: frame.size, tries: 0, kind, uids, sources: uids.map(this.#sourceOf), due: this.#dueAfter(1), out: false }
    this.#bytes += entry.bytes
    this.#bar(entry)
    return this.#inTurn(async () => {
      try {
        await mkdir(this.#directory, { recursive: true })
        await writeSynced(this.#file(entry), frame.bytes)
        this.#entries.push(entry)
        await this.#commit()
        return true
      } catch (error) {
        this.#entries = this.#entries.filter((other) => other !== entry)
        this.#bytes -= entry.bytes
        this.#bar(entry, -1)
        this.#log.error(`cannot set records aside in ${this.#directory}: ${String(error)}`)
        return false
      }
    })
  }

  #dueAfter(tries: number): number {
    return performance.now() + backoff(tries, PACE, this.#random)
  }

  /** One change at a time. */
  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(change)
    this.#tail = result.catch(() => {})
    return result
  }

  /** All changes asked for so far are on disk, or failed. */
  async flush(): Promise<void> {
    await this.#tail
  }

  /** Monotonic milliseconds at which `next` may have something. */
  get nextDue(): number {
    let due = Infinity
    for (const entry of this.#entries) if (!entry.out && entry.due < due) due = entry.due
    return due
  }

  /** The next entry whose time has come and whose streams have no earlier one here. */
  async next(now: number): Promise<ParkedFrame | undefined> {
    const earlier = new Set<string>()
    for (const entry of this.#entries) {
      const behind = entry.sources.some((source) => earlier.has(source))
      if (entry.tries < BARRING_TRIES) for (const source of entry.sources) earlier.add(source)
      if (entry.out || entry.due > now) continue
      if (behind) entry.due = this.#dueAfter(1)
      else return this.#take(entry)
    }
    return undefined
  }

  /** The next entry that was interrupted by a stop; undefined when there is none left. */
  async interrupted(): Promise<ParkedFrame | undefined> {
    for (const entry of this.#entries) {
      if (entry.kind !== 'interrupted' || entry.out) continue
      const taken = await this.#take(entry)
      if (taken !== undefined) return taken
    }
    return undefined
  }

  async #take(entry: Entry): Promise<ParkedFrame | undefined> {
    entry.out = true
    const frame = await this.#read(entry)
    if (frame !== undefined) return { id: entry.id, frame }
    this.#log.error(`${this.#file(entry)} is damaged: ${entry.records} parked records are lost`)
    const terms = emptyOutputTerms()
    terms.dropped['parking damaged'] = entry.records
    await this.#remove(entry, terms)
    return undefined
  }

  async #read(entry: Entry): Promise<Frame | undefined> {
    try {
      return openFrame(await readFile(this.#file(entry)))
    } catch {
      return undefined
    }
  }

  /** An entry was tried: the records at the offsets `left` stay, the others found the end that `terms` say. */
  async settle(parked: ParkedFrame, left: readonly number[], terms: OutputTerms): Promise<void> {
    const entry = this.#entries.find(({ id }) => id === parked.id)
    if (entry === undefined) return
    if (left.length === 0) return this.#remove(entry, terms)
    if (left.length === entry.records) {
      this.#triedAgain(entry, entry)
      return
    }
    const made = new RecordFrame(this.#output)
    const { batch, uids } = pick(parked.frame, left)
    for (let i = 0; i < batch.count; i++) made.addRecord(batch, i)
    const frame = made.finish(this.#next)
    const rest: Entry = { ...entry, id: this.#next++, records: frame.records, bytes: frame.size, uids, sources: uids.map(this.#sourceOf) }
    await this.#inTurn(async () => {
      try {
        await writeSynced(this.#file(rest), frame.bytes)
      } catch (error) {
        // The whole entry stays, and what was delivered of it will be repeated.
        this.#log.error(`cannot write ${this.#file(rest)}: ${String(error)}`)
        this.#triedAgain(entry, entry)
        return
      }
      this.#bytes += rest.bytes - entry.bytes
      this.#triedAgain(entry, rest)
      this.#entries[this.#entries.indexOf(entry)] = rest
      addOutcome(this.#terms, terms)
      await this.#commitSoon()
      await this.#discard(entry)
    })
  }

  #triedAgain(before: Entry, after: Entry): void {
    this.#bar(before, -1)
    after.tries = before.tries + 1
    after.kind = 'stubborn'
    after.out = false
    after.due = this.#dueAfter(after.tries)
    this.#bar(after)
  }

  async #remove(entry: Entry, terms: OutputTerms): Promise<void> {
    await this.#inTurn(async () => {
      this.#bytes -= entry.bytes
      this.#bar(entry, -1)
      this.#entries = this.#entries.filter((other) => other !== entry)
      addOutcome(this.#terms, terms)
      await this.#commitSoon()
      await this.#discard(entry)
    })
  }

  /** A file that cannot be removed is left over for the next start. */
  async #discard(entry: Entry): Promise<void> {
    await rm(this.#file(entry), { force: true }).catch(() => {})
  }

  #file(entry: Entry): string {
    return path.join(this.#directory, `${entry.id}.frame`)
  }

  async #commit(): Promise<void> {
    const manifest: Manifest = {
      next: this.#next,
      terms: this.#terms,
      entries: this.#entries.map(({ id, records, bytes, tries, kind, uids }) => ({ id, records, bytes, tries, kind, uids }))
    }
    const aside = path.join(this.#directory, `${MANIFEST}.new`)
    await writeSynced(aside, Buffer.from(JSON.stringify(manifest)))
    await rename(aside, path.join(this.#directory, MANIFEST))
    await syncFolder(this.#directory)
  }

  /** Removals that cannot be written are written with the next change; until then a restart would repeat them. */
  async #commitSoon(): Promise<void> {
    try {
      await this.#commit()
    } catch (error) {
      this.#log.error(`cannot write ${path.join(this.#directory, MANIFEST)}: ${String(error)}`)
    }
  }
}

const MANIFEST = 'parking.json'

async function readManifest(directory: string): Promise<Manifest | undefined> {
  try {
    return JSON.parse(await readFile(path.join(directory, MANIFEST), 'utf8')) as Manifest
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Terms of a parking on disk, for the ledger of an agent that does not run. */
export async function readParkingTerms(directory: string): Promise<OutputTerms | undefined> {
  const manifest = await readManifest(directory)
  if (manifest === undefined) return undefined
  return { ...manifest.terms, waiting: manifest.entries.reduce((records, entry) => records + entry.records, 0) }
}

/** A record's start, span and ordinal, as text. */
function identityOf(frame: Frame, offset: number): string {
  const { words } = frame
  const word = offset >>> 2
  return `${words[word + 3]!}.${words[word + 4]! & 0xffff}.${words[word + 5]!}.${words[word + 7]! & 0xffff}`
}

function pick(frame: Frame, offsets: readonly number[]): { readonly batch: Batch; readonly uids: string[] } {
  const batch = new Batch()
  const uids = new Set<string>()
  for (const offset of offsets.toSorted((a, b) => a - b)) {
    const section = frame.directory.sections.find(([start, end]) => offset >= start && offset < end)!
    batch.add(frame, offset, section[3])
    uids.add(frame.streams[streamSlot(frame.words, offset)]!.uid)
  }
  return { batch, uids: [...uids] }
}
