/** The output behind cloudwatch_logs and cloudwatch: a batch becomes requests, their answers a verdict per record. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Batch } from '../../event/batch.ts'
import { EscapedBodies } from '../../event/escaped-body.ts'
import { Record } from '../../event/record.ts'
import type { ByteWriter } from '../../lib/byte-writer.ts'
import { CredentialSource } from '../../lib/aws/credentials.ts'
import { GzipText, PlainText } from '../../lib/repeats.ts'
import type { Counter } from '../../plugin/context.ts'
import type { Output, OutputContext, Verdict } from '../../plugin/output.ts'
import { compressBody } from '../shared/compress.ts'
import { SdkHandler } from '../shared/aws/sdk-handler.ts'
import { WriterPool } from '../shared/writer-pool.ts'
import { expectedSize, writeBody } from './body.ts'
import type { Body, LogsClient, PutAnswer } from './client.ts'
import { failureOf, mayBeUnread, type Failure } from './failure.ts'
import { EntityMessages, RecordMessages, ValueMessages, type Messages } from './messages.ts'
import { Outcomes } from './outcomes.ts'
import { Places } from './places.ts'
import { halve, planRequests, type Put } from './plan.ts'
import type { Settings } from './settings.ts'
import { Targets } from './targets.ts'

/**
 * A batch is several requests, one for each stream and each megabyte. Requests cost, so a batch gathers for `flush`, and
 * it is larger than a request, since half a dozen files that grow at once share it.
 */
export const PUT_LIMITS = { maxBytes: 2 * 1024 * 1024, maxRecords: 40_000, concurrency: 2, ordered: true, gather: true } as const
/** Requests of one batch under way at once, each to a stream of its own. */
const PARALLEL = 2
/** How often a request is sent again after what it lacked was made: it may not be seen everywhere at once. */
const MISSING_TRIES = 5
const MISSING_WAIT = 100
/** Age at which the service takes no event any more. */
const TOO_OLD = 14 * 86_400_000

/** A batch on its way. */
interface Sending {
  readonly times: Float64Array
  readonly messages: Messages
  readonly outcomes: Outcomes
  readonly signal: AbortSignal
  /** Set when nothing more can be sent now. */
  stopped: Failure | undefined
}

interface BuiltBody extends Body {
  /** It is gzip by references. */
  readonly refers: boolean
  readonly writer: ByteWriter | undefined
}

export class CloudwatchOutput implements Output {
  readonly #settings: Settings
  readonly #context: OutputContext
  readonly #credentials: CredentialSource
  readonly #handler: SdkHandler
  readonly #targets: Targets
  readonly #bodies = new EscapedBodies()
  readonly #record: Record
  /** For bodies, and for the values of log_key. */
  readonly #writers = new WriterPool(PUT_LIMITS.concurrency * PARALLEL)
  readonly #long: Counter
  /** Whether the endpoint reads gzip; doubted when it refused the first such body. */
  #gzip: 'untried' | 'read' | 'doubted' | 'unread' = 'untried'
  #client: LogsClient | undefined
  #places: Places | undefined

  constructor(settings: Settings, context: OutputContext) {
    this.#settings = settings
    this.#context = context
    this.#credentials = new CredentialSource(settings.credentials)
    this.#handler = new SdkHandler(context.network)
    this.#targets = new Targets(settings, context.pool)
    this.#record = new Record(context.pool)
    this.#long = context.meter.counter('fantail_output_long_events_total')
  }

  async open(): Promise<void> {
    const { LogsClient } = await import('./client.ts')
    this.#client = new LogsClient(this.#settings, this.#credentials, this.#handler)
    this.#places = new Places(this.#client, this.#settings.create, this.#context.log)
  }

  async write(batch: Batch, signal: AbortSignal): Promise<Verdict> {
    if (this.#client === undefined) await this.open()
    const { logKey, entity, longEvents } = this.#settings
    this.#targets.begin()
    const writer = logKey === undefined ? undefined : this.#writers.take()
    const messages = logKey !== undefined
      ? new ValueMessages(batch, logKey, this.#record, writer!)
      : entity ? new EntityMessages(batch, this.#bodies) : new RecordMessages(batch, this.#bodies)
    const { lines, times, without, long } = planRequests(batch, this.#targets, messages, longEvents)
    const sending: Sending = { times, messages, outcomes: new Outcomes(batch), signal, stopped: undefined }
    for (const record of without) sending.outcomes.refused(record, `the record has nothing under ${logKey?.source ?? 'log_key'}`)
    const waiting = lines.values()
    await Promise.all(Array.from({ length: Math.min(PARALLEL, lines.length) }, async () => {
      for (const line of waiting) await this.#sendLine(line, sending)
    }))
    if (writer !== undefined) this.#writers.give(writer)
    const verdict = sending.outcomes.verdict()
    // counted once it is over: what goes again is planned again
    if (long > 0 && verdict.kind === 'delivered') this.#long.value += long
    return verdict
  }

  /** The requests of one target, one after the other; behind one that must go again nothing is sent, so that order is kept. */
  async #sendLine(line: readonly Put[], sending: Sending): Promise<void> {
    let failure: Failure | undefined
    for (const put of line) {
      if (failure === undefined && sending.stopped === undefined) {
        failure = await this.#send(put, sending)
        if (failure === undefined) continue
        sending.outcomes.failed(failure)
        if (failure.kind === 'down') sending.stopped ??= failure
        if (failure.alarm === true) this.#context.log.error(`CloudWatch Logs does not take events: ${failure.reason}. They wait until it does.`)
        if (failure.credentials === true) this.#credentials.forget()
      } else {
        // behind it: not sent, whatever became of the one before
        const { reason } = failure ?? sending.stopped!
        for (const record of put.records) sending.outcomes.again(record, { kind: 'target', reason })
      }
    }
  }

  /** Sends one request, making what it lacks. Resolves to why it must go again, with its records marked so. */
  async #send(put: Put, sending: Sending): Promise<Failure | undefined> {
    const { outcomes, signal } = sending
    let failure: Failure
    let mayBeThere = false
    let body = await this.#build(put, sending)
    for (let attempt = 1; ; attempt++) {
      try {
        this.#taken(put, await this.#client!.put(body, signal), sending)
        this.#over(body)
        if (body.refers) this.#gzip = 'read'
        else if (this.#gzip === 'doubted') {
          this.#gzip = 'unread'
          this.#context.log.info('The endpoint does not read gzip, so requests are sent as they are.')
        }
        return undefined
      } catch (error) {
        failure = failureOf(error, this.#handler.holds(body.bytes))
        if (body.refers && this.#gzip !== 'read' && mayBeUnread(error)) {
          this.#gzip = 'doubted'
          if (failure.kind === 'wrong') {
            this.#over(body)
            body = await this.#build(put, sending)
            continue
          }
        }
      }
      if (failure.unsure === true) mayBeThere = true
      if (failure.kind !== 'missing') break
      const unmade = await this.#places!.make(put.target, signal)
      if (unmade !== undefined) {
        // streams that are there are written to meanwhile
        failure = unmade.throttled === true ? { ...unmade, kind: 'target' } : unmade
        break
      }
      if (attempt === MISSING_TRIES || signal.aborted) {
        failure = { ...failure, kind: 'target' }
        break
      }
      if (attempt > 1) await sleep(MISSING_WAIT * 2 ** attempt, undefined, { signal }).catch(() => {})
    }
    this.#over(body)
    if (failure.kind === 'wrong') return await this.#sendParts(put, failure, sending)
    const marked: Failure = mayBeThere ? { ...failure, unsure: true } : failure
    for (const record of put.records) outcomes.again(record, marked)
    return failure
  }

  async #build(put: Put, { times, messages }: Sending): Promise<BuiltBody> {
    const { compress } = this.#settings
    const writer = this.#writers.take()
    const refers = compress === 'references' && messages.repeat && (this.#gzip === 'untried' || this.#gzip === 'read')
    if (!refers) writer.reserve(expectedSize(put, messages))
    const sink = refers ? new GzipText(writer) : new PlainText(writer)
    this.#bodies.begin()
    writeBody(put, times, messages, sink)
    const bytes = sink.finish()
    if (compress !== 'gzip') return { bytes, gzip: refers, refers, writer }
    const small = await compressBody(bytes, 'gzip')
    this.#writers.give(writer)
    return { bytes: small, gzip: true, refers, writer: undefined }
  }

  /** Its memory is used again, unless a socket may still read it. */
  #over({ bytes, writer }: BuiltBody): void {
    if (writer !== undefined && !this.#handler.holds(bytes)) this.#writers.give(writer)
  }

  /** Something in the request is refused: halved, the event at fault is found and the others pass. */
  async #sendParts(put: Put, { reason }: Failure, sending: Sending): Promise<Failure | undefined> {
    if (put.records.length === 1) {
      sending.outcomes.refused(put.records[0]!, reason)
      return undefined
    }
    const [first, second] = halve(put)
    const failure = await this.#send(first, sending)
    if (failure === undefined) return await this.#send(second, sending)
    for (const record of second.records) sending.outcomes.again(record, { kind: 'target', reason: failure.reason })
    return failure
  }

  /** The events before `end` of the old ones, and from `start` of the new ones on, were refused; the others are stored. */
  #taken({ target, records }: Put, { rejectedLogEventsInfo: rejected, rejectedEntityInfo: entity }: PutAnswer, { times, outcomes }: Sending): void {
    this.#places!.taken(target.group)
    if (entity?.errorType !== undefined) this.#context.log.warn(`CloudWatch Logs did not take the entity of events: ${entity.errorType}`)
    if (rejected === undefined) {
      for (let i = 0; i < records.length; i++) outcomes.delivered(records[i]!)
      return
    }
    const expired = rejected.expiredLogEventEndIndex ?? 0
    const tooNew = rejected.tooNewLogEventStartIndex ?? records.length
    const tooOld = rejected.tooOldLogEventEndIndex ?? -1
    const oldest = tooOld < 0 ? -Infinity : Date.now() - TOO_OLD
    records.forEach((record, i) => {
      if (i < expired) outcomes.refused(record, 'the event is older than the retention of its group')
      // some implementations give the index of the last one instead of the one behind it
      else if (i < tooOld || times[record]! < oldest) outcomes.refused(record, 'the event is older than 14 days')
      else if (i >= tooNew) outcomes.refused(record, 'the event is more than 2 hours in the future')
      else outcomes.delivered(record)
    })
  }

  close(): Promise<void> {
    this.#client?.close()
    this.#handler.destroy()
    return Promise.resolve()
  }
}
