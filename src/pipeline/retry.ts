/** When to try again: back-off for one batch, and the gate before a destination that does not answer. */

/** Upper bound of the first wait and of all waits, in milliseconds, when the service section does not set them. */
export const RETRY_BASE = 1000
export const RETRY_CAP = 60_000

/** Longest `Retry-After` that is believed, in milliseconds. */
const LONGEST_AFTER = 3_600_000

export interface RetryPolicy {
  /** `scheduler.base` in milliseconds. */
  readonly base: number
  /** `scheduler.cap` in milliseconds. */
  readonly cap: number
  /** `retry_limit`: tries after the first; undefined for no limit. */
  readonly limit: number | undefined
}

/** Milliseconds before try `attempt` (1 for the first retry): uniform between half the base and the doubled bound. */
export function backoff(attempt: number, policy: RetryPolicy, random: () => number): number {
  const low = Math.min(policy.base / 2, policy.cap)
  const high = Math.max(low, Math.min(policy.cap, policy.base * 2 ** Math.min(attempt - 1, 30)))
  return low + random() * (high - low)
}

/**
 * Closes when a destination fails as a whole. Closed, nothing is sent until the wait is over; then one request probes
 * (half-open). When it is answered the gate is open for all at once.
 */
export class Gate {
  readonly #policy: RetryPolicy
  readonly #random: () => number
  #failures = 0
  #closedAt = 0
  /** Monotonic milliseconds at which it closed, while it is closed. */
  since = 0
  /** Monotonic milliseconds until which nothing is sent; 0 when open. */
  until = 0

  constructor(policy: RetryPolicy, random: () => number) {
    this.#policy = policy
    this.#random = random
  }

  get open(): boolean {
    return this.until === 0
  }

  /** A request that was sent at `sentAt` failed. Requests that were under way when the gate closed do not close it further. */
  fail(now: number, sentAt: number, after: number | undefined): void {
    if (!this.open && sentAt < this.#closedAt) {
      if (after !== undefined) this.until = Math.max(this.until, now + Math.min(after, LONGEST_AFTER))
      return
    }
    if (this.open) this.since = now
    this.#failures++
    this.#closedAt = now
    this.until = now + (after === undefined ? backoff(this.#failures, this.#policy, this.#random) : Math.min(after, LONGEST_AFTER))
    if (this.until <= 0) this.until = 1
  }

  /** A request was answered. Returns whether the gate had been closed. */
  succeed(): boolean {
    const wasClosed = !this.open
    this.#failures = 0
    this.until = 0
    return wasClosed
  }

  /** Lets a probe go no later than `time`: a stop does not wait for long back-offs. */
  hurry(time: number): void {
    if (this.until > time) this.until = time
  }
}
