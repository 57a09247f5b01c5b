/**
 * The three buffers that a record's ranges lie in: the block that was read, an arena for text made on the way (joined,
 * unescaped, decoded), which is reset with the record, and the pool of what the configuration names.
 */
import type { Pool } from './pool.ts'

/** Where a range lies: the block that was read, the record's own arena, or the pool of what the configuration names. */
export const BLOCK = 0
export const ARENA = 1
export const POOL = 2
export type Source = 0 | 1 | 2

const NONE = Buffer.alloc(0)

export class Sources {
  readonly pool: Pool
  /** The three buffers, indexed by `Source`. */
  readonly bytes: [Buffer, Buffer, Buffer]
  #arenaLength = 0

  constructor(pool: Pool) {
    this.pool = pool
    this.bytes = [NONE, Buffer.allocUnsafeSlow(64 * 1024), pool.bytes]
  }

  /** Begins a block: ranges of source BLOCK refer to `block` from now on. */
  useBlock(block: Buffer): void {
    this.bytes[BLOCK] = block
    this.bytes[POOL] = this.pool.bytes
  }

  get arenaLength(): number {
    return this.#arenaLength
  }

  /** Copies text into the arena as UTF-8; it lies from the offset returned to `arenaLength`. */
  addText(text: string): number {
    const start = this.reserve(text.length * 3)
    this.#arenaLength += this.bytes[ARENA].write(text, start)
    return start
  }

  /** Copies bytes into the arena; they lie from the offset returned to `arenaLength`. */
  addBytes(bytes: Buffer, from: number, to: number): number {
    const start = this.reserve(to - from)
    bytes.copy(this.bytes[ARENA], start, from, to)
    this.#arenaLength = start + to - from
    return start
  }

  /** Makes room for `size` bytes at the arena's end and returns where; `used` takes them. */
  reserve(size: number): number {
    const start = this.#arenaLength
    if (start + size > this.bytes[ARENA].length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(this.bytes[ARENA].length * 2, start + size))
      this.bytes[ARENA].copy(larger, 0, 0, start)
      this.bytes[ARENA] = larger
    }
    return start
  }

  /** Says that the arena is filled up to `end`. */
  used(end: number): void {
    this.#arenaLength = end
  }
}
