/**
 * Bytes that outlive records: keys and values that the configuration names, kept once in one growing buffer.
 * Plugins intern what they need at start; on the hot path a key is three numbers.
 */
import { allocate } from './kernel.ts'

export interface Key {
  /** The key as text. */
  readonly text: string
  /** Its bytes in the pool: UTF-8, JSON-escaped, without quotes. */
  readonly start: number
  readonly end: number
  /** See `keyHash`. */
  readonly hash: number
}

/** A small number that equal keys share: length, first and last byte. Unequal keys seldom do. */
export function keyHash(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start
  return length === 0 ? 0 : (length << 16) | (bytes[start]! << 8) | bytes[end - 1]!
}

export class Pool {
  bytes: Buffer = allocate(4096)
  #length = 0
  readonly #keys = new Map<string, Key>()

  /** The key of this text; the same object for the same text. */
  key(text: string): Key {
    const known = this.#keys.get(text)
    if (known) return known
    const [start, end] = this.#add(JSON.stringify(text.toWellFormed()).slice(1, -1))
    const key = { text, start, end, hash: keyHash(this.bytes, start, end) }
    this.#keys.set(text, key)
    return key
  }

  /** JSON text of a value, to be set in records any number of times. */
  json(value: unknown): Range {
    const [start, end] = this.#add(JSON.stringify(value))
    return { start, end }
  }

  #add(text: string): [number, number] {
    const size = Buffer.byteLength(text)
    if (this.#length + size > this.bytes.length) {
      const larger = allocate(Math.max(this.bytes.length * 2, this.#length + size))
      this.bytes.copy(larger, 0, 0, this.#length)
      this.bytes = larger
    }
    const start = this.#length
    this.#length += this.bytes.write(text, start)
    return [start, this.#length]
  }
}

/** A run of bytes in the pool. */
export interface Range {
  readonly start: number
  readonly end: number
}
