/**
 * The delivery engine of one output: frames out of its queue, batches to the destination, verdicts turned into retries,
 * dead letters and acknowledgements. A frame is acknowledged when each of its records for this output is delivered,
 * refused with a written dead letter, dropped for a counted reason, or parked on disk.
 */
import type { Frame } from '../buffer/frame.ts'
import type { OutputQueue } from '../buffer/store.ts'
import type { OutputTerms } from '../event/ledger.ts'
import type { Log } from '../plugin/context.ts'
import type { Limits, Output, Verdict } from '../plugin/output.ts'
import { Concurrency } from './concurrency.ts'
import type { LetterBox } from './dead-letters.ts'
import type { DeliveryMeter } from './delivery-meter.ts'
import { Intake } from './intake.ts'
import { addTerms, type ParkedFrame, type Parking } from './parking.ts'
import type { Replay } from './replay.ts'
import { Gate, backoff, type RetryPolicy } from './retry.ts'
import { Judge } from './verdict.ts'
import { Taken, eachRecord, moveRecord, type Origin, type Work } from './work.ts'

/** Bytes of frames that may be taken and not done, beside what the requests under way need. */
const WINDOW = 4 * 1024 * 1024
const LARGEST_WINDOW = 48 * 1024 * 1024
/** Milliseconds given to requests to end after they were aborted. */
const ABORT_WAIT = 1000
/** Longest wait before a retry while the agent stops. */
const HURRY = 1000

export interface DeliveryOptions {
  /** Alias or instance name: how routes in frames call the output. */
  readonly name: string
  readonly output: Output
  readonly limits: Limits
  readonly queue: OutputQueue
  readonly retry: RetryPolicy
  /** `service.flush` in milliseconds. */
  readonly flush: number
  readonly meter: DeliveryMeter
  readonly log: Log
  /** Where refused records go; without it they are dropped, counted. */
  readonly deadLetters?: LetterBox | undefined
  /** Where stubborn records are set aside; without it they are tried again in place. */
  readonly parking?: Parking | undefined
  /** Dead letters that somebody asked to send again. */
  readonly replay?: Replay | undefined
  /** Milliseconds after which a record that keeps failing alone is parked. */
  readonly parkAfter?: number
  /** 0 to 1, for jitter. */
  readonly random?: () => number
}

export interface DeliveryStatus {
  readonly requests: number
  readonly concurrency: number
  /** False while the destination fails as a whole. */
  readonly answering: boolean
  readonly retrying: number
  readonly parkedRecords: number
  readonly lastError: string
}

export class Delivery {
  readonly name: string
  readonly #output: Output
  readonly #limits: Limits
  readonly #queue: OutputQueue
  readonly #retry: RetryPolicy
  readonly #flush: number
  readonly #meter: DeliveryMeter
  readonly #log: Log
  readonly #parking: Parking | undefined
  readonly #replay: Replay | undefined
  readonly #letters: LetterBox | undefined
  readonly #random: () => number
  readonly #intake: Intake
  readonly #gate: Gate
  readonly #concurrency: Concurrency
  readonly #judge: Judge
  readonly #abort = new AbortController()
  /** Batches beside the lanes: retries of outputs without order, parked records, replayed dead letters. */
  readonly #aside: Work[] = []
  readonly #sent = new Set<Work>()
  readonly #taken = new Set<Taken>()
  readonly #fromQueue: Origin
  readonly #usesLanes: boolean
  #window = 0
  #probe: Work | undefined
  #state: 'new' | 'opening' | 'running' | 'stopped' = 'new'
  #draining: (() => void) | undefined
  #awake = false
  #timer: NodeJS.Timeout | undefined
  #timerAt = 0
  #fetching = false

  constructor(options: DeliveryOptions) {
    const { name, output, limits, queue, retry, flush, meter, log, parking, replay, deadLetters } = options
    this.name = name
    this.#output = output
    this.#limits = limits
    this.#queue = queue
    this.#retry = retry
    this.#flush = flush
    this.#meter = meter
    this.#log = log
    this.#parking = parking
    this.#replay = replay
    this.#letters = deadLetters
    this.#random = options.random ?? Math.random
    this.#intake = new Intake(name, limits)
    this.#gate = new Gate(retry, this.#random)
    this.#concurrency = new Concurrency(limits.concurrency)
    this.#usesLanes = limits.ordered && limits.concurrency > 1
    this.#judge = new Judge({
      intake: this.#intake,
      gate: this.#gate,
      concurrency: this.#concurrency,
      retry,
      ordered: limits.ordered,
      parkAfter: options.parkAfter ?? 60_000,
      random: this.#random,
      meter,
      log,
      letters: deadLetters,
      parking,
      again: (work) => this.#again(work)
    })
    this.#fromQueue = { kind: 'queue', settled: (taken) => this.#frameDone(taken) }
  }

  /** Opens the output, with as many tries as it takes, and delivers from then on. */
  start(): void {
    this.#state = 'opening'
    void this.#open()
  }

  async #open(): Promise<void> {
    for (let attempt = 1; this.#state === 'opening'; attempt++) {
      try {
        await this.#letters?.open()
        await this.#parking?.open()
        await this.#output.open?.()
        break
      } catch (error) {
        const wait = backoff(attempt, this.#retry, this.#random)
        this.#judge.lastError = String(error instanceof Error ? error.message : error)
        this.#log.warn(`cannot open the output, trying again in ${Math.ceil(wait / 1000)} s: ${this.#judge.lastError}`)
        await new Promise((resolve) => this.#sleep(resolve, wait))
      }
    }
    if (this.#state !== 'opening') return
    this.#state = 'running'
    if (this.#parking !== undefined) {
      if (this.#parking.remembers) this.#intake.skips = (taken, offset) => this.#parking!.holds(taken.frame, offset)
      await this.#resumeInterrupted(this.#parking)
    }
    this.#queue.onFrame = () => this.#wake()
    this.#wake()
  }

  #wakeSleeper: (() => void) | undefined

  #sleep(resolve: (value: undefined) => void, wait: number): void {
    const timer = setTimeout(() => resolve(undefined), wait)
    this.#wakeSleeper = () => {
      clearTimeout(timer)
      resolve(undefined)
    }
  }

  /** Records that the last stop interrupted go out before everything else. */
  async #resumeInterrupted(parking: Parking): Promise<void> {
    for (let parked = await parking.interrupted(); parked !== undefined; parked = await parking.interrupted()) {
      this.#admit(parked.frame, this.#fromParking(parked))
    }
  }

  #fromParking(parked: ParkedFrame): Origin {
    return {
      kind: 'parked',
      settled: (taken) => {
        this.#taken.delete(taken)
        void this.#parking?.settle(parked, taken.left, taken.terms).then(() => this.#wake())
      }
    }
  }

  /** Pumps once all that happens in this turn has happened. */
  #wake(): void {
    if (this.#awake || this.#state !== 'running') return
    this.#awake = true
    queueMicrotask(() => {
      this.#awake = false
      this.#pump()
    })
  }

  #pump(): void {
    if (this.#state !== 'running') return
    const now = performance.now()
    while (this.#sent.size < this.#concurrency.limit) {
      const work = this.#next(now)
      if (work === undefined) break
      this.#send(work, now)
    }
    this.#unpin(now)
    this.#fetchAside(now)
    if (this.#draining !== undefined && this.#isIdle(now)) this.#draining()
    else this.#arm(now)
  }

  #isIdle(now: number): boolean {
    if (this.#sent.size > 0) return false
    if (this.#gate.open) this.#fill(now)
    for (const taken of this.#taken) if (taken.origin.kind === 'queue') return false
    if (this.#intake.lanes.lanes.some(({ queue }) => queue.length > 0)) return false
    return this.#queue.waiting().frames === 0
  }

  /** The batch that is to go now, taken out of where it waits. */
  #next(now: number): Work | undefined {
    if (!this.#gate.open) {
      if (now < this.#gate.until || this.#probe !== undefined) return undefined
      this.#probe = this.#candidate(now)
      return this.#probe
    }
    let best = -1
    for (let i = 0; i < this.#aside.length; i++) {
      const work = this.#aside[i]!
      if (work.due <= now && (best < 0 || work.openedAt < this.#aside[best]!.openedAt)) best = i
    }
    if (best >= 0) return this.#aside.splice(best, 1)[0]
    return this.#fresh(now, false)
  }

  /** Whom to send when the destination is probed: not always the same, since the trouble may be the batch's own. */
  #candidate(now: number): Work | undefined {
    let best = -1
    let suspects = 0
    for (let i = 0; i < this.#aside.length; i++) {
      const work = this.#aside[i]!
      if (work.due > now) continue
      suspects++
      if (best < 0 || work.sentAt < this.#aside[best]!.sentAt) best = i
    }
    if (suspects < 2) {
      const fresh = this.#fresh(now, true)
      if (fresh !== undefined) return fresh
    }
    return best < 0 ? undefined : this.#aside.splice(best, 1)[0]
  }

  #fresh(now: number, probing: boolean): Work | undefined {
    this.#fill(now)
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

  /** Whether a batch that could still grow goes as it is. */
  #isRipe(work: Work, now: number): boolean {
    if (this.#draining !== undefined || now - work.openedAt >= this.#flush) return true
    return !this.#limits.gather && this.#sent.size === 0
  }

  /** Takes frames until a full batch can go, the queue is empty or enough is in memory. */
  #fill(now: number): void {
    while (this.#window === 0 || this.#window < this.#windowLimit()) {
      for (const { active, queue } of this.#intake.lanes.lanes) {
        if (queue.length > 0 && queue[0]!.full && (active === 0 || !this.#limits.ordered)) return
      }
      const frame = this.#queue.take()
      if (frame === undefined) return
      this.#window += frame.size
      this.#admit(frame, this.#fromQueue, now)
    }
  }

  /** When nothing but stubborn records fills the window, the oldest of them is parked before its time. */
  #unpin(now: number): void {
    if (this.#sent.size > 0 || !this.#gate.open || this.#parking === undefined || this.#window < this.#windowLimit()) return
    const { lanes } = this.#intake.lanes
    const heads = lanes.flatMap(({ queue }) => queue[0] ?? [])
    const waiting = [...this.#aside, ...heads].filter((work) => work.alone && work.attempts > 1 && work.due > now)
    const [oldest] = waiting.sort((a, b) => a.failedAt - b.failedAt)
    if (oldest === undefined) return
    if (oldest.lane >= 0) lanes[oldest.lane]!.queue.shift()
    else this.#aside.splice(this.#aside.indexOf(oldest), 1)
    this.#judge.setAside(oldest, 'too many records wait for their next try')
  }

  #windowLimit(): number {
    return Math.min(LARGEST_WINDOW, WINDOW + 2 * this.#intake.maxBytes * this.#concurrency.limit)
  }

  #admit(frame: Frame, origin: Origin, now = performance.now(), aside?: Work[]): void {
    const taken = new Taken(frame, origin, now)
    this.#taken.add(taken)
    this.#intake.assign(taken, now, this.#concurrency.limit, aside)
  }

  #send(work: Work, now: number): void {
    work.full = true
    if (this.#usesLanes && this.#parking !== undefined && work.lane >= 0 && this.#divert(work, this.#parking)) return
    if (work.lane >= 0) this.#intake.lanes.lanes[work.lane]!.active++
    this.#sent.add(work)
    this.#judge.sending(work, now, this.#sent.size >= this.#concurrency.limit)
    let answer: Promise<Verdict>
    try {
      answer = this.#output.write(work.batch, this.#abort.signal)
    } catch (error) {
      answer = Promise.reject(error)
    }
    answer.then(
      (verdict) => this.#answered(work, verdict),
      (error: unknown) => this.#answered(work, thrown(error))
    )
  }

  /** Records of streams whose earlier records are parked go behind them. Returns whether nothing is left to send. */
  #divert(work: Work, parking: Parking): boolean {
    if (!parking.hasRoom || !work.streams.some((stream) => parking.bars(stream.uid))) return false
    const barred = this.#intake.work()
    const rest = this.#intake.work()
    eachRecord(work, (index, taken) => {
      moveRecord(work, index, taken, parking.bars(work.batch.stream(index).uid) ? barred : rest)
    })
    if (barred.batch.count === 0) return false
    for (const part of [barred, rest]) {
      part.inherit(work)
      this.#intake.lanes.share(work, part)
    }
    this.#intake.over(work)
    if (rest.batch.count === 0) this.#intake.over(rest)
    else this.#intake.lanes.putBack(rest)
    this.#judge.setAside(barred, 'its stream has parked records')
    this.#probe = this.#probe === work ? undefined : this.#probe
    this.#wake()
    return true
  }

  #answered(work: Work, verdict: Verdict): void {
    if (!this.#sent.delete(work)) return
    if (work.lane >= 0) this.#intake.lanes.lanes[work.lane]!.active--
    if (this.#probe === work) this.#probe = undefined
    const now = performance.now()
    this.#judge.judge(work, verdict, now)
    if (this.#draining !== undefined) this.#gate.hurry(now + HURRY)
    this.#wake()
  }

  /** A batch waits for its next try. */
  #again(work: Work): void {
    if (this.#draining !== undefined) work.due = Math.min(work.due, performance.now() + HURRY)
    if (this.#limits.ordered && work.lane >= 0) this.#intake.lanes.putBack(work)
    else {
      work.lane = -1
      this.#aside.push(work)
    }
    this.#wake()
  }

  #frameDone(taken: Taken): void {
    taken.terms.routed = taken.records
    this.#taken.delete(taken)
    this.#window -= taken.frame.size
    this.#meter.latency.observe((performance.now() - taken.takenAt) / 1000)
    this.#queue.done(taken.frame, taken.terms)
    this.#wake()
  }

  /** Parked records and dead letters to be replayed, one frame at a time, while the destination answers. */
  #fetchAside(now: number): void {
    if (this.#fetching || !this.#gate.open || this.#draining !== undefined) return
    for (const taken of this.#taken) if (taken.origin.kind !== 'queue') return
    const parking = this.#parking
    if (parking !== undefined && parking.nextDue <= now) {
      this.#fetching = true
      void parking.next(now).then((parked) => {
        this.#fetching = false
        if (parked !== undefined) this.#admitAside(parked.frame, this.#fromParking(parked))
      })
      return
    }
    const replay = this.#replay
    if (replay === undefined || replay.nextLook > now) return
    this.#fetching = true
    void replay.next(now).then((piece) => {
      this.#fetching = false
      if (piece === undefined) return this.#wake()
      this.#admitAside(piece.frame, {
        kind: 'replay',
        settled: (taken) => {
          this.#taken.delete(taken)
          this.#meter.replayed.value += taken.records
          void replay.settle(piece).then(() => this.#wake())
        }
      })
    })
  }

  #admitAside(frame: Frame, origin: Origin): void {
    const works: Work[] = []
    this.#admit(frame, origin, performance.now(), works)
    for (const work of works) {
      work.full = true
      work.alone = true
      this.#aside.push(work)
    }
    this.#wake()
  }

  /** One timer, for whatever comes first. */
  #arm(now: number): void {
    let at = Infinity
    if (!this.#gate.open) {
      if (this.#probe === undefined) at = Math.max(this.#gate.until, now + 5)
    } else {
      for (const work of this.#aside) at = Math.min(at, work.due)
      for (const { queue, active } of this.#intake.lanes.lanes) {
        const head = queue[0]
        if (head === undefined || active > 0) continue
        at = Math.min(at, head.full ? head.due : head.openedAt + this.#flush)
      }
      if (!this.#fetching) at = Math.min(at, this.#parking?.nextDue ?? Infinity, this.#replay?.nextLook ?? Infinity)
    }
    if (at === Infinity || (this.#timer !== undefined && this.#timerAt <= at)) return
    clearTimeout(this.#timer)
    this.#timerAt = at
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#wake()
    }, Math.max(1, Math.ceil(at - now)))
  }

  get status(): DeliveryStatus {
    return {
      requests: this.#sent.size,
      concurrency: this.#concurrency.limit,
      answering: this.#gate.open,
      retrying: this.#aside.length,
      parkedRecords: this.#parking?.records ?? 0,
      lastError: this.#judge.lastError
    }
  }

  /** The queue's terms completed with those of the parking: parked records wait, and find their end there. */
  ledger(terms: OutputTerms): OutputTerms {
    if (this.#parking === undefined) return terms
    const complete: OutputTerms = { ...terms, dropped: { ...terms.dropped }, filtered: { ...terms.filtered } }
    addTerms(complete, this.#parking.terms)
    complete.waiting += this.#parking.records
    return complete
  }

  /** Delivers what waits, without gathering; resolves when nothing is left or at `deadline` (`performance.now()` time). */
  async drain(deadline: number): Promise<void> {
    if (this.#state === 'new' || this.#state === 'stopped') return
    const now = performance.now()
    this.#gate.hurry(now)
    for (const work of this.#aside) work.due = Math.min(work.due, now)
    for (const { queue } of this.#intake.lanes.lanes) for (const work of queue) work.due = Math.min(work.due, now)
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>((resolve) => {
      this.#draining = resolve
      if (deadline !== Infinity) timer = setTimeout(resolve, Math.max(0, deadline - now))
      this.#wake()
    })
    clearTimeout(timer)
  }

  /**
   * Ends. Requests under way are aborted; frames of which nothing was delivered are given back; what is left of the
   * others is parked, to go first after the next start, so that a stop repeats nothing.
   */
  async stop(): Promise<void> {
    const wasRunning = this.#state === 'running'
    this.#state = 'stopped'
    this.#queue.onFrame = undefined
    clearTimeout(this.#timer)
    this.#wakeSleeper?.()
    this.#abort.abort()
    const deadline = performance.now() + ABORT_WAIT
    while (this.#sent.size > 0 && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 5))
    if (wasRunning) await this.#letters?.flush()
    await this.#parking?.flush()
    if (wasRunning && this.#parking !== undefined) await this.#parkInterrupted(this.#parking)
    const rest = [...this.#taken].filter((taken) => taken.origin.kind === 'queue')
    for (const taken of rest.reverse()) this.#queue.untake(taken.frame)
    this.#taken.clear()
    await this.#letters?.close()
    await this.#replay?.close()
    await this.#output.close?.()
  }

  async #parkInterrupted(parking: Parking): Promise<void> {
    const open = [...this.#sent, ...this.#aside]
    for (const { queue } of this.#intake.lanes.lanes) open.push(...queue)
    this.#sent.clear()
    const part = this.#intake.work()
    for (const work of open) {
      eachRecord(work, (index, taken) => {
        if (taken.origin.kind === 'queue' && taken.owed < taken.records) moveRecord(work, index, taken, part)
      })
    }
    if (part.batch.count > 0 && (await parking.add(part.batch, 'interrupted'))) {
      part.taken.forEach((taken, i) => taken.settle(part.counts[i]!))
    }
  }
}

/** A plugin that throws says nothing about what became of the batch. */
function thrown(error: unknown): Verdict {
  return { kind: 'retry', reason: error instanceof Error ? error.message : String(error), unsure: true }
}
