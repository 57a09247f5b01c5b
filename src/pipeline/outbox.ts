/**
 * What is on its way to one output: frames that were taken from its queue, batches that wait in lanes or beside them,
 * and batches under way; and which of them goes next.
 */
import type { Frame } from '../buffer/frame.ts'
import type { OutputQueue } from '../buffer/store.ts'
import type { Limits } from '../plugin/output.ts'
import type { Concurrency } from './concurrency.ts'
import type { Intake } from './intake.ts'
import type { Gate } from './retry.ts'
import { Taken, eachRecord, moveRecord, type Origin, type Work } from './work.ts'

/** Bytes of frames that may be taken and not done, beside what the requests under way need. */
const WINDOW = 4 * 1024 * 1024
const LARGEST_WINDOW = 48 * 1024 * 1024

export interface OutboxOptions {
  readonly limits: Limits
  readonly queue: OutputQueue
  readonly intake: Intake
  readonly gate: Gate
  readonly concurrency: Concurrency
  /** `service.flush` in milliseconds. */
  readonly flush: number
  /** Retries may be put together: nobody counts the tries of each. */
  readonly merges: boolean
  /** Told when nothing of a frame from the queue is owed any more. */
  readonly frameDone: (taken: Taken) => void
}

export class Outbox {
  readonly #limits: Limits
  readonly #queue: OutputQueue
  readonly #intake: Intake
  readonly #gate: Gate
  readonly #concurrency: Concurrency
  readonly #flush: number
  readonly #merges: boolean
  readonly #fromQueue: Origin
  /** Batches beside the lanes: retries of outputs without order, parked records, replayed dead letters. */
  readonly aside: Work[] = []
  readonly sent = new Set<Work>()
  readonly taken = new Set<Taken>()
  /** The request that tries whether the destination answers again. */
  probe: Work | undefined
  /** The agent stops: nothing gathers any more. */
  hurried = false
  #window = 0

  constructor(options: OutboxOptions) {
    const { limits, queue, intake, gate, concurrency, flush, frameDone } = options
    this.#limits = limits
    this.#queue = queue
    this.#intake = intake
    this.#gate = gate
    this.#concurrency = concurrency
    this.#flush = flush
    this.#merges = options.merges
    this.#fromQueue = {
      kind: 'queue',
      settled: (taken) => {
        this.taken.delete(taken)
        this.#window -= taken.frame.size
        frameDone(taken)
      }
    }
  }

  /** The batch that is to go now, taken out of where it waits. */
  next(now: number): Work | undefined {
    if (!this.#gate.open) {
      if (now < this.#gate.until || this.probe !== undefined) return undefined
      this.probe = this.#candidate(now)
      return this.probe
    }
    let best = -1
    for (let i = 0; i < this.aside.length; i++) {
      const work = this.aside[i]!
      if (work.due <= now && (best < 0 || work.openedAt < this.aside[best]!.openedAt)) best = i
    }
    if (best < 0) return this.#fresh(now, false)
    const [work] = this.aside.splice(best, 1)
    if (this.#merges) this.#absorb(work!, now)
    return work
  }

  /** Puts together what partial answers left, so that stubborn records do not cost a request for each batch they came in. */
  #absorb(work: Work, now: number): void {
    for (let i = this.aside.length - 1; i >= 0; i--) {
      const other = this.aside[i]!
      if (other.due > now || !isAlike(work, other)) continue
      if (work.batch.count + other.batch.count > this.#limits.maxRecords) continue
      if (work.batch.bytes + other.batch.bytes > this.#intake.maxBytes) continue
      eachRecord(other, (index, taken) => moveRecord(other, index, taken, work))
      work.attempts = Math.max(work.attempts, other.attempts)
      work.failedAt = Math.min(work.failedAt, other.failedAt)
      this.aside.splice(i, 1)
      this.#intake.over(other)
    }
  }

  /** Whom to send when the destination is probed: not always the same, since the trouble may be the batch's own. */
  #candidate(now: number): Work | undefined {
    let best = -1
    let suspects = 0
    for (let i = 0; i < this.aside.length; i++) {
      const work = this.aside[i]!
      if (work.due > now) continue
      suspects++
      if (best < 0 || work.sentAt < this.aside[best]!.sentAt) best = i
    }
    if (suspects < 2) {
      const fresh = this.#fresh(now, true)
      if (fresh !== undefined) return fresh
    }
    return best < 0 ? undefined : this.aside.splice(best, 1)[0]
  }

  #fresh(now: number, probing: boolean): Work | undefined {
    this.fill(now)
    const { lanes } = this.#intake.lanes
    let best = -1
    let least = Infinity
    for (let i = 0; i < lanes.length; i++) {
      const lane = lanes[i]!
      const head = lane.queue[0]
      if (head === undefined || head.due > now || (this.#limits.ordered && lane.active > 0)) continue
      if (!head.full && !this.#isRipe(head, now)) continue
      const age = probing ? head.sentAt : head.openedAt
      if (age < least) {
        least = age
        best = i
      }
    }
    return best < 0 ? undefined : lanes[best]!.queue.shift()
  }

  /** The batch that has waited longest, whatever it waits for, taken out; for the fallback. */
  oldest(now: number): Work | undefined {
    this.fill(now)
    const { lanes } = this.#intake.lanes
    const heads = lanes.flatMap(({ active, queue }) => (this.#limits.ordered && active > 0 ? [] : queue[0] ?? []))
    const waiting = [...this.aside.filter(({ taken }) => taken[0]?.origin.kind !== 'replay'), ...heads]
    const [oldest] = waiting.sort((a, b) => a.openedAt - b.openedAt)
    if (oldest !== undefined) this.#takeOut(oldest)
    return oldest
  }

  #takeOut(work: Work): void {
    work.full = true
    if (work.lane >= 0) this.#intake.lanes.lanes[work.lane]!.queue.shift()
    else this.aside.splice(this.aside.indexOf(work), 1)
  }

  /** Whether a batch that could still grow goes as it is. */
  #isRipe(work: Work, now: number): boolean {
    if (this.hurried || now - work.openedAt >= this.#flush) return true
    return !this.#limits.gather && this.sent.size === 0
  }

  /** Takes frames until a full batch can go, the queue is empty or enough is in memory. */
  fill(now: number): void {
    while (this.#window === 0 || this.#window < this.#windowLimit()) {
      for (const { active, queue } of this.#intake.lanes.lanes) {
        if (queue.length > 0 && queue[0]!.full && (active === 0 || !this.#limits.ordered)) return
      }
      const frame = this.#queue.take()
      if (frame === undefined) return
      this.#window += frame.size
      this.admit(frame, this.#fromQueue, now)
    }
  }

  #windowLimit(): number {
    return Math.min(LARGEST_WINDOW, WINDOW + 2 * this.#intake.maxBytes * this.#concurrency.limit)
  }

  admit(frame: Frame, origin: Origin, now = performance.now(), aside?: Work[]): void {
    const taken = new Taken(frame, origin, now)
    this.taken.add(taken)
    this.#intake.assign(taken, now, this.#concurrency.limit, aside)
  }

  /** A batch is no longer under way. Returns whether it was. */
  ended(work: Work): boolean {
    if (this.probe === work) this.probe = undefined
    return this.sent.delete(work)
  }

  /** Puts a batch back to where it waits for its `due` time. */
  putBack(work: Work): void {
    if (this.#limits.ordered && work.lane >= 0) this.#intake.lanes.putBack(work)
    else {
      work.lane = -1
      this.aside.push(work)
    }
  }

  /** Lets everything that waits for a time go now. */
  hurry(now: number): void {
    this.hurried = true
    for (const work of this.waiting()) work.due = Math.min(work.due, now)
  }

  /** All batches that are not under way. */
  waiting(): Work[] {
    return [...this.aside, ...this.#intake.lanes.lanes.flatMap(({ queue }) => queue)]
  }

  /** When nothing but stubborn records fills the window: the oldest batch of them, taken out. */
  pinning(now: number): Work | undefined {
    if (this.sent.size > 0 || !this.#gate.open || this.#window < this.#windowLimit()) return undefined
    const { lanes } = this.#intake.lanes
    const heads = lanes.flatMap(({ queue }) => queue[0] ?? [])
    const waiting = [...this.aside, ...heads].filter((work) => work.alone && work.attempts > 1 && work.due > now)
    const [oldest] = waiting.sort((a, b) => a.failedAt - b.failedAt)
    if (oldest !== undefined) this.#takeOut(oldest)
    return oldest
  }

  /** Monotonic milliseconds at which something may go that may not go yet; Infinity when nothing waits for a time. */
  nextDue(): number {
    // The end of a request wakes the engine too.
    if (this.sent.size >= this.#concurrency.limit || this.probe !== undefined) return Infinity
    const idle = this.sent.size === 0 && !this.#limits.gather
    let at = Infinity
    for (const work of this.aside) at = Math.min(at, work.due)
    for (const { queue, active } of this.#intake.lanes.lanes) {
      const head = queue[0]
      if (head === undefined || (active > 0 && this.#limits.ordered)) continue
      at = Math.min(at, head.full || idle ? head.due : head.openedAt + this.#flush)
    }
    return this.#gate.open ? at : Math.max(this.#gate.until, at)
  }

  /** Nothing of the queue is left, here or there. */
  isEmpty(now: number): boolean {
    if (this.sent.size > 0) return false
    if (this.#gate.open) this.fill(now)
    for (const taken of this.taken) if (taken.origin.kind === 'queue') return false
    if (this.#intake.lanes.lanes.some(({ queue }) => queue.length > 0)) return false
    return this.#queue.waiting().frames === 0
  }

  /** Frames of the queue that are not done, newest first. */
  unfinished(): Frame[] {
    return [...this.taken].filter(({ origin }) => origin.kind === 'queue').map(({ frame }) => frame).reverse()
  }
}

function isAlike(one: Work, other: Work): boolean {
  if (!one.rest || !other.rest || one.unsure !== other.unsure || one.resent !== other.resent) return false
  return one.taken[0]?.origin.kind === 'queue' && other.taken[0]?.origin.kind === 'queue'
}
