/**
 * The limit that a pod sets itself: so many records per second, minute or hour, and as many at once. Measured by the
 * records' own times, so that a backlog that is read quickly counts as it was written.
 */
const SECONDS: { readonly [unit: string]: number } = { '': 1, s: 1, m: 60, h: 3600 }

export interface Rate {
  readonly records: number
  readonly seconds: number
}

/** `100`, `100/s`, `6000/m`, `1e5/h`; undefined when it is none of these. */
export function readRate(text: string): Rate | undefined {
  const parts = /^\s*(\d+(?:e\d+)?)\s*(?:\/\s*([smh]))?\s*$/.exec(text)
  return parts === null ? undefined : { records: Number(parts[1]), seconds: SECONDS[parts[2] ?? '']! }
}

export class RateLimit {
  readonly rate: Rate
  #left: number
  /** In seconds. */
  #time = 0

  constructor(rate: Rate) {
    this.rate = rate
    this.#left = rate.records
  }

  /** Whether a record of this time (in seconds) is within the limit. */
  take(time: number): boolean {
    if (time > this.#time) {
      this.#left = Math.min(this.rate.records, this.#left + (time - this.#time) * this.rate.records / this.rate.seconds)
      this.#time = time
    }
    if (this.#left < 1) return false
    this.#left--
    return true
  }
}
