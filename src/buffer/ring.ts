/** Inputs with `storage.type memrb`: their oldest frames that no output has begun with make room for the newest. */
import type { MemoryFrame } from './memory-log.ts'
import type { InputSettings, RingDrops } from './store.ts'

export interface RingParts {
  bytesOf(input: string): number
  framesOf(input: string): readonly MemoryFrame[]
  /** Gives a frame up for an output, unless that has begun with it. Returns whether it did. */
  letGo(output: string, memory: MemoryFrame): boolean
}

export class Ring {
  readonly #parts: RingParts
  readonly #drops = new Map<string, RingDrops>()

  constructor(parts: RingParts) {
    this.#parts = parts
  }

  /** Frames given up since the start, and their bytes. */
  dropsOf(input: string): RingDrops {
    return this.#drops.get(input) ?? { frames: 0, bytes: 0 }
  }

  /** A frame was added: the newest, which stays in any case. */
  turn({ name, memoryLimit }: InputSettings): void {
    if (this.#parts.bytesOf(name) < memoryLimit) return
    let { frames, bytes } = this.dropsOf(name)
    for (const memory of this.#parts.framesOf(name).slice(0, -1)) {
      if (this.#parts.bytesOf(name) < memoryLimit) break
      const outputs = [...memory.shares.keys()].filter((output) => this.#parts.letGo(output, memory))
      if (outputs.length === 0) continue
      frames++
      bytes += memory.frame.size
    }
    this.#drops.set(name, { frames, bytes })
  }
}
