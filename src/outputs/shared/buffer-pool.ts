/** Request bodies are built in these buffers: as many as there are requests under way, reused, never zeroed. */
export class BufferPool {
  readonly #free: Buffer[] = []
  readonly #kept: number

  /** Keeps at most `kept` buffers that nobody uses. */
  constructor(kept: number) {
    this.#kept = kept
  }

  /** A buffer of at least this size, with whatever was in it. */
  take(size: number): Buffer {
    const last = this.#free.pop()
    if (last !== undefined && last.length >= size) return last
    return Buffer.allocUnsafeSlow(roundUp(size))
  }

  /** A larger buffer with the first `used` bytes of `buffer`, which must not be used again. */
  grow(buffer: Buffer, used: number, size: number): Buffer {
    const larger = Buffer.allocUnsafeSlow(roundUp(Math.max(size, buffer.length * 1.5)))
    buffer.copy(larger, 0, 0, used)
    return larger
  }

  /** Takes a buffer back. The caller is sure that nobody reads it any more: a socket may, until the answer has come. */
  give(buffer: Buffer): void {
    if (this.#free.length < this.#kept) this.#free.push(buffer)
  }
}

function roundUp(size: number): number {
  return Math.ceil(size / 65_536) * 65_536
}
