/**
 * Counts the events that were left out because they arrived more than `lateness` after their own time: each stretch of
 * event time is asked for once more when it is an hour old, by which time nearly all of it has arrived.
 */
import type { Counter } from '../../plugin/context.ts'
import { inTime, type SliceOptions } from './slice.ts'

/** Milliseconds after which a stretch is looked at again; at least four times the lateness. */
const AFTER = 3_600_000

export interface LateEventsOptions extends Omit<SliceOptions, 'signal' | 'room'> {
  readonly counter: Counter
  readonly warn: (events: number) => void
}

export class LateEvents {
  readonly #options: LateEventsOptions
  readonly #after: number
  /** Event time up to which was looked. */
  #from: number

  /** Looks at what happens after `from`, in Unix milliseconds. */
  constructor(options: LateEventsOptions, from: number) {
    this.#options = options
    this.#after = Math.max(AFTER, 4 * options.lateness)
    this.#from = from
  }

  /** Looks when a stretch as long as `lateness` has come of age. Rejects with what the service's failure is. */
  async look(now: number, signal: AbortSignal): Promise<void> {
    const { ask, prefix, takes, lateness, counter, warn } = this.#options
    const until = now - this.#after
    if (until - this.#from < lateness) return
    let late = 0
    let token: string | undefined
    do {
      const page = await ask({ from: this.#from, until, prefix, token }, signal)
      for (const event of page.events) if (!inTime(event, lateness) && takes(event)) late++
      token = page.token
    } while (token !== undefined)
    this.#from = until
    counter.value += late
    if (late > 0) warn(late)
  }
}
