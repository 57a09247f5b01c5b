/** Waiting times between attempts: up to twice as long each time, drawn at random so that a thousand nodes do not ask at once. */
export class Backoff {
  readonly #least: number
  readonly #most: number
  #failures = 0

  /** Milliseconds: the first wait is at most `least`, none is longer than `most`. */
  constructor(least = 500, most = 30_000) {
    this.#least = least
    this.#most = most
  }

  /** The wait before the next attempt, not shorter than what the server asks for. */
  next(asked = 0): number {
    const ceiling = Math.min(this.#most, this.#least * 2 ** this.#failures++)
    return Math.max(Math.min(asked, this.#most), ceiling / 10 + Math.random() * ceiling * 0.9)
  }

  succeeded(): void {
    this.#failures = 0
  }
}
