/**
 * The delivery engine of one output: frames out of its queue, batches to the destination, verdicts turned into retries,
 * dead letters and acknowledgements. A frame is acknowledged when each of its records for this output is delivered,
 * refused with a written dead letter, dropped for a counted reason, or parked on disk.
 */
import type { OutputQueue } from '../buffer/store.ts'
import { addOutcome } from '../buffer/totals.ts'
import { emptyOutputTerms, type OutputTerms } from '../event/ledger.ts'
import type { Log } from '../plugin/context.ts'
import type { Output, Verdict } from '../plugin/output.ts'
import { Aside } from './aside.ts'
import { Concurrency } from './concurrency.ts'
import type { LetterBox } from './dead-letters.ts'
import type { DeliveryMeter } from './delivery-meter.ts'
import type { DeliveryOptions, DeliveryStatus } from './delivery-options.ts'
import { Handing } from './fallback.ts'
import { Intake } from './intake.ts'
import { Outbox } from './outbox.ts'
import type { Parking } from './parking.ts'
import type { Replay } from './replay.ts'
import { Gate, backoff, type RetryPolicy } from './retry.ts'
import { Judge, thrown } from './verdict.ts'
import { eachRecord, moveRecord, type Taken, type Work } from './work.ts'

/** Milliseconds given to requests to end after they were aborted. */
const ABORT_WAIT = 1000
/** Longest wait before a retry while the agent stops. */
const HURRY = 1000

export type { DeliveryOptions, DeliveryStatus } from './delivery-options.ts'

export class Delivery {
  readonly name: string
  readonly #output: Output
  readonly #queue: OutputQueue
  readonly #retry: RetryPolicy
  readonly #meter: DeliveryMeter
  readonly #log: Log
  readonly #parking: Parking | undefined
  readonly #replay: Replay | undefined
  readonly #letters: LetterBox | undefined
  readonly #handing: Handing | undefined
  readonly #random: () => number
  readonly #intake: Intake
  readonly #gate: Gate
  readonly #concurrency: Concurrency
  readonly #judge: Judge
  readonly #abort = new AbortController()
  readonly #outbox: Outbox
  readonly #aside: Aside
  readonly #usesLanes: boolean
  #state: 'new' | 'opening' | 'running' | 'stopped' = 'new'
  /** Nothing new is sent. */
  #resting = false
  #draining: (() => void) | undefined
  #awake = false
  #timer: NodeJS.Timeout | undefined
  #timerAt = 0
  #wakeSleeper: (() => void) | undefined

  constructor(options: DeliveryOptions) {
    const { name, output, limits, queue, retry, flush, meter, log, parking, replay, deadLetters } = options
    this.name = name
    this.#output = output
    this.#queue = queue
    this.#retry = retry
    this.#meter = meter
    this.#log = log
    this.#parking = parking
    this.#replay = replay
    this.#letters = deadLetters
    this.#random = options.random ?? Math.random
    this.#intake = new Intake(name, limits, options.sourceOf)
    this.#gate = new Gate(retry, this.#random)
    this.#concurrency = new Concurrency(limits.concurrency)
    this.#usesLanes = limits.ordered && limits.concurrency > 1
    const shared = { intake: this.#intake, gate: this.#gate, concurrency: this.#concurrency }
    this.#handing = options.fallback && new Handing(options.fallback, { ...shared, meter, log, wake: () => this.#wake() })
    this.#judge = new Judge({
      ...shared,
      retry,
      parkAfter: options.parkAfter ?? 60_000,
      random: this.#random,
      meter,
      log,
      letters: deadLetters,
      parking,
      handing: this.#handing,
      keptAgain: (records) => queue.count({ ...emptyOutputTerms(), routed: records }),
      again: (work) => this.#again(work)
    })
    this.#outbox = new Outbox({ ...shared, limits, queue, flush, merges: retry.limit === undefined, frameDone: (taken) => this.#frameDone(taken) })
    this.#aside = new Aside({ parking, replay, outbox: this.#outbox, meter, wake: () => this.#wake() })
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
        this.#log.warn('cannot open the output, trying again', { seconds: Math.ceil(wait / 1000), reason: this.#judge.lastError })
        await this.#sleep(wait)
      }
    }
    const parking = this.#parking
    if (parking !== undefined && this.#state === 'opening') {
      if (parking.remembers) this.#intake.skips = (taken, offset) => parking.holds(taken.frame, offset)
      await this.#aside.resumeInterrupted(parking)
    }
    if (this.#state !== 'opening') return
    this.#timer = undefined
    this.#state = 'running'
    this.#queue.onFrame = () => this.#wake()
    this.#wake()
  }

  #sleep(wait: number): Promise<void> {
    return new Promise((resolve) => {
      this.#wakeSleeper = resolve
      this.#timer = setTimeout(resolve, wait)
    })
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
    if (this.#state !== 'running' || this.#resting) return
    const now = performance.now()
    while (this.#outbox.sent.size < this.#concurrency.limit) {
      const work = this.#outbox.next(now)
      if (work === undefined) break
      this.#send(work, now)
    }
    this.#handing?.divert(now, this.#outbox)
    const pinning = this.#parking === undefined ? undefined : this.#outbox.pinning(now)
    if (pinning !== undefined) this.#judge.setAside(pinning, 'too many records wait for their next try')
    if (this.#gate.open && this.#draining === undefined) this.#aside.fetch(now)
    if (this.#draining !== undefined && this.#outbox.isEmpty(now)) this.#draining()
    else this.#arm(now)
  }

  #send(work: Work, now: number): void {
    work.full = true
    if (this.#usesLanes && this.#parking !== undefined && work.lane >= 0 && this.#divert(work, this.#parking)) return
    if (work.lane >= 0) this.#intake.lanes.lanes[work.lane]!.active++
    this.#outbox.sent.add(work)
    this.#judge.sending(work, now, this.#outbox.sent.size >= this.#concurrency.limit)
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
    if (!parking.hasRoom || !work.streams.some((stream) => parking.barsSource(stream.source))) return false
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
    this.#outbox.ended(work)
    this.#wake()
    return true
  }

  #answered(work: Work, verdict: Verdict): void {
    if (!this.#outbox.ended(work)) return
    if (work.lane >= 0) this.#intake.lanes.lanes[work.lane]!.active--
    const now = performance.now()
    this.#judge.judge(work, verdict, now)
    if (this.#draining !== undefined) this.#gate.hurry(now + HURRY)
    this.#wake()
  }

  /** A batch waits for its next try. */
  #again(work: Work): void {
    if (this.#draining !== undefined) work.due = Math.min(work.due, performance.now() + HURRY)
    this.#outbox.putBack(work)
    this.#wake()
  }

  #frameDone(taken: Taken): void {
    taken.terms.routed = taken.records
    this.#meter.latency.observe((performance.now() - taken.takenAt) / 1000)
    this.#queue.done(taken.frame, taken.terms)
    this.#wake()
  }

  /** One timer, for whatever comes first. */
  #arm(now: number): void {
    let at = Math.min(this.#outbox.nextDue(), this.#handing?.nextLook(now) ?? Infinity)
    if (this.#gate.open && this.#draining === undefined) at = Math.min(at, this.#aside.nextDue)
    if (at === Infinity || (this.#timer !== undefined && this.#timerAt <= at)) return
    clearTimeout(this.#timer)
    this.#timerAt = at
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#wake()
    }, Math.max(1, Math.ceil(at - now)))
  }

  /** It runs and its destination answers, as far as is known. */
  get delivers(): boolean {
    return this.#state === 'running' && this.#gate.open
  }

  get status(): DeliveryStatus {
    return {
      requests: this.#outbox.sent.size,
      concurrency: this.#concurrency.limit,
      answering: this.#gate.open,
      retrying: this.#outbox.aside.length,
      parkedRecords: this.#parking?.records ?? 0,
      lastError: this.#judge.lastError
    }
  }

  /** The queue's terms completed with those of the parking and of what the output keeps: such records wait, and find their end, there. */
  ledger(terms: OutputTerms): OutputTerms {
    const complete: OutputTerms = { ...terms, dropped: { ...terms.dropped }, filtered: { ...terms.filtered } }
    if (this.#parking !== undefined) {
      addOutcome(complete, this.#parking.terms)
      complete.waiting += this.#parking.records
    }
    const kept = this.#output.kept?.()
    if (kept !== undefined) {
      addOutcome(complete, kept)
      complete.waiting += kept.waiting
    }
    return complete
  }

  /** Records that the output keeps. */
  get kept(): number {
    return this.#output.kept?.().waiting ?? 0
  }

  /** The output sends what it keeps. Resolves when nothing is left of it. */
  async finish(): Promise<void> {
    if (this.#state === 'running') await this.#output.finish?.()
  }

  /** Delivers what waits, without gathering; resolves when nothing is left or at `deadline` (`performance.now()` time). */
  async drain(deadline: number): Promise<void> {
    if (this.#state === 'new' || this.#state === 'stopped') return
    const now = performance.now()
    this.#gate.hurry(now)
    this.#outbox.hurry(now)
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>((resolve) => {
      this.#draining = resolve
      if (deadline !== Infinity) timer = setTimeout(resolve, Math.max(0, deadline - now))
      this.#wake()
    })
    clearTimeout(timer)
    const late = Promise.withResolvers<void>()
    if (deadline !== Infinity) timer = setTimeout(late.resolve, Math.max(0, deadline - performance.now()))
    await Promise.race([this.finish(), late.promise])
    clearTimeout(timer)
  }

  /** Sends nothing new; resolves when the requests under way have ended or at `deadline` (`performance.now()` time). */
  async rest(deadline: number): Promise<void> {
    this.#resting = true
    while (this.#outbox.sent.size > 0 && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 5))
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
    while (this.#outbox.sent.size > 0 && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 5))
    if (wasRunning) await this.#letters?.flush()
    await this.#parking?.flush()
    if (wasRunning && this.#parking !== undefined) await this.#parkInterrupted(this.#parking)
    for (const frame of this.#outbox.unfinished()) this.#queue.untake(frame)
    this.#outbox.taken.clear()
    await this.#letters?.close()
    await this.#replay?.close()
    await this.#output.close?.()
  }

  async #parkInterrupted(parking: Parking): Promise<void> {
    const open = [...this.#outbox.sent, ...this.#outbox.waiting(), ...this.#handing?.works ?? []]
    this.#outbox.sent.clear()
    this.#handing?.works.clear()
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
