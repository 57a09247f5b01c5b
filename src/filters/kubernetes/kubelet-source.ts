/**
 * The pods of this node as its kubelet tells them (`/pods`). It cannot tell of changes, so all are read: when a container
 * appears of which not all is known, at most once a second for all of them, and now and then for what has changed.
 */
import { performance } from 'node:perf_hooks'
import type { ApiClient } from '../../lib/kubernetes-api/client.ts'
import { eachItem } from '../../lib/kubernetes-api/cut.ts'
import { ApiFailure } from '../../lib/kubernetes-api/failure.ts'
import type { Counter, Log, Meter } from '../../plugin/context.ts'
import { KnownPods } from './known-pods.ts'
import type { Namespace, Pod, PodContainer, PodListener, PodSource } from './metadata.ts'
import type { Namespaces } from './namespaces.ts'
import { Waiting } from './waiting.ts'

/** Milliseconds for which a file's first lines wait, between two readings, and until changes are looked for. */
const WAIT = 2000
const BETWEEN = 1000
const CHANGES = 30_000

export interface KubeletSourceOptions {
  readonly client: ApiClient
  readonly log: Log
  readonly meter: Meter
  readonly listener: PodListener
  /** Asked for at the API server; undefined when they are not needed. */
  readonly namespaces: Namespaces | undefined
}

export class KubeletSource implements PodSource {
  readonly #client: ApiClient
  readonly #log: Log
  readonly #pods: KnownPods
  readonly #namespaces: Namespaces | undefined
  readonly #failures: Counter
  readonly #waiting = new Waiting()
  readonly #changes: NodeJS.Timeout
  #next: NodeJS.Timeout | undefined
  #reading: Promise<void> | undefined
  #readAt = -Infinity
  /** Containers that are not known wait for another reading. */
  #wanted = false
  #state: 'new' | 'up' | 'broken' | 'refused' = 'new'
  #closed = false

  constructor({ client, log, meter, listener, namespaces }: KubeletSourceOptions) {
    this.#client = client
    this.#log = log
    this.#namespaces = namespaces
    this.#pods = new KnownPods({
      ...listener,
      podForgotten: (namespace, name) => {
        listener.podForgotten(namespace, name)
        if (!this.#pods.hasNamespace(namespace)) namespaces?.forget(namespace)
      }
    })
    this.#failures = meter.counter('fantail_kubernetes_failures_total')
    meter.gauge('fantail_kubernetes_up', () => (this.#state === 'up' ? 1 : 0))
    meter.gauge('fantail_kubernetes_pods', () => this.#pods.size)
    meter.gauge('fantail_kubernetes_requests_total', () => client.requests)
    this.#changes = setInterval(() => this.#want(), CHANGES).unref()
    this.#want()
  }

  pod(container: PodContainer, uid: string | undefined): Pod | undefined {
    return this.#pods.find(container, uid)
  }

  namespace(name: string): Namespace | undefined {
    return this.#namespaces?.get(name)
  }

  /** A namespace has come. */
  look(): void {
    this.#waiting.look()
  }

  prepare(container: PodContainer): Promise<void> | undefined {
    const known = (): boolean => {
      const complete = this.#pods.complete(container)
      if (!complete && this.#state !== 'refused') this.#want()
      return complete && (this.#namespaces === undefined || this.#namespaces.settled(container.namespace))
    }
    return known() || this.#state === 'refused' ? undefined : this.#waiting.wait(known, WAIT)
  }

  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#changes)
    clearTimeout(this.#next)
    this.#waiting.release()
    this.#namespaces?.close()
    this.#client.close()
    await this.#reading
  }

  /** A reading, now or as soon as one may be. */
  #want(): void {
    this.#wanted = true
    if (this.#closed || this.#reading !== undefined || this.#next !== undefined) return
    this.#next = setTimeout(() => {
      this.#next = undefined
      this.#wanted = false
      this.#reading = this.#read().finally(() => {
        this.#reading = undefined
        this.#readAt = performance.now()
        this.#waiting.look()
        if (this.#wanted) this.#want()
      })
    }, Math.max(0, this.#readAt + BETWEEN - performance.now()))
  }

  async #read(): Promise<void> {
    try {
      const body = await this.#client.open('/pods')
      const hung = setTimeout(() => { body.destroy(new ApiFailure('The answer of the kubelet hangs.')) }, CHANGES)
      try {
        this.#pods.begin()
        for await (const item of eachItem(body as AsyncIterable<Buffer>)) this.#pods.put(JSON.parse(item) as Pod)
        this.#pods.end()
      } finally {
        clearTimeout(hung)
      }
      if (this.#state !== 'up') this.#log.info(`The kubelet tells of ${this.#pods.size} pods.`)
      this.#state = 'up'
    } catch (error) {
      if (!this.#closed) this.#failed(error instanceof ApiFailure ? error : new ApiFailure(`The kubelet's answer cannot be read: ${(error as Error).message}`))
    }
  }

  #failed(failure: ApiFailure): void {
    this.#failures.value++
    const state = failure.refused ? 'refused' : 'broken'
    if (this.#state === state) return
    this.#state = state
    if (state === 'refused') this.#waiting.release()
    const advice = failure.status === 403 ? ' It needs the right to `get` nodes/pods (nodes/proxy before Kubernetes 1.33).' : ''
    this.#log.error(`The kubelet cannot be asked; pods that are new are known by what their tags tell until it can. ${failure.message}${advice}`)
  }
}
