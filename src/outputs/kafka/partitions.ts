/** Which partition a record goes to: by its key when it has one, else by its stream, so that a file's lines stay in order. */
import { jumpHash, type KeyHash } from '../../lib/kafka/partitioner.ts'

/** Streams that are remembered. */
const KEPT = 10_000

export class Partitions {
  readonly #hash: KeyHash | undefined
  /** By the uid of a stream, for topics of so many partitions. */
  readonly #ofStreams = new Map<number, Map<string, number>>()

  /** Without a hash, keys do not matter. */
  constructor(hash: KeyHash | undefined) {
    this.#hash = hash
  }

  choose(key: Buffer | null, stream: string, count: number): number {
    if (key !== null && key.length > 0 && this.#hash !== undefined) return this.#hash(key) % count
    let known = this.#ofStreams.get(count)
    if (known === undefined || known.size >= KEPT) this.#ofStreams.set(count, (known = new Map<string, number>()))
    let partition = known.get(stream)
    if (partition === undefined) known.set(stream, (partition = jumpHash(stream, count)))
    return partition
  }
}
