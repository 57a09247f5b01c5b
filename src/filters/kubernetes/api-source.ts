/** The pods of this node as the API server tells them: one watch, and one request for each namespace when asked for. */
import { performance } from 'node:perf_hooks'
import type { ApiClient } from '../../lib/kubernetes-api/client.ts'
import type { ApiFailure } from '../../lib/kubernetes-api/failure.ts'
import { Watch } from '../../lib/kubernetes-api/watch.ts'
import type { Counter, Log, Meter } from '../../plugin/context.ts'
import { KnownPods } from './known-pods.ts'
import type { Namespace, Pod, PodContainer, PodListener, PodSource } from './metadata.ts'
import { Namespaces } from './namespaces.ts'
import { Waiting } from './waiting.ts'

/** Milliseconds for which a file's first lines wait for what is not known of its container. */
const WAIT = 1000
/** The same while the watch is broken, for it is tried again at once; and at the agent's start, until all pods have come. */
const WAIT_BROKEN = 3000
const WAIT_START = 5000
/** While somebody waits, a broken watch is tried again this often. */
const AGAIN = 500
/** A server that has just started refuses what it allows a moment later: only what it refuses for longer is refused. */
const REFUSAL = 10_000

export interface ApiSourceOptions {
  readonly client: ApiClient
  /** The name of the node, which may have to be asked for. */
  readonly node: Promise<string>
  readonly log: Log
  readonly meter: Meter
  readonly listener: PodListener
  /** Undefined: namespaces are not needed. */
  readonly namespaces: { readonly ttl: number; readonly failed: (message: string) => void } | undefined
}

export class ApiSource implements PodSource {
  readonly #client: ApiClient
  readonly #log: Log
  readonly #failures: Counter
  readonly #pods: KnownPods
  readonly #namespaces: Namespaces | undefined
  readonly #waiting = new Waiting()
  readonly #begun = performance.now()
  #node = ''
  #watch: Watch<Pod> | undefined
  /** `new` until all pods have come for the first time, or cannot. */
  #state: 'new' | 'up' | 'broken' | 'refused' = 'new'
  /** When it was up last; undefined before it ever was. */
  #lastUp: number | undefined
  #resyncs = 0
  #closed = false
  #warnedOfNode = false

  constructor({ client, node, log, meter, listener, namespaces }: ApiSourceOptions) {
    this.#client = client
    this.#log = log
    this.#pods = new KnownPods({
      ...listener,
      podForgotten: (namespace, name) => {
        listener.podForgotten(namespace, name)
        if (!this.#pods.hasNamespace(namespace)) this.#namespaces?.forget(namespace)
      }
    })
    if (namespaces !== undefined) {
      this.#namespaces = new Namespaces(client, namespaces.failed, namespaces.ttl, (name) => {
        listener.namespaceChanged(name)
        this.#waiting.look()
      })
    }
    this.#failures = meter.counter('fantail_kubernetes_failures_total')
    meter.gauge('fantail_kubernetes_up', () => (this.#state === 'up' ? 1 : 0))
    meter.gauge('fantail_kubernetes_pods', () => this.#pods.size)
    meter.gauge('fantail_kubernetes_requests_total', () => client.requests)
    meter.gauge('fantail_kubernetes_resyncs_total', () => this.#resyncs)
    void node.then((name) => this.#follow(name))
  }

  pod(container: PodContainer, uid: string | undefined): Pod | undefined {
    return this.#pods.find(container, uid)
  }

  namespace(name: string): Namespace | undefined {
    return this.#namespaces?.get(name)
  }

  prepare(container: PodContainer): Promise<void> | undefined {
    const known = (): boolean => (
      this.#pods.complete(container) && (this.#namespaces === undefined || this.#namespaces.settled(container.namespace))
    )
    if (known() || this.#state === 'refused') return undefined
    if (this.#state === 'up') return this.#waiting.wait(known, WAIT)
    // a pod that is new here was told to the kubelet by the same server a moment ago
    this.#watch?.nudge()
    const start = WAIT_START - (performance.now() - this.#begun)
    return this.#waiting.wait(known, this.#state === 'new' ? Math.max(start, WAIT) : WAIT_BROKEN)
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#waiting.release()
    this.#namespaces?.close()
    await this.#watch?.stop()
    this.#client.close()
  }

  #follow(node: string): void {
    if (this.#closed) return
    this.#node = node
    this.#watch = new Watch<Pod>({
      client: this.#client,
      path: '/api/v1/pods',
      query: { fieldSelector: `spec.nodeName=${node}` },
      sink: {
        restarted: () => {
          this.#resyncs++
          this.#pods.begin()
        },
        put: (pod) => {
          this.#pods.put(pod)
          this.#waiting.look()
        },
        gone: (pod) => this.#pods.gone(pod),
        synced: () => {
          this.#pods.end()
          this.#isUp()
          this.#waiting.look()
        },
        resumed: () => this.#isUp(),
        failed: (failure) => this.#failed(failure)
      }
    })
    this.#watch.start()
  }

  #isUp(): void {
    if (this.#state === 'up') return
    this.#waiting.shorten(WAIT)
    this.#log.info(`The pods of node ${this.#node} are followed: ${this.#pods.size} of them.`)
    this.#state = 'up'
    if (this.#pods.size > 0 || this.#warnedOfNode) return
    this.#warnedOfNode = true
    this.#log.warn(
      `The API server knows no pod on a node named ${this.#node}. Set \`kube_node_name\`, or NODE_NAME from spec.nodeName, if that is not this node.`
    )
  }

  #failed(failure: ApiFailure): void {
    this.#failures.value++
    if (this.#state === 'up') this.#lastUp = performance.now()
    const lasting = this.#lastUp === undefined || performance.now() - this.#lastUp > REFUSAL
    const state = failure.refused && lasting ? 'refused' : 'broken'
    if (state === 'refused') this.#waiting.release()
    else if (this.#waiting.size > 0) setTimeout(() => this.#watch?.nudge(), AGAIN).unref()
    if (this.#state === state) return
    this.#state = state
    this.#log.error(`Pods cannot be followed; those that are new are known by what their tags tell until they can. ${failure.message}`)
  }
}
