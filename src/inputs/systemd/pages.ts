/** Random access to a file through a few of its pages, kept in memory. */
import { readSync } from 'node:fs'

const PAGE = 32 * 1024
const KEPT = 32
const NONE: Page = { bytes: Buffer.alloc(0), words: new Uint32Array(0) }

interface Page {
  readonly bytes: Buffer
  /** The same bytes; a short page at the end of the file may have less of them. */
  readonly words: Uint32Array
}

export class Pages {
  readonly #fd: number
  /** By number, the one used longest ago first. */
  readonly #pages = new Map<number, Page>()
  #lastNumber = -1
  #last = NONE
  /** Where the range lies that was located last; valid until the next call. */
  bytes: Buffer = NONE.bytes
  words = NONE.words
  start = 0

  constructor(fd: number) {
    this.#fd = fd
  }

  /**
   * Makes `[offset, offset + length)` readable at `bytes[start…]`, and, where `offset` is a multiple of 4, at
   * `words[start / 4…]`. False when the file ends before.
   */
  locate(offset: number, length: number): boolean {
    // a damaged offset, beyond what the system takes
    if (!Number.isSafeInteger(offset + length)) return false
    const number = Math.floor(offset / PAGE)
    const at = offset - number * PAGE
    if (at + length <= PAGE) {
      const page = number === this.#lastNumber ? this.#last : this.#page(number)
      this.bytes = page.bytes
      this.words = page.words
      this.start = at
      return at + length <= page.bytes.length
    }
    const page = makePage(length)
    this.bytes = page.bytes
    this.words = page.words
    this.start = 0
    return readAt(this.#fd, page.bytes, offset) === length
  }

  /** Forgets what was read, since the file may have changed. */
  clear(): void {
    this.#pages.clear()
    this.#last = NONE
    this.bytes = NONE.bytes
    this.words = NONE.words
    this.#lastNumber = -1
  }

  #page(number: number): Page {
    let page = this.#pages.get(number)
    if (page === undefined) {
      let room: Page | undefined
      if (this.#pages.size === KEPT) {
        const [oldest, old] = this.#pages.entries().next().value!
        this.#pages.delete(oldest)
        room = old
      }
      if (room?.bytes.length !== PAGE) room = makePage(PAGE)
      const length = readAt(this.#fd, room.bytes, number * PAGE)
      page = length === PAGE ? room : { bytes: room.bytes.subarray(0, length), words: room.words }
    } else this.#pages.delete(number)
    this.#pages.set(number, page)
    this.#lastNumber = number
    this.#last = page
    return page
  }
}

function makePage(length: number): Page {
  // whole words, so that the last bytes are among them
  const { buffer } = Buffer.allocUnsafeSlow((length + 3) & ~3)
  return { bytes: Buffer.from(buffer, 0, length), words: new Uint32Array(buffer) }
}

function readAt(fd: number, into: Buffer, offset: number): number {
  let length = 0
  while (length < into.length) {
    const read = readSync(fd, into, length, into.length - length, offset + length)
    if (read === 0) break
    length += read
  }
  return length
}
