/** What is on its way: frames that were taken, and the batches made of their records. */
import { Batch } from '../event/batch.ts'
import { START_HIGH_AND_STREAM } from '../event/encoded.ts'
import { emptyOutputTerms, type OutputTerms } from '../event/ledger.ts'
import type { Frame } from '../buffer/frame.ts'
import type { LaneStream } from './lanes.ts'

/** Where a frame came from, and who is told when nothing of it is owed any more. */
export interface Origin {
  readonly kind: 'queue' | 'parked' | 'replay'
  settled(taken: Taken): void
}

/** A frame that was taken from its origin. */
export class Taken {
  readonly frame: Frame
  readonly origin: Origin
  /** Records of this output in it, and those that are not settled yet. */
  records = 0
  owed = 0
  readonly terms: OutputTerms = emptyOutputTerms()
  /** Offsets of records that stay where they came from, to be tried later (parked frames only). */
  readonly left: number[] = []
  readonly takenAt: number

  constructor(frame: Frame, origin: Origin, now: number) {
    this.frame = frame
    this.origin = origin
    this.takenAt = now
  }

  /** `count` more records have found their end; their terms were counted by the caller. */
  settle(count: number): void {
    this.owed -= count
    if (this.owed === 0) this.origin.settled(this)
  }
}

/** A batch with its history. Used again and again. */
export class Work {
  batch: Batch = new Batch()
  /** The frames of the batch in its order, and how many records each gives. */
  readonly taken: Taken[] = []
  readonly counts: number[] = []
  /** Streams of the batch, for outputs with lanes. */
  readonly streams: LaneStream[] = []
  /** Number of the lane, or -1 when it goes beside the lanes. */
  lane = -1
  /** Rises from batch to batch as they are cut; parts of one share it. */
  order = 0
  /** Nothing more fits in. */
  full = false
  /** Monotonic milliseconds: opened, last sent, first failed, not to be sent before. */
  openedAt = 0
  sentAt = 0
  failedAt = 0
  due = 0
  /** Tries so far that failed. */
  attempts = 0
  /** The outcome of the last try is not known; records sent again were counted as repeated already. */
  unsure = false
  resent = false
  /** It failed while the destination answered others: its own trouble, not the destination's. */
  alone = false
  /** What a partial answer left; such batches may be put together for their next try. */
  rest = false
  /** Halved once without knowing whether it or the destination is to blame. */
  halved = false
  /** Number of the engine's successes when it last failed. */
  successesBefore = 0
  /** No further batch could go beside it. */
  saturated = false

  /** Adds a record unless it does not fit; a batch takes its first record whatever its size. */
  add(taken: Taken, offset: number, tag: number, maxBytes: number, maxRecords: number): boolean {
    const { batch } = this
    const { bytes, count } = batch
    if (count >= maxRecords) return false
    batch.add(taken.frame, offset, tag)
    const parts = this.taken.length
    if (batch.bytes > maxBytes && count > 0) {
      batch.count = count
      batch.bytes = bytes
      if (batch.frames.length > parts) batch.frames.pop()
      return false
    }
    if (batch.frames.length > parts) {
      this.taken.push(taken)
      this.counts.push(1)
    } else this.counts[parts - 1]!++
    return true
  }

  /** Takes over the history of another, for a part of it. */
  inherit(from: Work): void {
    this.lane = from.lane
    this.order = from.order
    this.full = true
    this.openedAt = from.openedAt
    this.sentAt = from.sentAt
    this.failedAt = from.failedAt
    this.due = from.due
    this.attempts = from.attempts
    this.unsure = from.unsure
    this.resent = from.resent
    this.alone = from.alone
    this.rest = from.rest
    this.halved = from.halved
    this.successesBefore = from.successesBefore
  }

  reset(): void {
    const { batch } = this
    batch.count = 0
    batch.bytes = 0
    batch.frames.length = 0
    this.taken.length = 0
    this.counts.length = 0
    this.streams.length = 0
    this.lane = -1
    this.order = 0
    this.full = false
    this.openedAt = this.sentAt = this.failedAt = this.due = 0
    this.attempts = 0
    this.unsure = this.resent = this.alone = this.rest = this.halved = false
    this.successesBefore = 0
    this.saturated = false
  }
}

/** Calls back with the index of each record of a batch and the frame it lies in. */
export function eachRecord(work: Work, visit: (index: number, taken: Taken) => void): void {
  let index = 0
  for (let part = 0; part < work.counts.length; part++) {
    for (let i = 0; i < work.counts[part]!; i++) visit(index++, work.taken[part]!)
  }
}

/** Adds record `index` of `from` to `to`; `taken` is the frame it lies in. */
export function moveRecord(from: Work, index: number, taken: Taken, to: Work): void {
  const { batch } = from
  to.add(taken, batch.offset(index), taken.frame.tags.indexOf(batch.tag(index)), Infinity, Infinity)
}

/** Index of a record's stream in the stream table of its frame. */
export function streamSlot(words: Uint32Array, offset: number): number {
  return words[(offset >>> 2) + START_HIGH_AND_STREAM]! >>> 16
}
