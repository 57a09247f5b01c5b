/** Byte writers for requests under way, used again and again. */
import { ByteWriter } from '../../lib/byte-writer.ts'

/** A writer that one large batch has widened beyond this is not kept. */
const LARGEST_KEPT = 16 * 1024 * 1024

export class WriterPool {
  readonly #free: ByteWriter[] = []
  readonly #kept: number

  /** Keeps at most `kept` writers that nobody uses. */
  constructor(kept: number) {
    this.#kept = kept
  }

  take(): ByteWriter {
    const writer = this.#free.pop() ?? new ByteWriter()
    writer.reset()
    return writer
  }

  /** Takes a writer back. The caller is sure that nobody reads its bytes any more. */
  give(writer: ByteWriter): void {
    if (this.#free.length < this.#kept && writer.bytes.length <= LARGEST_KEPT) this.#free.push(writer)
  }
}
