/**
 * kubernetes_events: what happens in the cluster, as the API server tells it. Of all agents that run with it one reads, the
 * holder of a Lease, so that each event is sent once. Versions of events (resourceVersion) are the positions: they travel with
 * the data, and the Lease tells them to the next holder.
 */
import { createHash } from 'node:crypto'
import { hostname } from 'node:os'
import process from 'node:process'
import type { OptionsOf } from '../config/fields.ts'
import { scanObject } from '../event/json-scan.ts'
import { BLOCK } from '../event/record.ts'
import type { Stream } from '../event/stream.ts'
import { ApiClient } from '../lib/kubernetes-api/client.ts'
import type { ApiFailure } from '../lib/kubernetes-api/failure.ts'
import { apiServerUrl, ownNamespace } from '../lib/kubernetes-api/in-cluster.ts'
import { Lease, type Term } from '../lib/kubernetes-api/lease.ts'
import { Watch } from '../lib/kubernetes-api/watch.ts'
import type { Counter } from '../plugin/context.ts'
import { defineInput, type Input, type InputContext, type TagHandle } from '../plugin/input.ts'
import { timeOf, type KubernetesEvent } from './kubernetes-events/event.ts'
import { options } from './kubernetes-events/options.ts'

/** Events of one page of a list. */
const PAGE = 500
/** The position that the Lease tells is that of so many renewals ago: what came since may not be on the disk yet. */
const NOTES = 1

export default defineInput({
  name: 'kubernetes_events',
  summary: 'Reads the events of the cluster from the API server.',
  description:
    'Every agent of a DaemonSet may run it: the one that holds a Lease reads, and another goes on where it was when it is gone. ' +
    'A record is the event as the API gives it, and each change of an event (its `count` rises) is one more. Needs the rights to ' +
    'list and watch events, and to get, create and update leases in its own namespace. The position is part of the buffer, so ' +
    '`db` is not needed; with `storage.type filesystem` nothing is lost when the holder is killed.',
  options,
  examples: [{ title: 'Events of one namespace', config: 'name: kubernetes_events\ntag: events\nkube_namespace: shop' }],
  create: (values, context) => new KubernetesEvents(values, context)
})

class KubernetesEvents implements Input {
  readonly #options: OptionsOf<typeof options>
  readonly #context: InputContext
  readonly #client: ApiClient
  readonly #tag: TagHandle
  readonly #failures: Counter
  readonly #lease: Lease | undefined
  #watch: Watch<KubernetesEvent> | undefined
  #stream: Stream | undefined
  /** All events of a lower version are done with. */
  #position = 0
  /** Nothing was ever read: old events are left out. */
  #isFirst = false
  /** Events of a list, which come in the order of their names; undefined while there is no list. */
  #listed: KubernetesEvent[] | undefined
  #notes: number[] = []
  /** The present reading; what a former one still gives is left. */
  #reading = 0
  #committing = false
  #isUp = false
  #failing = false
  #stopped = false

  constructor(values: OptionsOf<typeof options>, context: InputContext) {
    const { log, meter, ingest } = context
    this.#options = values
    this.#context = context
    this.#tag = ingest.tag(context.tag)
    const client = (this.#client = new ApiClient({
      url: values.kube_url === options.kube_url.default ? apiServerUrl(process.env) : values.kube_url,
      token: { file: values.kube_token_file, command: undefined, ttl: values.kube_token_ttl },
      caFile: values.kube_ca_file,
      caPath: values.kube_ca_path,
      verify: values['tls.verify'],
      verifyHostname: values['tls.verify'],
      serverName: values['tls.vhost'],
      userAgent: 'fantail'
    }))
    this.#failures = meter.counter('fantail_kubernetes_failures_total')
    meter.gauge('fantail_kubernetes_requests_total', () => client.requests)
    meter.gauge('fantail_kubernetes_up', () => (this.#isUp ? 1 : 0))
    meter.gauge('fantail_kubernetes_leader', () => (this.#leads() ? 1 : 0))
    if (!values.leader_election) return
    const { POD_NAME, POD_NAMESPACE, HOSTNAME } = process.env
    this.#lease = new Lease({
      client,
      namespace: values.lease_namespace ?? POD_NAMESPACE ?? ownNamespace() ?? 'default',
      name: values.lease_name ?? `fantail-${context.name.toLowerCase().replaceAll(/[^a-z0-9-]+/g, '-')}`,
      identity: POD_NAME ?? HOSTNAME ?? hostname(),
      duration: values.lease_duration,
      acquired: (term) => this.#lead(term),
      lost: () => {
        log.warn('The Lease is lost; another agent reads the events from now on.')
        this.#unfollow()
      },
      note: () => this.#note(),
      failed: (failure) => {
        this.#failures.value++
        log.error(`The Lease cannot be asked for, and without it no events are read; \`leader_election off\` reads them all the same. ${failure.message}`)
      }
    })
  }

  async start(): Promise<void> {
    await this.#tag.ready
    if (this.#lease !== undefined) {
      this.#lease.start()
      return
    }
    const known = this.#context.recovered[0]
    const covered = known?.covered[0]?.[1]
    this.#begin(known?.uid, covered ?? 0, covered)
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#unfollow()
    this.#context.ingest.commit()
    this.#notes = [this.#position]
    await this.#lease?.stop()
    this.#client.close()
  }

  #leads(): boolean {
    return this.#lease === undefined || this.#lease.held
  }

  /** The Lease is ours. Its uid makes that of the stream, so that an event has one identity whoever sends it. */
  #lead({ note, again, uid }: Term): void {
    const stream = createHash('sha256').update(uid).digest().subarray(0, 8).toString('base64url')
    const own = this.#context.recovered.find((known) => known.uid === stream)?.covered[0]?.[1]
    const told = note === undefined ? undefined : Number(note)
    // after our own restart the buffer knows best; else another one may have been further
    const known = this.#stream === undefined ? own : this.#position
    const from = known !== undefined && again ? known : maximum(known, told)
    this.#context.log.info(`The Lease is held: events are read here${from === undefined ? '' : `, from version ${from} on`}.`)
    this.#begin(stream, known ?? 0, from)
  }

  /** Reads from `position` on; the buffer holds what came of the versions below `covered`. */
  #begin(uid: string | undefined, covered: number, position: number | undefined): void {
    const { ingest, name } = this.#context
    const identity = { input: name, path: this.#options.kube_url, marks: {} }
    this.#stream ??= uid === undefined ? ingest.openStream(identity) : ingest.resumeStream(uid, 0, identity)
    this.#isFirst = position === undefined
    this.#position = position ?? 0
    this.#notes = Array<number>(NOTES).fill(this.#position)
    if (this.#position > covered) ingest.cover(this.#stream, covered, this.#position)
    this.#follow()
  }

  #follow(): void {
    const { kube_namespace: namespace, kube_request_limit: limit, kube_watch_timeout: time } = this.#options
    const reading = ++this.#reading
    const mine = (): boolean => reading === this.#reading && this.#leads()
    this.#watch = new Watch<KubernetesEvent>({
      client: this.#client,
      path: namespace === undefined ? '/api/v1/events' : `/api/v1/namespaces/${encodeURIComponent(namespace)}/events`,
      initial: { kind: 'list', page: limit > 0 ? limit : PAGE },
      time,
      sink: {
        restarted: () => { if (mine()) this.#listed = [] },
        put: (event) => { if (mine()) this.#put(event) },
        gone: () => undefined,
        synced: () => { if (mine()) this.#sendListed() },
        resumed: () => this.#works(),
        failed: (failure) => this.#failed(failure)
      }
    })
    this.#watch.start()
  }

  #unfollow(): void {
    this.#reading++
    this.#isUp = false
    this.#listed = undefined
    void this.#watch?.stop()
    this.#watch = undefined
  }

  #put(event: KubernetesEvent): void {
    if (versionOf(event) < this.#position) return
    if (this.#listed === undefined) this.#send(event)
    else this.#listed.push(event)
  }

  #sendListed(): void {
    const listed = (this.#listed ?? []).sort((one, other) => versionOf(one) - versionOf(other))
    this.#listed = undefined
    const oldest = this.#isFirst ? Date.now() / 1000 - this.#options.kube_retention_time / 1000 : 0
    const reading = this.#reading
    for (const event of listed) {
      if (reading !== this.#reading) return
      if (timeOf(event).seconds >= oldest) this.#send(event)
    }
    this.#isFirst = false
    this.#works()
  }

  #send(event: KubernetesEvent): void {
    const { ingest } = this.#context
    const version = versionOf(event)
    if (version < this.#position) return
    if (!ingest.hasRoom()) {
      this.#wait()
      return
    }
    const body = Buffer.from(JSON.stringify(event))
    const { seconds, nanos } = timeOf(event)
    ingest.record.useBlock(body)
    ingest.record.setTime(seconds, nanos)
    scanObject(ingest.record, BLOCK, 0, body.length)
    if (version > this.#position) ingest.cover(this.#stream!, this.#position, version)
    ingest.emit(this.#tag, this.#stream!, version, version + 1)
    this.#position = version + 1
    this.#commitSoon()
  }

  /** The buffer is full: nothing is read until there is room, and then from where we are. */
  #wait(): void {
    this.#unfollow()
    this.#context.ingest.whenRoom(() => {
      if (!this.#stopped && this.#watch === undefined && this.#leads()) this.#follow()
    })
  }

  #commitSoon(): void {
    if (this.#committing) return
    this.#committing = true
    setImmediate(() => {
      this.#committing = false
      this.#context.ingest.commit()
    })
  }

  /** Asked at each renewal of the Lease, and when it is given back. */
  #note(): string {
    this.#notes.push(this.#position)
    if (this.#stopped) return String(this.#position)
    return String(this.#notes.shift() ?? this.#position)
  }

  #works(): void {
    if (this.#failing) this.#context.log.info('Events are read again.')
    this.#isUp = true
    this.#failing = false
  }

  #failed(failure: ApiFailure): void {
    this.#failures.value++
    this.#isUp = false
    if (this.#failing) return
    this.#failing = true
    this.#context.log.error(`Events cannot be read, and are tried again. ${failure.message}`)
  }
}

function versionOf(event: KubernetesEvent): number {
  return Number(event.metadata?.resourceVersion ?? 0)
}

function maximum(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined ? other : Math.max(one, other ?? one)
}
