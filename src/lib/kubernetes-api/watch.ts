/**
 * Follows the objects of one kind: reads all there are, then is told of every change, over one request that stays open.
 * Where the server can, the objects there are come through the watch itself (`sendInitialEvents`, ended by a bookmark);
 * where it refuses that, from a list. What is told ends, tears, hangs or expires (410) as the network and the server
 * will, and goes on from the last version seen, or with all objects anew.
 */
import type { IncomingMessage } from 'node:http'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { Backoff } from './backoff.ts'
import type { ApiClient } from './client.ts'
import { eachItem, eachLine } from './cut.ts'
import { ApiFailure } from './failure.ts'

/** The server ends each watch after a time between these, in seconds, so that restarts of servers spread their clients. */
const WATCH_TIME = { least: 300, most: 600 }
const SLACK = 30_000
/** The objects there are come within this time, in milliseconds from one to the next. */
const INITIAL_TIME = 15_000
/** A watch that ends sooner, without anything, is not renewed at once. */
const SHORT = 5000
const INITIAL_END = 'k8s.io/initial-events-end'

/** What every object of the API has, as far as a watch reads it. */
export interface ApiObject {
  readonly metadata?: {
    readonly resourceVersion?: string | undefined
    readonly annotations?: { readonly [name: string]: string } | undefined
  }
}

export interface WatchSink<T extends ApiObject> {
  /** All objects come anew; those that are not among them until `synced` are gone. */
  restarted(): void
  /** An object is there, or has changed. */
  put(object: T): void
  gone(object: T): void
  /** All there are have come. */
  synced(): void
  /** The server takes up from the last version seen; what changed since comes now. */
  resumed(): void
  /** It does not work at the moment and is tried again; once for each attempt. */
  failed(failure: ApiFailure): void
}

export interface WatchOptions<T extends ApiObject> {
  readonly client: ApiClient
  /** Such as /api/v1/pods. */
  readonly path: string
  /** Such as a fieldSelector. */
  readonly query?: { readonly [name: string]: string }
  readonly sink: WatchSink<T>
  /**
   * How the objects there are come: `stream` from the server's memory through the watch, a list where it cannot; `list`
   * in pages of so many objects, as of this very moment.
   */
  readonly initial?: { readonly kind: 'stream' } | { readonly kind: 'list'; readonly page: number }
  /** Longest time of one watch in milliseconds; drawn between 5 and 10 minutes when not set. */
  readonly time?: number
  /** Milliseconds beyond its time after which a watch hangs; 30 s when not set. */
  readonly slack?: number
  readonly backoff?: Backoff
}

interface WatchEvent<T> {
  readonly type: string
  readonly object: T
}

interface ListRest {
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string }
}

interface Status {
  readonly code?: number
  readonly message?: string
}

export class Watch<T extends ApiObject> {
  readonly #options: WatchOptions<T>
  readonly #backoff: Backoff
  readonly #stopping = new AbortController()
  /** The version up to which all is known; undefined before all objects have come. */
  #version: string | undefined
  /** The server takes `sendInitialEvents`. */
  #streams: boolean
  /** The version expired, and nothing has come since. */
  #expired = false
  #running: Promise<void> | undefined
  #pausing: AbortController | undefined
  #nudged = 0

  constructor(options: WatchOptions<T>) {
    this.#options = options
    this.#backoff = options.backoff ?? new Backoff()
    this.#streams = options.initial?.kind !== 'list'
  }

  start(): void {
    this.#running ??= this.#run()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running
  }

  /** There is reason to think that the server can be reached: a wait for the next attempt ends, at most a few times a second. */
  nudge(): void {
    const now = performance.now()
    if (this.#pausing === undefined || now - this.#nudged < 300) return
    this.#nudged = now
    this.#pausing.abort()
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    while (!signal.aborted) {
      try {
        if (this.#version === undefined && !this.#streams) await this.#list()
        const begun = performance.now()
        const quiet = await this.#watch()
        // a server that ends watches at once would be asked without pause
        if (quiet && performance.now() - begun < SHORT) await this.#pause(this.#backoff.next())
        else this.#succeeded()
      } catch (error) {
        // aborted by `stop`, which may have come at any await
        if (this.#stopping.signal.aborted) return
        await this.#fail(error)
      }
    }
  }

  async #fail(error: unknown): Promise<void> {
    const failure = error instanceof ApiFailure ? error : new ApiFailure(`The watch of ${this.#options.path} broke: ${(error as Error).message}`)
    if (failure.expired) {
      this.#version = undefined
      // as after every restart of a server, and no reason to wait unless it happens again at once
      if (!this.#expired) {
        this.#expired = true
        return
      }
    } else if (this.#streams && this.#version === undefined && (failure.status === 400 || failure.status === 422)) {
      this.#streams = false
      return
    } else {
      this.#options.sink.failed(failure)
    }
    await this.#pause(this.#backoff.next(failure.retryAfter))
  }

  #succeeded(): void {
    this.#backoff.succeeded()
    this.#expired = false
  }

  async #pause(milliseconds: number): Promise<void> {
    this.#pausing = new AbortController()
    const signal = AbortSignal.any([this.#stopping.signal, this.#pausing.signal])
    await sleep(milliseconds, undefined, { signal, ref: false }).catch(() => undefined)
    this.#pausing = undefined
  }

  /** All objects there are. */
  async #list(): Promise<void> {
    const { client, path, query, sink, initial } = this.#options
    sink.restarted()
    // version 0 asks for what the server has in memory; then it gives all at once, whatever the limit
    const how: { [name: string]: string } = initial?.kind === 'list' ? { limit: String(initial.page) } : { resourceVersion: '0' }
    for (let next: string | undefined = ''; next !== undefined;) {
      const page = new URLSearchParams({ ...query, ...how, ...(next === '' ? {} : { continue: next }) })
      const body = await client.open(`${path}?${page.toString()}`, { signal: this.#stopping.signal })
      const items = eachItem(this.#guarded(body, () => INITIAL_TIME))
      let item = await items.next()
      for (; item.done !== true; item = await items.next()) sink.put(parse<T>(item.value))
      const { metadata } = parse<ListRest>(item.value)
      next = metadata?.continue === '' ? undefined : metadata?.continue
      if (next === undefined) this.#version = metadata?.resourceVersion ?? '0'
    }
    this.#succeeded()
    sink.synced()
  }

  /** One watch, to its end. True when nothing came of it. */
  async #watch(): Promise<boolean> {
    const { client, path, query, sink, slack = SLACK } = this.#options
    const initial = this.#version === undefined
    const time = this.#options.time ?? (WATCH_TIME.least + Math.random() * (WATCH_TIME.most - WATCH_TIME.least)) * 1000
    const parameters = new URLSearchParams({
      ...query,
      watch: '1',
      allowWatchBookmarks: 'true',
      timeoutSeconds: String(Math.ceil(time / 1000)),
      resourceVersion: this.#version ?? '0',
      ...(initial ? { sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan' } : {})
    })
    const body = await client.open(`${path}?${parameters.toString()}`, { signal: this.#stopping.signal })
    if (initial) sink.restarted()
    else sink.resumed()
    let quiet = true
    let version: string | undefined
    let complete = !initial
    const hung = (): void => {
      // a server that does not know `sendInitialEvents` never says that the initial ones have ended
      if (!complete) this.#streams = false
    }
    for await (const line of eachLine(this.#guarded(body, () => complete ? time + slack : INITIAL_TIME, hung))) {
      const { type, object } = parse<WatchEvent<T>>(line)
      if (type === 'ERROR') {
        const { code, message } = object as Status
        throw new ApiFailure(`The watch of ${path} ended: ${message ?? 'the server gives no reason'}`, code)
      }
      if (type === 'DELETED') sink.gone(object)
      else if (type === 'ADDED' || type === 'MODIFIED') sink.put(object)
      const { metadata } = object
      version = metadata?.resourceVersion ?? version
      if (!complete && type === 'BOOKMARK' && metadata?.annotations?.[INITIAL_END] === 'true') {
        complete = true
        sink.synced()
      }
      if (complete) this.#version = version
      quiet = false
      this.#succeeded()
    }
    if (!complete) throw new ApiFailure(`The watch of ${path} ended before all objects had come.`)
    return quiet
  }

  /** The body of an answer; it ends with an error when nothing comes of it within `patience()` milliseconds. */
  async * #guarded(body: IncomingMessage, patience: () => number, hung?: () => void): AsyncGenerator<Buffer, void> {
    const tooLong = (): void => {
      hung?.()
      body.destroy(new ApiFailure(`The answer of ${this.#options.path} hangs.`))
    }
    let timer = setTimeout(tooLong, patience())
    try {
      for await (const chunk of body as AsyncIterable<Buffer>) {
        yield chunk
        clearTimeout(timer)
        timer = setTimeout(tooLong, patience())
      }
    } finally {
      clearTimeout(timer)
    }
  }
}

function parse<T>(text: string): T {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    value = undefined
  }
  if (typeof value !== 'object' || value === null) throw new ApiFailure('The answer is not what the API gives.')
  return value as T
}
