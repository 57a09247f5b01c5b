/** Finds where a MessagePack value ends, however its bytes are cut. */

export class Malformed extends Error {}

/** Heads 0xc0 to 0xdf: bytes behind the head, or where its length stands. */
const FIXED: Readonly<Record<number, number>> = {
  0xc0: 0, 0xc2: 0, 0xc3: 0, 0xca: 4, 0xcb: 8, 0xcc: 1, 0xcd: 2, 0xce: 4, 0xcf: 8, 0xd0: 1, 0xd1: 2, 0xd2: 4, 0xd3: 8,
  0xd4: 2, 0xd5: 3, 0xd6: 5, 0xd7: 9, 0xd8: 17
}
/** Bytes of the length, and bytes that belong to neither the length nor what it counts. */
const COUNTED: Readonly<Record<number, readonly [length: number, more: number]>> = {
  0xc4: [1, 0], 0xc5: [2, 0], 0xc6: [4, 0], 0xc7: [1, 1], 0xc8: [2, 1], 0xc9: [4, 1], 0xd9: [1, 0], 0xda: [2, 0], 0xdb: [4, 0]
}

export class Splitter {
  /** Where the next head is, and how many values are still to come. */
  #at = 0
  #pending = 1

  /** Offset behind the first value of `bytes`, of which `length` are there; -1 when it goes on. Goes on where it was left. */
  find(bytes: Buffer, length: number): number {
    while (this.#pending > 0) {
      const size = headAndBody(bytes, this.#at, length)
      if (size < 0 || this.#at + size > length) return -1
      this.#pending += itemsOf(bytes, this.#at) - 1
      this.#at += size
    }
    const end = this.#at
    this.#at = 0
    this.#pending = 1
    return end
  }
}

/** Bytes of a value without its items; -1 when its length is not there yet. */
function headAndBody(bytes: Buffer, at: number, length: number): number {
  if (at >= length) return -1
  const head = bytes[at]!
  if (head < 0xa0 || head >= 0xe0) return 1
  if (head < 0xc0) return 1 + (head & 31)
  const fixed = FIXED[head]
  if (fixed !== undefined) return 1 + fixed
  if (head >= 0xdc) return head % 2 === 0 ? 3 : 5
  const counted = COUNTED[head]
  if (counted === undefined) throw new Malformed('no MessagePack')
  const [width, more] = counted
  return at + 1 + width > length ? -1 : 1 + width + more + bytes.readUIntBE(at + 1, width)
}

/** How many values an array or map has in it. */
function itemsOf(bytes: Buffer, at: number): number {
  const head = bytes[at]!
  if (head >= 0x80 && head < 0x90) return (head & 15) * 2
  if (head >= 0x90 && head < 0xa0) return head & 15
  switch (head) {
    case 0xdc: return bytes.readUInt16BE(at + 1)
    case 0xdd: return bytes.readUInt32BE(at + 1)
    case 0xde: return bytes.readUInt16BE(at + 1) * 2
    case 0xdf: return bytes.readUInt32BE(at + 1) * 2
    default: return 0
  }
}
