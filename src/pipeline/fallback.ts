/**
 * Fallbacks: what an output refuses, or has no destination for at the moment, is delivered by another output.
 *
 * The records stay in the frames of the output that gives them away until the other one is done with them, so that they
 * are in one queue at any time and a kill loses none. When it is done, they count as `fallback` here, and as routed (and
 * what became of them) there.
 */
import type { Frame } from '../buffer/frame.ts'
import type { OutputQueue } from '../buffer/store.ts'
import type { Batch } from '../event/batch.ts'
import type { OutputTerms } from '../event/ledger.ts'
import type { Log } from '../plugin/context.ts'
import type { DeliveryMeter } from './delivery-meter.ts'
import type { Intake } from './intake.ts'
import type { Outbox } from './outbox.ts'
import { RecordFrame } from './record-frame.ts'
import type { Gate } from './retry.ts'
import type { Work } from './work.ts'

/** Bytes that are under way to a fallback at once because the destination does not answer. */
const LIMIT = 8 * 1024 * 1024
/** Milliseconds between looks whether the fallback answers. */
const LOOK = 1000

/** The queue of an output that is somebody's fallback: what is handed to it goes before what was routed to it. */
export class FallbackQueue implements OutputQueue {
  readonly #queue: OutputQueue
  readonly #name: string
  readonly #given: Frame[] = []
  /** Handed frames that are not done, and who is told when they are. */
  readonly #open = new Map<Frame, () => void>()
  #sequence = 0
  /** Whether its output delivers at the moment. Said by the agent once that output exists. */
  answers: () => boolean = () => false

  /** `name` is that of its output. */
  constructor(queue: OutputQueue, name: string) {
    this.#queue = queue
    this.#name = name
  }

  /** Takes a copy of these records; calls back when nothing of them is owed any more. */
  hand(batch: Batch, done: () => void): void {
    const made = new RecordFrame(this.#name)
    for (let i = 0; i < batch.count; i++) made.addRecord(batch, i)
    const frame = made.finish(++this.#sequence)
    this.#given.push(frame)
    this.#open.set(frame, done)
    this.onFrame?.()
  }

  take(): Frame | undefined {
    return this.#given.shift() ?? this.#queue.take()
  }

  done(frame: Frame, terms: OutputTerms): void {
    const done = this.#open.get(frame)
    if (done === undefined) return this.#queue.done(frame, terms)
    this.#open.delete(frame)
    this.#queue.count(terms)
    done()
  }

  count(terms: OutputTerms): void {
    this.#queue.count(terms)
  }

  /** A handed frame that was not begun stays with the output that gave it. */
  untake(frame: Frame): void {
    if (!this.#open.delete(frame)) this.#queue.untake(frame)
  }

  get onFrame(): (() => void) | undefined {
    return this.#queue.onFrame
  }

  set onFrame(callback: (() => void) | undefined) {
    this.#queue.onFrame = callback
  }

  waiting(): { readonly records: number; readonly bytes: number; readonly oldest: number; readonly frames: number } {
    const own = this.#queue.waiting()
    // records that were handed over count as waiting where they came from
    return { ...own, frames: own.frames + this.#open.size }
  }
}

export interface HandingOptions {
  readonly fallback: FallbackQueue
  /** Milliseconds without an answer after which everything goes to the fallback. */
  readonly after: number
}

interface Parts {
  readonly intake: Intake
  readonly gate: Gate
  readonly meter: DeliveryMeter
  readonly log: Log
  readonly wake: () => void
}

/** What one output has handed to its fallback. */
export class Handing {
  readonly #o: HandingOptions
  readonly #parts: Parts
  readonly works = new Set<Work>()
  #bytes = 0

  constructor(options: HandingOptions, parts: Parts) {
    this.#o = options
    this.#parts = parts
  }

  /** The fallback delivers at the moment. */
  get ready(): boolean {
    return this.#o.fallback.answers()
  }

  hand(work: Work): void {
    const { bytes, count } = work.batch
    this.works.add(work)
    this.#bytes += bytes
    this.#o.fallback.hand(work.batch, () => {
      // after a stop they are with the frames they came in
      if (!this.works.delete(work)) return
      this.#bytes -= bytes
      this.#parts.meter.fallback.value += count
      for (let i = 0; i < work.taken.length; i++) {
        const taken = work.taken[i]!
        taken.terms.fallback += work.counts[i]!
        taken.settle(work.counts[i]!)
      }
      this.#parts.intake.over(work)
      this.#parts.wake()
    })
  }

  /** Hands over what waits when the destination has not answered for long enough. */
  divert(now: number, outbox: Outbox): void {
    const { gate, log } = this.#parts
    if (gate.open || now - gate.since < this.#o.after || !this.ready) return
    let records = 0
    while (this.#bytes < LIMIT) {
      const work = outbox.oldest(now)
      if (work === undefined) break
      records += work.batch.count
      this.hand(work)
    }
    if (records > 0) log.warn('records go to the fallback, since the destination does not answer', { records })
  }

  /** Monotonic milliseconds at which `divert` may have something to do. */
  nextLook(now: number): number {
    const { gate } = this.#parts
    return gate.open ? Infinity : Math.max(gate.since + this.#o.after, now + LOOK)
  }
}
