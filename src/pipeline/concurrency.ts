/**
 * How many requests may be under way: one more with each success until the destination first complains, then one more
 * per round; half as many at each complaint (additive increase, multiplicative decrease).
 */
export class Concurrency {
  readonly #most: number
  #limit = 1
  #fast = true
  #decreasedAt = 0

  /** `most` is the hard limit, at least 1. */
  constructor(most: number) {
    this.#most = Math.max(1, most)
  }

  get limit(): number {
    return Math.floor(this.#limit)
  }

  /** A request succeeded; `saturated` says that the limit was what held further ones back. */
  success(saturated: boolean): void {
    if (!saturated) return
    this.#limit = Math.min(this.#most, this.#limit + (this.#fast ? 1 : 1 / this.#limit))
  }

  /** The destination is overloaded. What was sent before the last decrease says nothing new. */
  overload(now: number, sentAt: number): void {
    if (sentAt < this.#decreasedAt) return
    this.#decreasedAt = now
    this.#fast = false
    this.#limit = Math.max(1, this.#limit / 2)
  }
}
