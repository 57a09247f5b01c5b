/**
 * Frames of the disk log that are in memory: those just written, for outputs that keep up, and those read back, while
 * somebody has them. Their memory goes back to the pool when nobody needs it any more.
 */
import type { Frame } from './frame.ts'
import { SLAB_SIZE, SlabPool } from './slab-pool.ts'

/** Bytes of memory of just written frames that are kept. */
const LIMIT = 4 * 1024 * 1024

interface Held {
  readonly frame: Frame
  readonly release: () => void
  /** Queues that have taken it, and the log while it is not written. */
  users: number
  /** Outputs that are not done with it. */
  needs: number
  cached: boolean
}

export class FrameCache {
  readonly #held = new Map<number, Held>()
  readonly #pool = new SlabPool()
  #bytes = 0

  /** Keeps a frame that was appended for `needs` outputs; `pinned` until `unuse` when it is not written yet. */
  keep(frame: Frame, needs: number, pinned: boolean): void {
    const held: Held = { frame, release: () => frame.release(), users: pinned ? 1 : 0, needs, cached: true }
    this.#held.set(frame.sequence, held)
    this.#bytes += cost(frame)
    this.#letGo(held)
    if (this.#bytes <= LIMIT) return
    for (const old of this.#held.values()) {
      if (!old.cached) continue
      this.#uncache(old)
      this.#letGo(old)
      if (this.#bytes <= LIMIT) return
    }
  }

  /** Takes a frame that is in memory. */
  use(sequence: number): Frame | undefined {
    const held = this.#held.get(sequence)
    if (held === undefined) return undefined
    held.users++
    return held.frame
  }

  /** Takes a frame that was read back; `bytes` is what `room` gave, if it was asked. */
  hold(frame: Frame, bytes: Buffer | undefined): Frame {
    const release = (): void => this.giveRoom(bytes)
    this.#held.set(frame.sequence, { frame, release, users: 1, needs: 0, cached: false })
    return frame
  }

  /** Gives a taken frame back. */
  unuse(sequence: number): void {
    const held = this.#held.get(sequence)
    if (held === undefined) return
    held.users--
    this.#letGo(held)
  }

  /** One output less needs it. */
  spare(sequence: number): void {
    const held = this.#held.get(sequence)
    if (held === undefined) return
    held.needs--
    this.#letGo(held)
  }

  /** Memory to read a frame into. */
  room(length: number): Buffer {
    if (length > SLAB_SIZE || length * 2 < SLAB_SIZE) return Buffer.allocUnsafeSlow(length)
    return this.#pool.take().subarray(0, length)
  }

  giveRoom(bytes: Buffer | undefined): void {
    if (bytes?.buffer.byteLength === SLAB_SIZE) this.#pool.give(Buffer.from(bytes.buffer))
  }

  #letGo(held: Held): void {
    if (held.users > 0 || (held.cached && held.needs > 0)) return
    this.#uncache(held)
    this.#held.delete(held.frame.sequence)
    held.release()
  }

  #uncache(held: Held): void {
    if (held.cached) this.#bytes -= cost(held.frame)
    held.cached = false
  }
}

function cost(frame: Frame): number {
  return frame.bytes.buffer.byteLength
}
