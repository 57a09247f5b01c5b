/** One output's way through both logs: what it has taken, what it is done with, what waits. */
import { count, emptyOutputTerms, type OutputTerms } from '../event/ledger.ts'
import { MAX_OPEN, type CursorFile, type CursorState } from './cursor-file.ts'
import type { DiskLog } from './disk-log.ts'
import type { FrameCache } from './frame-cache.ts'
import type { Frame } from './frame.ts'
import type { MemoryClaim, MemoryFrame, MemoryLog } from './memory-log.ts'
import type { Claim } from './segment-reader.ts'
import type { OutputQueue } from './store.ts'
import { addOutcome, addOutputTerms } from './totals.ts'

const RETRY = 1000

/** Parts of the store that queues share. */
export interface QueueParts {
  readonly log: DiskLog
  readonly memory: MemoryLog
  readonly cache: FrameCache
  /** Something is to be written or deleted soon. */
  readonly changed: () => void
  /** A frame on disk could not be read back. */
  readonly corrupt: (sequence: number) => void
  readonly gaveUp: (output: string, reason: string, records: number) => void
}

export class Queue implements OutputQueue {
  readonly name: string
  onFrame: (() => void) | undefined
  /** What became of all records so far, those in memory included; `waiting` is 0. */
  readonly totals: OutputTerms
  readonly #parts: QueueParts
  readonly #file: CursorFile
  readonly #totalLimit: number | undefined
  /** Terms of frames on disk only, as the cursor has them. */
  readonly #terms: OutputTerms
  #forgotten: boolean
  /** Frames below it are done, taken or returned. */
  #position: number
  readonly #taken = new Map<number, Claim | MemoryClaim>()
  /** Given back untouched, ascending. */
  #returned: (Claim | MemoryClaim)[] = []
  #records = 0
  #bytes = 0
  #frames = 0
  /** Bytes that wait on disk. */
  #diskBytes = 0
  #dirty = true
  #retry: NodeJS.Timeout | undefined

  constructor(state: CursorState, file: CursorFile, parts: QueueParts, totalLimit: number | undefined) {
    this.name = state.name
    this.#file = file
    this.#parts = parts
    this.#totalLimit = totalLimit
    this.#terms = state.terms
    this.#position = state.position
    this.#forgotten = state.forgotten ?? false
    this.totals = structuredClone(state.terms)
    const { log } = parts
    for (const sequence of state.open) {
      const claim = log.claim(this.name, sequence)
      if (claim === undefined) continue
      log.expect(sequence)
      this.#returned.push(claim)
      this.#await(claim)
    }
    this.#returned.sort((a, b) => a.sequence - b.sequence)
    const rest = log.expectFrom(this.name, state.position)
    this.#frames += rest.frames
    this.#records += rest.records
    this.#bytes += rest.bytes
    this.#diskBytes = this.#bytes
    this.totals.routed += this.#records
  }

  /** What frames in memory said of this output in earlier runs. */
  addEarlier(terms: OutputTerms): void {
    this.totals.routed += terms.routed
    addOutcome(this.totals, terms)
  }

  /** Notes a frame that was just appended with records for this output. */
  expect(claim: Claim, onDisk: boolean): void {
    this.#await(claim)
    if (onDisk) this.#diskBytes += claim.bytes
    this.totals.routed += claim.records
    if (this.#totalLimit !== undefined && this.#diskBytes > this.#totalLimit) this.giveUp(this.#totalLimit, 'total_limit_size')
  }

  #await(claim: Claim): void {
    this.#frames++
    this.#records += claim.records
    this.#bytes += claim.bytes
  }

  take(): Frame | undefined {
    for (;;) {
      let claim: Claim | MemoryClaim | undefined
      try {
        claim = this.#next()
        if (claim === undefined) return undefined
        const frame = 'memory' in claim ? claim.memory.frame : this.#open(claim)
        if (frame !== undefined) {
          this.#taken.set(claim.sequence, claim)
          this.#dirty = true
          return frame
        }
      } catch {
        // the system cannot read now (too many open files, a disk that does not answer): later
        if (claim !== undefined) this.#returned.unshift(claim)
        this.#retry ??= setTimeout(() => {
          this.#retry = undefined
          this.onFrame?.()
        }, RETRY).unref()
        return undefined
      }
      this.#parts.corrupt(claim.sequence)
      this.#drop(claim, 'corrupt')
    }
  }

  #next(): Claim | MemoryClaim | undefined {
    const returned = this.#returned.shift()
    if (returned !== undefined) return returned
    if (this.#taken.size >= MAX_OPEN) return undefined
    const claim = this.#peek()
    this.#position = claim === undefined ? Math.max(this.#position, this.#parts.log.next) : claim.sequence + 1
    return claim
  }

  #peek(): Claim | MemoryClaim | undefined {
    const { log, memory } = this.#parts
    if (this.#frames === this.#taken.size + this.#returned.length) return undefined
    const onDisk = log.following(this.name, this.#position)
    const inMemory = memory.following(this.name, this.#position)
    if (onDisk === undefined || inMemory === undefined) return onDisk ?? inMemory
    return onDisk.sequence < inMemory.sequence ? onDisk : inMemory
  }

  #open(claim: Claim): Frame | undefined {
    const { log, cache } = this.#parts
    const cached = cache.use(claim.sequence)
    if (cached !== undefined) return cached
    let room: Buffer | undefined
    const frame = log.read(claim.sequence, (length) => (room = cache.room(length)))
    if (typeof frame !== 'string') return cache.hold(frame, room)
    cache.giveRoom(room)
    return undefined
  }

  done(frame: Frame, terms: OutputTerms): void {
    const claim = this.#taken.get(frame.sequence)
    if (claim === undefined) return
    const wasFull = this.#taken.size >= MAX_OPEN
    this.#taken.delete(frame.sequence)
    if (!('memory' in claim)) this.#parts.cache.unuse(claim.sequence)
    this.#settle(claim, terms)
    if (wasFull) this.onFrame?.()
  }

  /** Lets a claim go for good and counts what became of its records. */
  #settle(claim: Claim | MemoryClaim, terms: OutputTerms): void {
    const { log, memory, cache, changed } = this.#parts
    this.#frames--
    this.#records -= claim.records
    this.#bytes -= claim.bytes
    addOutcome(this.totals, terms)
    if ('memory' in claim) {
      memory.done(claim.memory, this.name, { ...terms, routed: claim.records })
    } else {
      this.#diskBytes -= claim.bytes
      this.#terms.routed += claim.records
      addOutcome(this.#terms, terms)
      this.#dirty = true
      cache.spare(claim.sequence)
      log.acknowledge(claim.sequence)
    }
    changed()
  }

  count(terms: OutputTerms): void {
    addOutputTerms(this.totals, terms)
    addOutputTerms(this.#terms, terms)
    this.#dirty = true
    this.#parts.changed()
  }

  untake(frame: Frame): void {
    const claim = this.#taken.get(frame.sequence)
    if (claim === undefined) return
    this.#taken.delete(frame.sequence)
    if (!('memory' in claim)) this.#parts.cache.unuse(claim.sequence)
    const at = this.#returned.findIndex((other) => other.sequence > claim.sequence)
    this.#returned.splice(at < 0 ? this.#returned.length : at, 0, claim)
  }

  /** Gives up the oldest frames on disk that nobody has taken, until no more than `limit` bytes wait there. */
  giveUp(limit: number, reason: string): void {
    const kept: (Claim | MemoryClaim)[] = []
    while (this.#diskBytes > limit) {
      const claim = tried(() => this.#next())
      if (claim === undefined) break
      if ('memory' in claim) kept.push(claim)
      else this.#drop(claim, reason)
    }
    this.#returned = [...kept, ...this.#returned]
  }

  /** Gives up a frame in memory, unless it is taken or done. Returns whether it did. */
  letGo(memory: MemoryFrame, reason: string): boolean {
    const { sequence } = memory.frame
    const share = memory.shares.get(this.name)
    if (share === undefined || this.#taken.has(sequence)) return false
    const at = this.#returned.findIndex((claim) => claim.sequence === sequence)
    if (at >= 0) this.#returned.splice(at, 1)
    else if (sequence < this.#position) return false
    memory.shares.delete(this.name)
    this.#drop({ sequence, ...share, memory }, reason)
    return true
  }

  #drop(claim: Claim | MemoryClaim, reason: string): void {
    const terms = emptyOutputTerms()
    count(terms.dropped, reason, claim.records)
    this.#settle(claim, terms)
    this.#parts.gaveUp(this.name, reason, claim.records)
  }

  waiting(): { readonly records: number, readonly bytes: number, readonly oldest: number, readonly frames: number } {
    const { value: taken } = this.#taken.values().next()
    let first = taken ?? this.#returned[0] ?? tried(() => this.#peek())
    const returned = this.#returned[0]
    if (first !== undefined && returned !== undefined && returned.sequence < first.sequence) first = returned
    return { records: this.#records, bytes: this.#bytes, oldest: first?.oldest ?? 0, frames: this.#frames }
  }

  /** Sequence number below which every frame, in memory too, is done; Infinity when nothing waits. */
  get oldest(): number {
    if (this.#frames === 0) return Infinity
    let oldest = this.#position
    for (const sequence of this.#taken.keys()) if (sequence < oldest) oldest = sequence
    for (const { sequence } of this.#returned) if (sequence < oldest) oldest = sequence
    return oldest
  }

  /** Every frame on disk below it is done. */
  get low(): number {
    let low = this.#position
    for (const sequence of this.#openSequences()) if (sequence < low) low = sequence
    return low
  }

  * #openSequences(): Iterable<number> {
    for (const claim of this.#taken.values()) if (!('memory' in claim)) yield claim.sequence
    for (const claim of this.#returned) if (!('memory' in claim)) yield claim.sequence
  }

  /** Writes the cursor when it changed; false when the disk refused it (it is tried again). */
  write(): boolean {
    if (!this.#dirty) return true
    try {
      this.#file.write({
        name: this.name,
        position: this.#position,
        open: [...this.#openSequences()],
        terms: this.#terms,
        ...(this.#forgotten ? { forgotten: true as const } : {})
      })
      this.#dirty = false
      return true
    } catch {
      return false
    }
  }

  sync(): Promise<void> {
    return this.#file.sync()
  }

  close(): void {
    clearTimeout(this.#retry)
    this.#file.close()
  }
}

/** Undefined when the system cannot read now. */
function tried<T>(look: () => T | undefined): T | undefined {
  try {
    return look()
  } catch {
    return undefined
  }
}
