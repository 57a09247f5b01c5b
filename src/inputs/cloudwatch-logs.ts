/**
 * cloudwatch_logs: reads the events of a log group, such as the control-plane logs of an EKS cluster, so that they reach
 * any output. Events are read in the order in which CloudWatch took them, which does not change afterwards, and numbered;
 * the numbers travel with the records as positions of files do (cloudwatch-logs/anchors.ts).
 */
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Key } from '../event/pool.ts'
import type { Stream } from '../event/stream.ts'
import { ApiClient } from '../lib/kubernetes-api/client.ts'
import { inClusterOptions, ownNamespace } from '../lib/kubernetes-api/in-cluster.ts'
import { Lease, type Term } from '../lib/kubernetes-api/lease.ts'
import { version } from '../lib/version.ts'
import { PluginError } from '../plugin/context.ts'
import { defineInput, type Input, type InputContext, type TagHandle } from '../plugin/input.ts'
import { Anchors, type Anchor } from './cloudwatch-logs/anchors.ts'
import type { EventReader } from './cloudwatch-logs/client.ts'
import { COMPONENTS, PREFIXES, componentOf, type Component } from './cloudwatch-logs/component.ts'
import { LateEvents } from './cloudwatch-logs/late-events.ts'
import { options, type Options } from './cloudwatch-logs/options.ts'
import { readSlice, type LogEvent } from './cloudwatch-logs/slice.ts'

/** Milliseconds of arrivals that are read at once; more where there is nothing. */
const SLICE = 60_000
const LONGEST_SLICE = 6 * 3_600_000
/** Bytes of records from one anchor to the next. */
const ANCHOR_DISTANCE = 128 * 1024
/** Milliseconds between two notes of where a quiet group is read to. */
const QUIET = 60_000
const LONGEST_WAIT = 60_000

export default defineInput({
  name: 'cloudwatch_logs',
  summary: 'Reads a log group of CloudWatch Logs, such as the control-plane logs of an EKS cluster.',
  description:
    'Records have the message under `log`, and `log_group` and `log_stream`. A `*` in the tag stands for the part of the '
    + 'control plane (api, audit, authenticator, controllerManager, scheduler), or the name of the stream. One agent reads a '
    + 'group: run it as a Deployment, or with leader_election in a DaemonSet. Each look asks for the last five minutes '
    + '(`lateness`) in pages of 1 MB; the API allows few requests a second per account, and what leaves the region is charged.',
  options,
  examples: [{
    title: 'The audit log of a cluster',
    config: 'name: cloudwatch_logs\ntag: eks.*\nregion: eu-central-1\nlog_group_name: /aws/eks/prod/cluster\nlog_types: audit, authenticator'
  }],
  create: (values, context) => new CloudwatchLogsInput(values, context)
})

class CloudwatchLogsInput implements Input {
  readonly #options: Options
  readonly #context: InputContext
  readonly #types: ReadonlySet<string> | undefined
  readonly #prefix: string | undefined
  readonly #keys: { readonly log: Key; readonly group: Key; readonly stream: Key }
  readonly #tags = new Map<string, TagHandle>()
  readonly #stream: Stream
  readonly #anchors: Anchors
  /** Ranges of numbers that are dealt with, beyond `#next`, ascending. */
  #done: readonly (readonly [number, number])[]
  /** Anchors of earlier runs that are still to come. */
  #ahead: Anchor[]
  /** Number of the next event, and the time of arrival from which it is looked for. */
  #next: number
  #time: number
  #slice = SLICE
  #distance = 0
  #quietSince = 0
  /** Time of arrival up to which everything is delivered. */
  #delivered: number
  #awaiting = false
  #reader: EventReader | undefined
  readonly #late: LateEvents
  #lease: Lease | undefined
  #abort = new AbortController()
  #running: Promise<void> = Promise.resolve()

  constructor(values: Options, context: InputContext) {
    const { pool, ingest, recovered, name } = context
    this.#options = values
    this.#context = context
    this.#types = readTypes(values)
    this.#prefix = values.log_stream_name_prefix ?? (values.log_types?.length === 1 ? PREFIXES[values.log_types[0] as Component] : undefined)
    this.#keys = { log: pool.key(values.log_key), group: pool.key('log_group'), stream: pool.key('log_stream') }
    const known = recovered.find(({ identity, closed }) => identity.path === values.log_group_name && !closed)
    this.#done = known?.covered ?? []
    this.#anchors = new Anchors(String(known?.identity.marks['anchors'] ?? ''))
    const uncovered = this.#done[0]?.[0] === 0 ? this.#done[0][1] : 0
    const [anchor, ...ahead] = this.#anchors.from(uncovered)
    this.#ahead = ahead
    this.#next = anchor?.n ?? uncovered
    this.#time = anchor?.time ?? Date.now() - values.since
    const identity = known?.identity ?? { input: name, path: values.log_group_name, marks: {} }
    this.#stream = known === undefined ? ingest.openStream(identity) : ingest.resumeStream(known.uid, known.generation, identity)
    // a candidate for the Lease begins where the last holder ended
    if (!values.leader_election || !this.#anchors.isEmpty) this.#anchor(this.#time)
    this.#delivered = this.#time
    this.#late = new LateEvents({
      ask: (question, signal) => this.#reader!.ask(question, signal),
      prefix: this.#prefix,
      takes: (event) => this.#takes(event),
      lateness: values.lateness,
      counter: context.meter.counter('fantail_cloudwatch_late_events_total'),
      warn: (events) => { context.log.warn('Events arrived too late to be read; a longer `lateness` would take them.', { events }) }
    }, Date.now())
    context.meter.gauge('fantail_cloudwatch_lag_seconds', () => Math.max(0, (Date.now() - this.#time) / 1000))
  }

  async start(): Promise<void> {
    const { EventReader } = await import('./cloudwatch-logs/client.ts')
    this.#reader = new EventReader(this.#options)
    // where a first start begins is known from the start
    if (!this.#anchors.isEmpty) this.#context.ingest.commit()
    if (this.#options.leader_election) this.#stand()
    else this.#begin()
  }

  async stop(deadline: number): Promise<void> {
    this.#abort.abort()
    await this.#running
    this.#context.ingest.commit()
    // the next holder goes on behind what is delivered
    if (this.#lease?.held === true && this.#delivered < this.#time) {
      const delivered = new Promise<void>((resolve) => { this.#context.ingest.whenDelivered(resolve) })
      const read = this.#time
      const late = sleep(Math.max(0, deadline - performance.now()), 'late', { ref: false })
      if (await Promise.race([delivered, late]) !== 'late') this.#delivered = Math.max(this.#delivered, read)
    }
    await this.#lease?.stop()
    this.#reader?.close()
  }

  #begin(): void {
    const { signal } = this.#abort
    this.#running = this.#running.then(() => this.#run(signal))
  }

  /** Reads only while the Lease is ours. Its note is the time of arrival up to which all that the holder read is delivered. */
  #stand(): void {
    const { log } = this.#context
    const namespace = this.#options.lease_namespace ?? ownNamespace()
    if (namespace === undefined) throw new PluginError('the namespace of the Lease is not known outside of a pod', 'lease_namespace', true)
    this.#lease = new Lease({
      client: this.#client(),
      namespace,
      name: this.#options.lease_name,
      identity: process.env['POD_NAME'] ?? process.env['HOSTNAME'] ?? hostname(),
      duration: this.#options.lease_duration,
      acquired: (term) => { this.#lead(term) },
      lost: () => {
        log.warn('Another agent reads the log group now.', { group: this.#options.log_group_name })
        this.#abort.abort()
      },
      note: () => String(this.#delivered),
      failed: (failure) => log.warn(`The Lease cannot be asked for: ${failure.message}`)
    })
    this.#lease.start()
  }

  #client(): ApiClient {
    const { kube_url: url, kube_token_file: file, kube_ca_file: caFile } = this.#options
    const own = inClusterOptions(process.env, `fantail/${version()}`)
    return new ApiClient({ ...own, ...(url === options.kube_url.default ? {} : { url }), token: { ...own.token, file }, caFile })
  }

  #lead({ note, again }: Term): void {
    this.#context.log.info('This agent reads the log group now.', { group: this.#options.log_group_name })
    const time = Number(note ?? NaN)
    const isFirst = this.#anchors.isEmpty
    // after our own restart the buffer knows best
    if (Number.isFinite(time) && (isFirst || (!again && time > this.#time))) this.#goTo(time)
    else if (isFirst) this.#anchor(this.#time)
    this.#delivered = Number.isFinite(time) ? time : this.#time
    this.#abort = new AbortController()
    this.#begin()
  }

  /** Notes how far delivery is once all that is read now is delivered; one such wait at a time. */
  #await(): void {
    if (this.#lease === undefined || this.#awaiting || this.#delivered >= this.#time) return
    this.#awaiting = true
    const read = this.#time
    this.#context.ingest.whenDelivered(() => {
      this.#awaiting = false
      this.#delivered = Math.max(this.#delivered, read)
      this.#await()
    })
  }

  /** All that another agent had read up to this time is delivered, and with it what was still to be read again here. */
  #goTo(time: number): void {
    for (const [from, to] of this.#done) {
      if (from > this.#next) this.#context.ingest.cover(this.#stream, this.#next, from)
      this.#next = Math.max(this.#next, to)
    }
    this.#done = []
    this.#ahead = []
    this.#time = time
    this.#anchor(time)
  }

  async #run(signal: AbortSignal): Promise<void> {
    let failures = 0
    const ended = (): boolean => signal.aborted
    while (!ended()) {
      let wait = 0
      try {
        if (await this.#read(signal)) {
          wait = this.#options.interval
          await this.#late.look(Date.now(), signal)
        }
        failures = 0
      } catch (error) {
        if (ended()) return
        const { name, message } = error as Error
        wait = Math.min(LONGEST_WAIT, 1000 * 2 ** Math.min(failures++, 10)) * (0.5 + Math.random() / 2)
        this.#context.log.warn(`The log group ${this.#options.log_group_name} cannot be read, trying again: ${name}: ${message}`)
      }
      if (wait > 0) await sleep(wait, undefined, { signal }).catch(() => {})
    }
  }

  /** Reads a stretch of arrivals. Returns whether there is nothing more to read for now. */
  async #read(signal: AbortSignal): Promise<boolean> {
    const newest = Date.now() - this.#options.settle
    if (newest <= this.#time) return true
    const wanted = Math.min(newest, this.#time + this.#slice)
    const { events, until } = await readSlice(this.#time, wanted, {
      ask: this.#reader!.ask, prefix: this.#prefix, takes: (event) => this.#takes(event), lateness: this.#options.lateness, signal
    })
    let before = -1
    for (const event of events) {
      await this.#room(signal)
      if (signal.aborted) return true
      if (event.ingestionTime !== before) this.#pass(event.ingestionTime)
      before = event.ingestionTime
      await this.#emit(event)
    }
    this.#slice = events.length === 0 ? Math.min(LONGEST_SLICE, this.#slice * 4) : until < wanted ? Math.max(1000, this.#slice / 2) : SLICE
    this.#time = until
    this.#quiet(events.length)
    this.#await()
    return until === newest
  }

  #takes({ stream }: LogEvent): boolean {
    return this.#types === undefined || this.#types.has(componentOf(stream) ?? '')
  }

  async #room(signal: AbortSignal): Promise<void> {
    const { ingest } = this.#context
    if (ingest.hasRoom()) return
    ingest.commit()
    await new Promise<void>((resolve) => {
      ingest.whenRoom(resolve)
      signal.addEventListener('abort', () => { resolve() }, { once: true })
    })
  }

  /** The first event of a moment comes next. */
  #pass(time: number): void {
    while (this.#ahead.length > 0 && this.#ahead[0]!.time <= time) {
      const { n } = this.#ahead.shift()!
      if (n > this.#next) {
        this.#context.log.warn('Events that were in the log group are not there any more.', { events: n - this.#next })
        this.#context.ingest.cover(this.#stream, this.#next, n)
      }
      this.#next = n
    }
    if (this.#distance >= ANCHOR_DISTANCE) this.#anchor(time)
  }

  async #emit({ message, timestamp, stream }: LogEvent): Promise<void> {
    const { ingest } = this.#context
    const n = this.#next++
    this.#distance += message.length
    if (this.#isDone(n)) return
    const tag = this.#tagOf(stream)
    if (tag.ready !== undefined) await tag.ready
    const { record } = ingest
    record.setTime(Math.floor(timestamp / 1000), (timestamp % 1000) * 1e6)
    record.setText(this.#keys.log, message.toWellFormed())
    record.setText(this.#keys.group, this.#options.log_group_name)
    record.setText(this.#keys.stream, stream.toWellFormed())
    ingest.emit(tag, this.#stream, n, n + 1)
  }

  /** Numbers are asked for in their order. */
  #isDone(n: number): boolean {
    while (this.#done.length > 0 && n >= this.#done[0]![1]) this.#done = this.#done.slice(1)
    return this.#done.length > 0 && n >= this.#done[0]![0]
  }

  #tagOf(stream: string): TagHandle {
    const { ingest, tag } = this.#context
    const part = tag.includes('*') ? componentOf(stream) ?? stream.replace(/[^\w.-]+/g, '.') : ''
    let handle = this.#tags.get(part)
    if (handle === undefined) this.#tags.set(part, (handle = ingest.tag(tag.replace('*', () => part))))
    return handle
  }

  #anchor(time: number): void {
    this.#distance = 0
    this.#anchors.add(this.#next, time)
    const { identity } = this.#stream
    this.#stream.identity = { ...identity, marks: { ...identity.marks, anchors: this.#anchors.toString() } }
    this.#context.ingest.identityChanged(this.#stream)
  }

  /** A stretch is read; where there was nothing in it, that is noted now and then only. */
  #quiet(events: number): void {
    const now = performance.now()
    if (events === 0 && now - this.#quietSince < QUIET) return
    this.#quietSince = now
    this.#anchor(this.#time)
    this.#context.ingest.commit()
  }
}

function readTypes({ log_types: types }: Options): ReadonlySet<string> | undefined {
  const wrong = types?.find((type) => !(COMPONENTS as readonly string[]).includes(type))
  if (wrong !== undefined) throw new PluginError(`${wrong} is none of ${COMPONENTS.join(', ')}`, 'log_types')
  return types === undefined ? undefined : new Set(types)
}
