/** Reads what the other side of the forward protocol says: small MessagePack values. */

export interface Unpacked {
  readonly value: unknown
  /** Offset behind it. */
  readonly end: number
}

/** Nothing in the protocol is nested deeper. */
const DEEPEST = 16

class Short extends Error {}

/**
 * The value at the begin of `bytes`; undefined while it is not complete. Texts and binaries are Buffers' contents as
 * latin1 text, so that a nonce of any bytes survives. Throws for bytes that are none of the protocol's.
 */
export function unpack(bytes: Buffer): Unpacked | undefined {
  const reader = new Reader(bytes)
  try {
    const value = reader.value(0)
    return { value, end: reader.at }
  } catch (error) {
    if (error instanceof Short) return undefined
    throw error
  }
}

class Reader {
  readonly #bytes: Buffer
  at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  value(depth: number): unknown {
    if (depth > DEEPEST) throw new Error('an answer is nested too deeply')
    const type = this.#number(1)
    if (type < 0x80) return type
    if (type < 0x90) return this.#map(type & 15, depth)
    if (type < 0xa0) return this.#list(type & 15, depth)
    if (type < 0xc0) return this.#text(type & 31)
    if (type >= 0xe0) return type - 256
    switch (type) {
      case 0xc0: return null
      case 0xc2: return false
      case 0xc3: return true
      case 0xc4: case 0xd9: return this.#text(this.#number(1))
      case 0xc5: case 0xda: return this.#text(this.#number(2))
      case 0xc6: case 0xdb: return this.#text(this.#number(4))
      case 0xcc: case 0xd0: return this.#number(1)
      case 0xcd: case 0xd1: return this.#number(2)
      case 0xce: case 0xd2: return this.#number(4)
      case 0xdc: return this.#list(this.#number(2), depth)
      case 0xde: return this.#map(this.#number(2), depth)
      default: throw new Error(`an answer has the byte ${type.toString(16)}, which has no place in it`)
    }
  }

  #need(size: number): number {
    const at = this.at
    if (at + size > this.#bytes.length) throw new Short()
    this.at += size
    return at
  }

  #number(size: 1 | 2 | 4): number {
    return this.#bytes.readUIntBE(this.#need(size), size)
  }

  #text(size: number): string {
    const at = this.#need(size)
    return this.#bytes.toString('latin1', at, at + size)
  }

  #list(size: number, depth: number): unknown[] {
    const items: unknown[] = []
    for (let i = 0; i < size; i++) items.push(this.value(depth + 1))
    return items
  }

  #map(size: number, depth: number): Map<unknown, unknown> {
    const entries = new Map<unknown, unknown>()
    for (let i = 0; i < size; i++) entries.set(this.value(depth + 1), this.value(depth + 1))
    return entries
  }
}
