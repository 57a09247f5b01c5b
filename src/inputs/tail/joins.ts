/** Joiners, one per path, and the one timer that flushes them. */
import type { Ingest, TagHandle } from '../../plugin/input.ts'
import type { JoinerFactory } from '../../plugin/parser.ts'
import { JoinerHandler, type Handling } from './handlers.ts'

/** Bytes that all joiners of an input may hold together. */
const HELD_LIMIT = 64 * 1024 * 1024

export class Joins {
  readonly #handling: Handling
  readonly #factory: JoinerFactory
  readonly #ingest: Ingest
  readonly #byPath = new Map<string, JoinerHandler>()
  /** Those in which lines wait. */
  readonly #waiting = new Set<JoinerHandler>()
  #timer: NodeJS.Timeout | null = null
  #timerAt = Infinity
  #held = 0

  constructor(handling: Handling, factory: JoinerFactory) {
    this.#handling = handling
    this.#factory = factory
    this.#ingest = handling.ingest
  }

  /** The joiner of a path; `release` gives it back. */
  acquire(path: string, tag: TagHandle): JoinerHandler {
    let handler = this.#byPath.get(path)
    if (handler === undefined) {
      handler = new JoinerHandler(this.#handling, this.#factory, tag, path)
      this.#byPath.set(path, handler)
    }
    handler.users++
    return handler
  }

  /** Gives a joiner back; the last one lets everything go that waits in it. */
  release(path: string): void {
    const handler = this.#byPath.get(path)
    if (handler === undefined || --handler.users > 0) return
    this.#byPath.delete(path)
    this.#flush(handler, true)
    this.#count()
  }

  /** To be called when lines were given to a joiner. */
  touched(handler: JoinerHandler): void {
    if (handler.heldLines === 0 && !this.#waiting.has(handler)) return
    this.#flush(handler, false)
    this.#count()
    this.#schedule(handler.due)
  }

  /** Lets everything go that waits for a path. */
  flushPath(path: string): void {
    const handler = this.#byPath.get(path)
    if (handler !== undefined) this.#flush(handler, true)
    this.#count()
  }

  flushAll(): void {
    for (const handler of this.#waiting) this.#flush(handler, true)
    this.#count()
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }

  #flush(handler: JoinerHandler, all: boolean): void {
    const now = Date.now()
    const wait = handler.joiner.flush(now, all)
    if (handler.heldLines === 0) {
      handler.due = 0
      this.#waiting.delete(handler)
    } else {
      handler.due = now + wait
      this.#waiting.add(handler)
    }
  }

  #count(): void {
    let lines = 0
    let bytes = 0
    for (const handler of this.#waiting) {
      lines += handler.heldLines
      bytes += handler.joiner.heldBytes
    }
    if (bytes > HELD_LIMIT) {
      for (const handler of this.#waiting) this.#flush(handler, true)
      lines = 0
    }
    if (lines !== this.#held) this.#ingest.holding(lines)
    this.#held = lines
  }

  #schedule(due: number): void {
    if (due >= this.#timerAt || due === 0 || due === Infinity) return
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timerAt = due
    this.#timer = setTimeout(() => this.#expired(), Math.max(1, due - Date.now()))
  }

  #expired(): void {
    this.#timer = null
    this.#timerAt = Infinity
    let next = Infinity
    for (const handler of this.#waiting) {
      if (handler.due <= Date.now()) this.#flush(handler, false)
      if (handler.heldLines > 0) next = Math.min(next, handler.due)
    }
    this.#count()
    this.#ingest.commit()
    this.#schedule(next)
  }
}
