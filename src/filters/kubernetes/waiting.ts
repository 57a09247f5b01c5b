/** Files whose first lines wait until what they need is known, for a limited time. */
interface Wait {
  readonly done: () => boolean
  readonly end: () => void
  timer: NodeJS.Timeout
}

export class Waiting {
  readonly #open = new Set<Wait>()

  /** Resolves when `done` says so, looked at whenever something has changed, or after so many milliseconds. */
  wait(done: () => boolean, milliseconds: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const end = (): void => {
      clearTimeout(one.timer)
      this.#open.delete(one)
      resolve()
    }
    const one = { done, end, timer: setTimeout(end, milliseconds) }
    this.#open.add(one)
    return promise
  }

  /** How many wait. */
  get size(): number {
    return this.#open.size
  }

  /** Something has changed. */
  look(): void {
    for (const one of this.#open) if (one.done()) one.end()
  }

  /** Those who wait now do so no longer than this from now on. */
  shorten(milliseconds: number): void {
    for (const one of this.#open) {
      clearTimeout(one.timer)
      one.timer = setTimeout(one.end, milliseconds)
    }
  }

  /** Nobody waits any longer. */
  release(): void {
    for (const one of this.#open) one.end()
  }
}
