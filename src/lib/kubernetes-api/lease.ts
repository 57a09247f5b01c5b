/**
 * Leader election through a Lease (coordination.k8s.io/v1): of all agents that ask for it, one at a time holds it. Who
 * holds it renews it; whoever sees it not renewed for its duration takes it. A note in it tells the next holder where the
 * last one was. Clocks of machines are never compared: a candidate measures by its own how long nothing changed.
 */
import { performance } from 'node:perf_hooks'
import type { ApiClient } from './client.ts'
import { ApiFailure } from './failure.ts'

const NOTE = 'fantail.io/note'

export interface Term {
  /** What the last holder left, if it did. */
  readonly note: string | undefined
  /** The last holder was we, before a restart. */
  readonly again: boolean
  /** Of the Lease itself: the same for all who ask for it, as long as it is not deleted. */
  readonly uid: string
}

export interface LeaseOptions {
  readonly client: ApiClient
  readonly namespace: string
  readonly name: string
  /** Who we are, such as the name of the pod; the same again after a restart, which then goes on at once. */
  readonly identity: string
  /** Milliseconds without renewal after which others may take it; renewed three times as often. 30 s when not set. */
  readonly duration?: number
  /** It is ours from now on. */
  acquired(term: Term): void
  /** It is no longer ours: stop before another one begins. Not called by `stop`. */
  lost(): void
  /** What the next holder is to know; asked at each renewal. */
  note?(): string | undefined
  /** Something failed; the first of a row of failures only. */
  failed?(failure: ApiFailure): void
}

/** A Lease as the API gives it, as far as it is read here. */
interface LeaseObject {
  readonly metadata: { readonly uid?: string; readonly resourceVersion?: string; readonly annotations?: { readonly [name: string]: string } }
  readonly spec?: {
    readonly holderIdentity?: string
    readonly leaseDurationSeconds?: number
    readonly acquireTime?: string
    readonly renewTime?: string
    readonly leaseTransitions?: number
  }
}

export class Lease {
  readonly #options: LeaseOptions
  readonly #duration: number
  readonly #folder: string
  /** As last seen, and since when it is as it is, by our own clock. */
  #seen: LeaseObject | undefined
  #seenAt = 0
  /** Until when we may act as its holder; past when we do not hold it. */
  #until = -1
  #timer: NodeJS.Timeout | undefined
  #turn: Promise<void> = Promise.resolve()
  #stopped = false
  #failing = false

  constructor(options: LeaseOptions) {
    this.#options = options
    this.#duration = options.duration ?? 30_000
    this.#folder = `/apis/coordination.k8s.io/v1/namespaces/${options.namespace}/leases`
  }

  /** Whether it is ours at this moment. */
  get held(): boolean {
    return performance.now() < this.#until
  }

  start(): void {
    this.#wait(0)
  }

  /** Gives it back, with the last note, so that another one takes it at once. */
  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    await this.#turn
    if (!this.held) return
    this.#until = -1
    try {
      await this.#write(this.#seen!, '')
    } catch {
      // it expires by itself
    }
  }

  #wait(milliseconds: number): void {
    if (this.#stopped) return
    this.#timer = setTimeout(() => { this.#turn = this.#take().finally(() => this.#wait(this.#pause())) }, milliseconds).unref()
  }

  /** Candidates ask less often than the holder renews, each at its own pace. */
  #pause(): number {
    if (this.#until < 0) return this.#duration * (0.3 + Math.random() * 0.4)
    return this.#failing ? this.#duration / 15 : this.#duration / 3
  }

  async #take(): Promise<void> {
    const held = this.#until >= 0
    const asked = performance.now()
    try {
      if (held) await this.#renew(asked)
      else await this.#acquire(asked)
      this.#failing = false
    } catch (error) {
      const failure = error instanceof ApiFailure ? error : new ApiFailure(String(error))
      // another one was faster, which is no failure of a candidate
      if (failure.status === 409) {
        this.#seen = undefined
        if (held) this.#lose()
      } else {
        if (!this.#failing) this.#options.failed?.(failure)
        this.#failing = true
      }
    }
    if (this.#until >= 0 && !this.held) this.#lose()
  }

  async #acquire(asked: number): Promise<void> {
    const { identity } = this.#options
    const lease = await this.#read()
    if (lease === undefined) {
      const body = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: this.#options.name }, spec: this.#spec(undefined, identity) }
      this.#see(await this.#request('POST', this.#folder, body))
    } else {
      this.#see(lease)
      if (!this.#free(lease)) return
      this.#see(await this.#write(lease, identity))
    }
    this.#held(asked)
    const { uid = '', annotations } = this.#seen!.metadata
    this.#options.acquired({ note: annotations?.[NOTE], again: lease?.spec?.holderIdentity === identity, uid })
  }

  async #renew(asked: number): Promise<void> {
    const { identity } = this.#options
    try {
      this.#see(await this.#write(this.#seen!, identity))
    } catch (error) {
      if (!(error instanceof ApiFailure) || error.status !== 409) throw error
      // someone has written into it; that need not be another holder
      const lease = await this.#read()
      if (lease?.spec?.holderIdentity !== identity) throw error
      this.#see(await this.#write(lease, identity))
    }
    this.#held(asked)
  }

  /** Ours, counted from before the request, and a third shorter than others wait. */
  #held(asked: number): void {
    this.#until = asked + this.#duration * 2 / 3
  }

  #lose(): void {
    this.#until = -1
    this.#options.lost()
  }

  #free({ spec = {} }: LeaseObject): boolean {
    const { holderIdentity: holder = '', leaseDurationSeconds: seconds = 0 } = spec
    return holder === '' || holder === this.#options.identity || performance.now() - this.#seenAt > seconds * 1000
  }

  #see(lease: LeaseObject): void {
    if (lease.metadata.resourceVersion !== this.#seen?.metadata.resourceVersion) this.#seenAt = performance.now()
    this.#seen = lease
  }

  async #read(): Promise<LeaseObject | undefined> {
    try {
      return await this.#request('GET', `${this.#folder}/${this.#options.name}`)
    } catch (error) {
      if (error instanceof ApiFailure && error.status === 404) return undefined
      throw error
    }
  }

  /** Writes it as ours, or as nobody's; 409 when it was changed since it was seen. */
  #write(lease: LeaseObject, holder: string): Promise<LeaseObject> {
    const note = this.#until >= 0 || holder === '' ? this.#options.note?.() : undefined
    const annotations = note === undefined ? lease.metadata.annotations : { ...lease.metadata.annotations, [NOTE]: note }
    const body = { ...lease, metadata: { ...lease.metadata, ...(annotations === undefined ? {} : { annotations }) }, spec: this.#spec(lease, holder) }
    return this.#request('PUT', `${this.#folder}/${this.#options.name}`, body)
  }

  #spec(lease: LeaseObject | undefined, holder: string): LeaseObject['spec'] {
    const now = new Date().toISOString().replace('Z', '000Z')
    const { holderIdentity, acquireTime, leaseTransitions = 0 } = lease?.spec ?? {}
    const same = holder === holderIdentity
    return {
      holderIdentity: holder,
      leaseDurationSeconds: Math.max(1, Math.round(this.#duration / 1000)),
      acquireTime: same && acquireTime !== undefined ? acquireTime : now,
      renewTime: now,
      leaseTransitions: same || holder === '' || lease === undefined ? leaseTransitions : leaseTransitions + 1
    }
  }

  #request(method: string, path: string, body?: unknown): Promise<LeaseObject> {
    return this.#options.client.request(method, path, { body, timeout: this.#duration / 6 })
  }
}
