/** Namespaces, asked for one by one as their pods appear, and again when what is known of them gets old. */
import { performance } from 'node:perf_hooks'
import type { ApiClient } from '../../lib/kubernetes-api/client.ts'
import type { ApiFailure } from '../../lib/kubernetes-api/failure.ts'
import type { Namespace } from './metadata.ts'

/** Milliseconds after a failure before a namespace is asked for again. */
const RETRY = 10_000

interface Known {
  namespace: Namespace | undefined
  /** Answered at least once, or refused: there is nothing to wait for. */
  settled: boolean
  /** When it is asked for again. */
  due: number
  asking: boolean
}

export class Namespaces {
  readonly #client: ApiClient
  readonly #say: (message: string) => void
  readonly #ttl: number
  readonly #changed: (name: string) => void
  readonly #known = new Map<string, Known>()
  readonly #timer: NodeJS.Timeout
  #failing = false

  /** `say` is told why a namespace could not be read; `ttl`: milliseconds after which a namespace is asked for again; 0 never. */
  constructor(client: ApiClient, say: (message: string) => void, ttl: number, changed: (name: string) => void) {
    this.#client = client
    this.#say = say
    this.#ttl = ttl
    this.#changed = changed
    this.#timer = setInterval(() => this.#refresh(), 1000).unref()
  }

  get(name: string): Namespace | undefined {
    return this.#known.get(name)?.namespace
  }

  /** Whether it is known, or known not to be; asks for one that is new. */
  settled(name: string): boolean {
    let known = this.#known.get(name)
    if (known === undefined) {
      known = { namespace: undefined, settled: false, due: 0, asking: false }
      this.#known.set(name, known)
      void this.#ask(name, known)
    }
    return known.settled
  }

  /** No pod of it is left on the node. */
  forget(name: string): void {
    this.#known.delete(name)
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #refresh(): void {
    const now = performance.now()
    for (const [name, known] of this.#known) if (!known.asking && known.due <= now) void this.#ask(name, known)
  }

  async #ask(name: string, known: Known): Promise<void> {
    known.asking = true
    try {
      const { metadata } = await this.#client.request<Namespace>('GET', `/api/v1/namespaces/${encodeURIComponent(name)}`)
      known.namespace = { metadata: { labels: metadata?.labels, annotations: metadata?.annotations } }
      known.due = this.#ttl === 0 ? Infinity : performance.now() + this.#ttl
      this.#failing = false
    } catch (error) {
      const failure = error as ApiFailure
      known.due = performance.now() + (failure.refused || failure.status === 404 ? Math.max(this.#ttl, RETRY) : RETRY)
      if (failure.status !== 404 && !this.#failing) {
        this.#say(failure.message)
        this.#failing = true
      }
    }
    known.asking = false
    known.settled = true
    this.#changed(name)
  }
}
