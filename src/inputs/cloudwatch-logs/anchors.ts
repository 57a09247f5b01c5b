/**
 * Where in time a number of an event lies. Events are numbered as they are read, in an order that is the same whenever
 * they are read again; the numbers are the positions that travel with the records. An anchor says that event `n` is the
 * first that CloudWatch took at `time` or later. Some are kept, since records between an older one and the newest may
 * still be on their way when the agent ends.
 */
export interface Anchor {
  readonly n: number
  /** Unix milliseconds of ingestion. */
  readonly time: number
}

/** Anchors kept. Beyond that every second of the older half goes, so that the first stays and distances grow backwards. */
const KEPT = 32

export class Anchors {
  #anchors: Anchor[]

  /** From the text that `toString` gave; anything else is as good as none. */
  constructor(text = '') {
    this.#anchors = text.split(' ').flatMap((pair) => {
      const [n = NaN, time = NaN] = pair.split(':').map((digits) => Number.parseInt(digits, 36))
      return Number.isNaN(n) || Number.isNaN(time) ? [] : [{ n, time }]
    })
  }

  get isEmpty(): boolean {
    return this.#anchors.length === 0
  }

  /** Anchors that would go back are left out: what lies there is known. */
  add(n: number, time: number): void {
    const last = this.#anchors.at(-1)
    if (last !== undefined && (n < last.n || time < last.time)) return
    // no event lies between two anchors of one number
    if (last?.n === n) this.#anchors.pop()
    this.#anchors.push({ n, time })
    if (this.#anchors.length > KEPT) this.#anchors = this.#anchors.filter((_, i) => i >= KEPT / 2 || i % 2 === 0)
  }

  /** The newest anchor at event `n` or before it, and those behind it; nothing when there is none. */
  from(n: number): readonly Anchor[] {
    const at = this.#anchors.findLastIndex((anchor) => anchor.n <= n)
    return at < 0 ? this.#anchors.slice() : this.#anchors.slice(at)
  }

  toString(): string {
    return this.#anchors.map(({ n, time }) => `${n.toString(36)}:${time.toString(36)}`).join(' ')
  }
}
