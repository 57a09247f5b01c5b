/**
 * Blocks of memory of one size that frames are built in, used again and again: a buffer that is full all day long makes
 * no garbage.
 */

/** Bytes of records after which a frame is closed. */
export const FRAME_TARGET = 512 * 1024
/** A slab holds a frame of the target size with its last record, constants and directory, nearly always. */
export const SLAB_SIZE = FRAME_TARGET + 128 * 1024

/** Idle slabs that are kept; more are left to the garbage collector. */
const SPARE = 10

export class SlabPool {
  readonly #idle: Buffer[] = []

  take(): Buffer {
    return this.#idle.pop() ?? Buffer.allocUnsafeSlow(SLAB_SIZE)
  }

  /** Memory of another size (of an outsized record) is let go. */
  give(slab: Buffer): void {
    if (slab.length === SLAB_SIZE && this.#idle.length < SPARE) this.#idle.push(slab)
  }
}
