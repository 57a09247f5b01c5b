/** What follows from a verdict: the one place where failures become retries, dead letters and parked records. */
import { count } from '../event/ledger.ts'
import type { Log } from '../plugin/context.ts'
import { KEPT, REFUSED, REPEATED, RETRY, UNSURE, type Verdict } from '../plugin/output.ts'
import type { Concurrency } from './concurrency.ts'
import type { LetterBox } from './dead-letters.ts'
import type { DeliveryMeter } from './delivery-meter.ts'
import type { Intake } from './intake.ts'
import type { Handing } from './fallback.ts'
import type { Parking } from './parking.ts'
import { backoff, type Gate, type RetryPolicy } from './retry.ts'
import { eachRecord, moveRecord, type Taken, type Work } from './work.ts'

/** Tries after which a batch is halved, though it may be the destination that is to blame. */
const TRIES_BEFORE_HALVING = 3

export interface JudgeOptions {
  readonly intake: Intake
  readonly gate: Gate
  readonly concurrency: Concurrency
  readonly retry: RetryPolicy
  readonly parkAfter: number
  readonly random: () => number
  readonly meter: DeliveryMeter
  readonly log: Log
  readonly letters: LetterBox | undefined
  readonly parking: Parking | undefined
  /** Where refused records go instead of the dead letters. */
  readonly handing: Handing | undefined
  /** Dead letters that were sent again are kept by the output: they are routed to it once more. */
  readonly keptAgain: (records: number) => void
  /** Takes a batch that is to be sent again at its `due` time. */
  readonly again: (work: Work) => void
}

type Partial = Extract<Verdict, { kind: 'partial' }>
type Retry = Extract<Verdict, { kind: 'retry' }>

export class Judge {
  readonly #o: JudgeOptions
  #successes = 0
  /** Why the last try failed, for people. */
  lastError = ''

  constructor(options: JudgeOptions) {
    this.#o = options
  }

  /** A batch goes out. `saturated`: no further one may. */
  sending(work: Work, now: number, saturated: boolean): void {
    work.sentAt = now
    work.saturated = saturated
    if (!work.unsure) return
    work.unsure = false
    work.resent = true
    this.#o.meter.repeated.value += work.batch.count
    for (let i = 0; i < work.taken.length; i++) work.taken[i]!.terms.repeated += work.counts[i]!
  }

  judge(work: Work, verdict: Verdict, now: number): void {
    this.#o.meter.request.observe((now - work.sentAt) / 1000)
    const fault = faultOf(verdict, work.batch.count)
    if (fault !== undefined) return this.#retry(work, { kind: 'retry', reason: fault, unsure: true }, now)
    switch (verdict.kind) {
      case 'delivered':
        return this.#delivered(work)
      case 'retry':
        return this.#retry(work, verdict, now)
      case 'refused':
        this.#answers()
        return this.#refuse(work, verdict.reason, work.attempts + 1)
      case 'too_large':
        return this.#tooLarge(work, verdict.reason)
      case 'partial':
        return verdict.down === true && !hasOutcome(work, verdict) ? this.#allAgain(work, verdict, now) : this.#partial(work, verdict, now)
    }
  }

  /** The destination is there. */
  #answers(): void {
    this.#successes++
    if (this.#o.gate.succeed()) this.#o.log.info('the destination answers again')
  }

  #delivered(work: Work): void {
    this.#answers()
    this.#o.concurrency.success(work.saturated)
    this.#o.intake.accepted()
    const { meter } = this.#o
    meter.records.value += work.batch.count
    meter.bytes.value += work.batch.bytes
    for (let i = 0; i < work.taken.length; i++) {
      const taken = work.taken[i]!
      taken.terms.delivered += work.counts[i]!
      taken.settle(work.counts[i]!)
    }
    this.#o.intake.over(work)
  }

  #retry(work: Work, verdict: Retry, now: number): void {
    const { intake, gate, concurrency, log } = this.#o
    const { reason, after } = verdict
    // Others were answered since it failed the last time: then it is not the destination. What a partial answer left is
    // no suspect by itself: the destination may have gone down since, and to set it aside would cost it its order.
    const own = (work.alone && !work.rest) || (work.attempts > 0 && this.#successes > work.successesBefore)
    if (verdict.unsure === true) work.unsure = true
    if (verdict.unsure === true || verdict.throttled === true) concurrency.overload(now, work.sentAt)
    this.#failed(work, reason, now)
    if (this.#isExhausted(work)) return this.#giveUp(work, reason)
    if (verdict.slow === true && work.batch.count > 1 && intake.tooSlow(work.batch.bytes)) {
      gate.fail(now, work.sentAt, after)
      work.due = 0
      return this.#halve(work)
    }
    if (own) {
      work.alone = true
      work.rest = false
      if (this.#isStubborn(work, now)) return this.setAside(work, reason)
      work.due = now + this.#wait(work, after)
      if (work.batch.count > 1) return this.#halve(work)
      return this.#o.again(work)
    }
    const wasOpen = gate.open
    gate.fail(now, work.sentAt, after)
    if (wasOpen) log.warn('the destination takes nothing, trying again', { seconds: Math.ceil((gate.until - now) / 100) / 10, reason })
    work.due = 0
    if (work.attempts >= TRIES_BEFORE_HALVING && !work.halved && work.batch.count > 1) {
      work.halved = true
      return this.#halve(work)
    }
    this.#o.again(work)
  }

  #failed(work: Work, reason: string, now: number): void {
    const { meter } = this.#o
    this.lastError = reason
    work.attempts++
    work.successesBefore = this.#successes
    if (work.failedAt === 0) work.failedAt = now
    meter.retries.value++
    meter.retriedRecords.value += work.batch.count
  }

  /** `more`: tries that are not counted in the batch yet. */
  #isExhausted(work: Work, more = 0): boolean {
    const { limit } = this.#o.retry
    return limit !== undefined && work.attempts + more > limit
  }

  /** Worth retrying, but not worth holding up a frame any longer. */
  #isStubborn(work: Work, now: number): boolean {
    return isParked(work) || now - work.failedAt >= this.#o.parkAfter
  }

  #wait(work: Work, after: number | undefined): number {
    const { retry, random } = this.#o
    return Math.max(after ?? 0, backoff(work.attempts, retry, random))
  }

  #giveUp(work: Work, reason: string, reasons?: readonly string[]): void {
    this.#o.meter.retriesFailed.value++
    const { attempts } = work
    const said = (why: string): string => `not delivered in ${attempts} ${attempts === 1 ? 'try' : 'tries'}: ${why}`
    this.#refuse(work, said(reason), attempts, reasons?.map(said))
  }

  #tooLarge(work: Work, reason: string): void {
    this.#answers()
    if (work.batch.count === 1) return this.#refuse(work, reason, work.attempts + 1)
    this.#o.intake.tooLarge(work.batch.bytes)
    this.#halve(work)
  }

  /** Two batches in the place of one. */
  #halve(work: Work): void {
    const { intake, again } = this.#o
    const half = work.batch.count >>> 1
    const parts = [intake.work(), intake.work()] as const
    eachRecord(work, (index, taken) => moveRecord(work, index, taken, parts[index < half ? 0 : 1]))
    for (const part of parts) {
      part.inherit(work)
      intake.lanes.share(work, part)
    }
    intake.over(work)
    // In this order, since a lane takes them back at its head.
    again(parts[1])
    again(parts[0])
  }

  /** The fallback's, or dead letters, all of it. */
  #refuse(work: Work, reason: string, tries: number, reasons?: readonly string[]): void {
    this.#o.meter.errors.value++
    this.lastError = reason
    this.#o.log.error('records were refused', { records: work.batch.count, reason })
    if (this.#fallsBack(work)) return
    eachRecord(work, (index, taken) => this.#bury(work, index, taken, reasons?.[index] ?? reason, tries))
    this.#o.intake.over(work)
  }

  /** Whether the fallback gets it; while that does not answer it is set aside, so that it holds up nothing. */
  #fallsBack(work: Work): boolean {
    const { handing, parking } = this.#o
    if (handing === undefined || work.taken.some(({ origin }) => origin.kind === 'replay')) return false
    if (handing.ready || parking === undefined || !parking.hasRoom) handing.hand(work)
    else this.setAside(work, 'refused, and the fallback does not answer')
    return true
  }

  #bury(work: Work, index: number, taken: Taken, reason: string, tries: number): void {
    const { letters } = this.#o
    if (letters === undefined) {
      this.#dropped(taken, 'refused')
      return
    }
    const replayed = taken.origin.kind === 'replay'
    const buried = (kept: boolean): void => {
      if (!kept) return this.#dropped(taken, 'dead letters full')
      this.#o.meter.deadLetters.value++
      this.#o.meter.droppedRecords.value++
      taken.terms.dead_lettered++
      taken.settle(1)
    }
    letters.add(work.batch, index, reason, tries, buried, replayed)
  }

  #dropped(taken: Taken, reason: string): void {
    this.#o.meter.dropped(reason, 1)
    this.#o.meter.droppedRecords.value++
    count(taken.terms.dropped, reason, 1)
    taken.settle(1)
  }

  #partial(work: Work, verdict: Partial, now: number): void {
    const { intake, gate, concurrency, meter } = this.#o
    const { outcomes, reasons } = verdict
    const rest = intake.work()
    const why: string[] = []
    const repeats = !this.#isExhausted(work, 1)
    let unsure = 0
    let kept = 0
    let keptAgain = 0
    const refused = intake.work()
    const whyRefused: string[] = []
    eachRecord(work, (index, taken) => {
      const outcome = outcomes[index]!
      if (outcome === RETRY || outcome === UNSURE) {
        moveRecord(work, index, taken, rest)
        why.push(reasons.get(index) ?? 'to be tried again')
        if (outcome !== UNSURE) return
        unsure++
        if (repeats) this.#repeated(taken)
      } else if (outcome === REFUSED) {
        moveRecord(work, index, taken, refused)
        whyRefused.push(reasons.get(index) ?? 'refused')
      } else if (outcome === KEPT) {
        kept++
        if (taken.origin.kind === 'replay') keptAgain++
        taken.settle(1)
      } else {
        taken.terms.delivered++
        if (outcome === REPEATED && !work.resent) this.#repeated(taken)
        meter.records.value++
        taken.settle(1)
      }
    })
    if (keptAgain > 0) this.#o.keptAgain(keptAgain)
    meter.bytes.value += work.batch.count === 0 ? 0 : Math.round(work.batch.bytes * (1 - (rest.batch.count + refused.batch.count + kept) / work.batch.count))
    const nothingTaken = rest.batch.count === work.batch.count
    if (verdict.throttled === true || unsure > 0) concurrency.overload(now, work.sentAt)
    else if (!nothingTaken) concurrency.success(work.saturated)
    if (verdict.throttled === true && nothingTaken) gate.fail(now, work.sentAt, verdict.after)
    else this.#answers()
    if (refused.batch.count === 0) intake.over(refused)
    else this.#refuse(refused, whyRefused[0]!, work.attempts + 1, whyRefused)
    if (rest.batch.count === 0) intake.over(rest)
    else {
      rest.inherit(work)
      intake.lanes.share(work, rest)
      this.#retryRest(rest, why, verdict.after, now)
    }
    intake.over(work)
  }

  /** A partial answer that says that the destination is down. */
  #allAgain(work: Work, verdict: Partial, now: number): void {
    const { outcomes, reasons, after, throttled } = verdict
    if (!this.#isExhausted(work, 1)) eachRecord(work, (index, taken) => { if (outcomes[index] === UNSURE) this.#repeated(taken) })
    const [reason = 'to be tried again'] = reasons.values()
    if (outcomes.includes(UNSURE)) this.#o.concurrency.overload(now, work.sentAt)
    this.#retry(work, { kind: 'retry', reason, ...(after === undefined ? {} : { after }), ...(throttled === undefined ? {} : { throttled }) }, now)
  }

  #repeated(taken: Taken): void {
    taken.terms.repeated++
    this.#o.meter.repeated.value++
  }

  #retryRest(rest: Work, why: readonly string[], after: number | undefined, now: number): void {
    rest.alone = true
    rest.rest = true
    this.#failed(rest, why[0]!, now)
    this.#o.log.warn('records are tried again', { records: rest.batch.count, reason: why[0]! })
    if (this.#isExhausted(rest)) return this.#giveUp(rest, why[0]!, why)
    if (this.#isStubborn(rest, now)) return this.setAside(rest, why[0]!)
    rest.due = now + this.#wait(rest, after)
    this.#o.again(rest)
  }

  /**
   * Parks a batch; what came from the parking goes back there. What cannot be parked (replayed letters, no room) waits
   * for its next try in place.
   */
  setAside(work: Work, reason: string): void {
    const { intake, parking, meter, log, again } = this.#o
    const keep = intake.work()
    const park = intake.work()
    eachRecord(work, (index, taken) => {
      if (taken.origin.kind === 'parked') {
        taken.left.push(work.batch.offset(index))
        taken.settle(1)
      } else moveRecord(work, index, taken, taken.origin.kind === 'queue' && parking !== undefined ? park : keep)
    })
    for (const part of [keep, park]) {
      part.inherit(work)
      if (part.batch.count > 0) intake.lanes.share(work, part)
    }
    intake.over(work)
    if (keep.batch.count > 0) {
      keep.due = performance.now() + this.#wait(keep, undefined)
      again(keep)
    } else intake.over(keep)
    if (park.batch.count === 0 || parking === undefined) return intake.over(park)
    void parking.add(park.batch, 'stubborn').then((parked) => {
      if (!parked) {
        park.due = performance.now() + this.#wait(park, undefined)
        return again(park)
      }
      log.warn('records are set aside, to be tried again at their own pace', { records: park.batch.count, reason })
      meter.parked.value += park.batch.count
      for (let i = 0; i < park.taken.length; i++) park.taken[i]!.settle(park.counts[i]!)
      intake.over(park)
    })
  }
}

/** Whether any record found its end. */
function hasOutcome({ batch }: Work, { outcomes }: Partial): boolean {
  for (let i = 0; i < batch.count; i++) if (outcomes[i] !== RETRY && outcomes[i] !== UNSURE) return true
  return false
}

function isParked(work: Work): boolean {
  return work.taken[0]?.origin.kind === 'parked' && work.lane < 0
}

/** What is wrong with a verdict itself: a plugin at fault must not lose or pin records. */
function faultOf(verdict: Verdict | undefined, records: number): string | undefined {
  switch (verdict?.kind) {
    case 'delivered':
    case 'retry':
    case 'refused':
    case 'too_large':
      return undefined
    case 'partial': {
      const { outcomes } = verdict
      if (outcomes.length < records) return 'the plugin gave fewer outcomes than there are records'
      for (let i = 0; i < records; i++) if (outcomes[i]! > KEPT) return `the plugin gave the unknown outcome ${outcomes[i]!}`
      return undefined
    }
    default:
      return 'the plugin gave no verdict'
  }
}

/** A plugin that throws says nothing about what became of the batch. */
export function thrown(error: unknown): Verdict {
  return { kind: 'retry', reason: error instanceof Error ? error.message : String(error), unsure: true }
}
