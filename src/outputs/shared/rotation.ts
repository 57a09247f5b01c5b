/** The nodes of a destination in turn: one that failed is passed over for a while, unless all have. */

/** Milliseconds that a node rests after its first failure, doubled with each further one up to the most. */
const REST = 1000
const LONGEST_REST = 30_000

interface Place<T> {
  readonly node: T
  failures: number
  /** Monotonic milliseconds. */
  restsUntil: number
}

export class Rotation<T> {
  readonly #places: readonly Place<T>[]
  #next = 0

  constructor(nodes: readonly T[]) {
    this.#places = nodes.map((node) => ({ node, failures: 0, restsUntil: 0 }))
  }

  get nodes(): readonly T[] {
    return this.#places.map(({ node }) => node)
  }

  /** The node whose turn it is: the next that does not rest, else the one that has rested longest. */
  next(now = performance.now()): T {
    const count = this.#places.length
    let best = this.#places[this.#next % count]!
    for (let i = 0; i < count; i++) {
      const place = this.#places[(this.#next + i) % count]!
      if (place.restsUntil <= now) {
        this.#next = (this.#next + i + 1) % count
        return place.node
      }
      if (place.restsUntil < best.restsUntil) best = place
    }
    return best.node
  }

  /** Whether another node could be tried at once. */
  hasOther(node: T, now = performance.now()): boolean {
    return this.#places.some((place) => place.node !== node && place.restsUntil <= now)
  }

  failed(node: T, now = performance.now()): void {
    const place = this.#places.find((other) => other.node === node)
    if (place === undefined) return
    place.restsUntil = now + Math.min(LONGEST_REST, REST * 2 ** Math.min(place.failures++, 10))
  }

  succeeded(node: T): void {
    const place = this.#places.find((other) => other.node === node)
    if (place === undefined) return
    place.failures = 0
    place.restsUntil = 0
  }
}
