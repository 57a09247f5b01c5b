/**
 * The journal of a staging: what lies there, and whose records that is. A change is valid whole or not at all, and is the
 * only thing that makes bytes in the other files count.
 *
 *      <n>.journal    generation n: changes one behind the other, the first of which is all there is
 *
 * A change, all numbers little-endian:
 *
 *      0  u32  bytes behind the first 8 of it
 *      4  u32  CRC-32 of these
 *      8  u32  length of the JSON
 *     12  JSON, as `Change`, then the identities of the records that it adds, 16 bytes each:
 *         u32 start, low 32 bits; u16 start, high 16 bits; u16 index in `streams`; u32 span; u32 ordinal
 *
 * A generation that has grown is followed by the next, and removed once no frame can come again whose records it names.
 */
import { open, readFile, readdir, rm, type FileHandle } from 'node:fs/promises'
import path from 'node:path'
import { crc32 } from 'node:zlib'
import { emptyOutputTerms, type OutputTerms } from '../../../event/ledger.ts'
import { syncFolder } from '../../../lib/durable-file.ts'

const HEADER = 12
const IDENTITY = 16
/** Bytes of a generation that is followed by the next. */
const LARGEST = 1024 * 1024

/** An object that is made, or waits to be sent. */
export interface StagedObject {
  /** Rises; names its files. */
  readonly id: number
  /** What puts records into one object. */
  readonly group: string
  /** Unix milliseconds at which its first record came, and that record's own time in Unix seconds. */
  readonly since: number
  readonly second: number
  /** Bytes of its file that count, and the records in them. */
  readonly size: number
  readonly records: number
  /** The name under which it is sent. With it, it is complete. */
  readonly key?: string
  /** It was compressed: what is sent. */
  readonly body?: { readonly size: number; readonly encoding: string }
  /** Sent in parts: the upload's id, bytes of each part, and what the destination gave for those that it has. */
  readonly upload?: { readonly id: string; readonly each: number; readonly parts: readonly string[] }
}

export interface Change {
  readonly next?: number
  /** Objects that were ever complete. */
  readonly index?: number
  readonly terms?: OutputTerms
  readonly put?: readonly StagedObject[]
  readonly drop?: readonly number[]
  /** `uid.generation` of the streams whose records it adds. */
  readonly streams?: readonly string[]
}

/** What all changes come to. */
export interface State {
  readonly next: number
  readonly index: number
  readonly terms: OutputTerms
  readonly objects: ReadonlyMap<number, StagedObject>
}

export function applied(state: State, { next = state.next, index = state.index, terms = state.terms, put = [], drop = [] }: Change): State {
  const objects = new Map(state.objects)
  for (const object of put) objects.set(object.id, object)
  for (const id of drop) objects.delete(id)
  return { next, index, terms, objects }
}

/** Records by stream, as `start.span.ordinal`. */
export type Remembered = Map<string, Set<string>>

export interface Read {
  readonly state: State
  /** The newest generation, 0 when there is none. */
  readonly generation: number
  readonly remembered: Remembered
}

/** Reads the journal of a folder, which need not be there. */
export async function readJournal(directory: string): Promise<Read> {
  const remembered: Remembered = new Map()
  let state: State = { next: 1, index: 0, terms: emptyOutputTerms(), objects: new Map() }
  let generation = 0
  for (const number of (await generations(directory)).sort((a, b) => a - b)) {
    const changes = readChanges(await readFile(file(directory, number)), remembered)
    // one whose first change is torn was never begun
    if (changes.length === 0) continue
    generation = number
    state = changes.reduce(applied, { next: 1, index: 0, terms: emptyOutputTerms(), objects: new Map<number, StagedObject>() })
  }
  return { state, generation, remembered }
}

function readChanges(bytes: Buffer, remembered: Remembered): Change[] {
  const changes: Change[] = []
  for (let at = 0; at + HEADER <= bytes.length;) {
    const end = endOf(bytes, at)
    if (end === undefined) {
      // the end was torn; or the disk spoiled one, and those behind it say all there is of what they are about
      at = bytes.indexOf('{', at + HEADER + 1) - HEADER
      if (at < 0) break
      continue
    }
    const json = at + HEADER + bytes.readUInt32LE(at + 8)
    const change = JSON.parse(bytes.toString('utf8', at + HEADER, json)) as Change
    for (let id = json; id < end; id += IDENTITY) remember(bytes, id, change.streams!, remembered)
    changes.push(change)
    at = end
  }
  return changes
}

/** Where a change ends that begins at `at`; undefined when none does. */
function endOf(bytes: Buffer, at: number): number | undefined {
  const end = at + 8 + bytes.readUInt32LE(at)
  const json = at + HEADER + bytes.readUInt32LE(at + 8)
  return end <= bytes.length && json <= end && crc32(bytes.subarray(at + 8, end)) === bytes.readUInt32LE(at + 4) ? end : undefined
}

function remember(bytes: Buffer, at: number, streams: readonly string[], remembered: Remembered): void {
  const stream = streams[bytes.readUInt16LE(at + 6)]!
  let records = remembered.get(stream)
  if (records === undefined) remembered.set(stream, (records = new Set()))
  const start = bytes.readUInt16LE(at + 4) * 0x1_0000_0000 + bytes.readUInt32LE(at)
  records.add(`${start}.${bytes.readUInt32LE(at + 8)}.${bytes.readUInt32LE(at + 12)}`)
}

interface StreamName {
  readonly uid: string
  readonly generation: number
}

/** The identities of records that are added, by which they are known when their frames come again. */
export class Identities {
  readonly streams: string[] = []
  readonly #slots = new Map<string, number>()
  #bytes = Buffer.allocUnsafe(IDENTITY * 1024)
  #length = 0
  #last: StreamName | undefined
  #slot = 0

  add(stream: StreamName, start: number, end: number, ordinal: number): void {
    if (stream !== this.#last) this.#slot = this.#slotOf(stream)
    if (this.#length === this.#bytes.length) this.#bytes = Buffer.concat([this.#bytes, Buffer.allocUnsafe(this.#bytes.length)])
    const bytes = this.#bytes
    let at = this.#length
    at = writeWord(bytes, at, start % 0x1_0000_0000)
    at = writeWord(bytes, at, (Math.floor(start / 0x1_0000_0000) & 0xffff) | (this.#slot << 16))
    at = writeWord(bytes, at, end - start)
    this.#length = writeWord(bytes, at, ordinal)
  }

  #slotOf(stream: StreamName): number {
    this.#last = stream
    const name = `${stream.uid}.${stream.generation}`
    const known = this.#slots.get(name)
    if (known !== undefined) return known
    this.#slots.set(name, this.streams.length)
    return this.streams.push(name) - 1
  }

  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }
}

/** Once for each record, several times: cheaper than the methods of Buffer, which check their arguments. */
function writeWord(bytes: Buffer, at: number, value: number): number {
  bytes[at] = value
  bytes[at + 1] = value >>> 8
  bytes[at + 2] = value >>> 16
  bytes[at + 3] = value >>> 24
  return at + 4
}

export class Journal {
  readonly #directory: string
  #handle: FileHandle | undefined
  #generation: number
  #length = 0

  /** `generation` is the newest that is there. */
  constructor(directory: string, generation: number) {
    this.#directory = directory
    this.#generation = generation
  }

  get isLong(): boolean {
    return this.#length > LARGEST
  }

  /** Begins the next generation with all there is; returns its number. Rejects when it cannot be written; the one before goes on then. */
  async begin({ next, index, terms, objects }: State): Promise<number> {
    const number = this.#generation + 1
    const handle = await open(file(this.#directory, number), 'w')
    const bytes = encode({ next, index, terms, put: [...objects.values()] }, Buffer.alloc(0))
    try {
      await writeAll(handle, bytes, 0)
      await handle.sync()
      await syncFolder(this.#directory)
    } catch (error) {
      await handle.close().catch(() => {})
      await rm(file(this.#directory, number), { force: true }).catch(() => {})
      throw error
    }
    await this.close()
    this.#handle = handle
    this.#generation = number
    this.#length = bytes.length
    return number
  }

  /** Makes a change durable. Rejects when it cannot be written; the next one is written over it then. */
  async add(change: Change, identities?: Identities): Promise<void> {
    const all = identities === undefined ? change : { ...change, streams: identities.streams }
    const bytes = encode(all, identities?.bytes ?? Buffer.alloc(0))
    await writeAll(this.#handle!, bytes, this.#length)
    await this.#handle!.datasync()
    this.#length += bytes.length
  }

  /** Removes the generations before `number`. */
  async forget(number: number): Promise<void> {
    for (const old of await generations(this.#directory)) if (old < number) await rm(file(this.#directory, old), { force: true })
  }

  async close(): Promise<void> {
    const handle = this.#handle
    this.#handle = undefined
    await handle?.close().catch(() => {})
  }
}

function encode(change: Change, identities: Buffer): Buffer {
  const json = Buffer.from(JSON.stringify(change))
  const bytes = Buffer.concat([Buffer.alloc(HEADER), json, identities])
  bytes.writeUInt32LE(bytes.length - 8, 0)
  bytes.writeUInt32LE(json.length, 8)
  bytes.writeUInt32LE(crc32(bytes.subarray(8)), 4)
  return bytes
}

/** Writes all of it, or rejects. */
export async function writeAll(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done)
    if (bytesWritten === 0) throw new Error('nothing could be written')
    done += bytesWritten
  }
}

async function generations(directory: string): Promise<number[]> {
  const names = await readdir(directory).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  })
  return names.flatMap((name) => /^(\d+)\.journal$/.exec(name)?.[1] ?? []).map(Number)
}

function file(directory: string, number: number): string {
  return path.join(directory, `${number}.journal`)
}
