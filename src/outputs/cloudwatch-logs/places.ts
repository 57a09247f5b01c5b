/**
 * Groups and streams that are made when a request says that they are missing, and the retention of groups. Nothing is
 * made beforehand: CreateLogStream is limited to 50 a second per account, and a fleet that restarts would wait for it.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../../plugin/context.ts'
import type { LogsClient } from './client.ts'
import { failureOf, type Failure } from './failure.ts'
import type { Creation } from './settings.ts'
import type { Target } from './targets.ts'

/** Tries while somebody else changes the group, and the milliseconds between them. */
const CONFLICT_TRIES = 4
const CONFLICT_WAIT = 250
/** Milliseconds until a retention that could not be set is tried again. */
const RETENTION_PAUSE = 60_000

/** What of the client it takes to make them. */
export type PlaceClient = Pick<LogsClient, 'createGroup' | 'createStream' | 'retain'>

export class Places {
  readonly #client: PlaceClient
  readonly #options: Creation
  readonly #log: Log
  /** What is being made, by name: whoever needs it too waits for the same. */
  readonly #making = new Map<string, Promise<Failure | undefined>>()
  /** Monotonic milliseconds at which a group's retention is due; Infinity when it is set. */
  readonly #retention = new Map<string, number>()

  constructor(client: PlaceClient, options: Creation, log: Log) {
    this.#client = client
    this.#options = options
    this.#log = log
  }

  /** Makes what is missing. Resolves to why it cannot be, or to nothing when it is there. */
  make({ group, stream }: Target, signal: AbortSignal): Promise<Failure | undefined> {
    return this.#once(`${group}\n${stream}`, () => this.#makeStream(group, stream, signal))
  }

  #once(key: string, make: () => Promise<Failure | undefined>): Promise<Failure | undefined> {
    let making = this.#making.get(key)
    if (making === undefined) {
      making = make().finally(() => this.#making.delete(key))
      this.#making.set(key, making)
    }
    return making
  }

  async #makeStream(group: string, stream: string, signal: AbortSignal): Promise<Failure | undefined> {
    if (!this.#options.streams) {
      return { kind: 'target', alarm: true, reason: `the stream ${stream} of ${group} is missing, and auto_create_stream is off` }
    }
    const create = (): Promise<Failure | undefined> => this.#tried(() => this.#client.createStream(group, stream, signal), signal)
    let failure = await create()
    if (failure?.kind === 'missing') failure = await this.#once(group, () => this.#makeGroup(group, signal)) ?? await create()
    return failure
  }

  async #makeGroup(group: string, signal: AbortSignal): Promise<Failure | undefined> {
    if (!this.#options.groups) {
      return { kind: 'target', alarm: true, reason: `the group ${group} is missing, and auto_create_group is off` }
    }
    const failure = await this.#tried(() => this.#client.createGroup(group, this.#options, signal), signal)
    if (failure === undefined && this.#options.retentionDays > 0) {
      this.#retention.set(group, 0)
      await this.#retain(group)
    }
    return failure
  }

  /** That it is there already is what was wanted; a conflict passes. */
  async #tried(create: () => Promise<void>, signal: AbortSignal): Promise<Failure | undefined> {
    for (let attempt = 1; ; attempt++) {
      try {
        await create()
        return undefined
      } catch (error) {
        const failure = failureOf(error, false)
        if (failure.kind === 'exists') return undefined
        if (failure.kind !== 'conflict') return failure.kind === 'wrong' ? { ...failure, kind: 'names', alarm: true } : failure
        if (attempt === CONFLICT_TRIES) return { ...failure, kind: 'target' }
      }
      await sleep(CONFLICT_WAIT * attempt * (0.5 + Math.random()), undefined, { signal }).catch(() => {})
    }
  }

  /** Events of the group were taken, so it is there. */
  taken(group: string): void {
    const due = this.#retention.get(group)
    if (due === undefined && !this.#options.retainExisting) return
    if ((due ?? 0) <= performance.now()) void this.#retain(group)
  }

  async #retain(group: string): Promise<void> {
    this.#retention.set(group, Infinity)
    try {
      await this.#client.retain(group, this.#options.retentionDays)
    } catch (error) {
      this.#retention.set(group, performance.now() + RETENTION_PAUSE)
      this.#log.warn(`The retention of ${group} could not be set, and will be tried again: ${failureOf(error, false).reason}`)
    }
  }
}
