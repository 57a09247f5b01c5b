/**
 * The three buffers that a record's ranges lie in: the block that was read, an arena for text made on the way (joined,
 * unescaped, decoded), which is reset with the record, and the pool of what the configuration names.
 */
import { addressOf, allocate, TABLE } from './kernel.ts'
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
  /** The table that the kernel sees (`TABLE`): where the three buffers lie, and the members. */
  protected readonly table = allocate(TABLE.size)
  /** Its first words; `TABLE` gives offsets in bytes. */
  readonly words = new Uint32Array(this.table.buffer, this.table.byteOffset, TABLE.size >>> 2)
  /** Where the table lies for the kernel; 0 when it cannot see it, or one of the buffers. */
  address = 0
  #arenaLength = 0

  constructor(pool: Pool) {
    this.pool = pool
    this.bytes = [NONE, allocate(64 * 1024), pool.bytes]
    for (const source of [BLOCK, ARENA, POOL] as const) this.#place(source)
  }

  /** Begins a block: ranges of source BLOCK refer to `block` from now on. */
  useBlock(block: Buffer): void {
    if (block !== this.bytes[BLOCK]) this.#use(BLOCK, block)
    this.usePool()
  }

  /** Takes notice of a pool that has grown. */
  usePool(): void {
    if (this.pool.bytes !== this.bytes[POOL]) this.#use(POOL, this.pool.bytes)
  }

  #use(source: Source, bytes: Buffer): void {
    this.bytes[source] = bytes
    this.#place(source)
  }

  #place(source: Source): void {
    const words = this.words
    words[source] = addressOf(this.bytes[source])
    this.address = words[BLOCK] !== 0 && words[ARENA] !== 0 && words[POOL] !== 0 && !this.outgrown ? addressOf(this.table) : 0
  }

  /** A column of the table. */
  protected byteColumn(offset: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.table.buffer, this.table.byteOffset + offset, TABLE.members)
  }

  protected numberColumn(offset: number): Int32Array<ArrayBuffer> {
    return new Int32Array(this.table.buffer, this.table.byteOffset + offset, TABLE.members)
  }

  /** Says that the members have moved to where the kernel does not see them. */
  protected leaveTable(): void {
    this.outgrown = true
    this.address = 0
  }

  protected outgrown = false

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
      const larger = allocate(Math.max(this.bytes[ARENA].length * 2, start + size))
      this.bytes[ARENA].copy(larger, 0, 0, start)
      this.#use(ARENA, larger)
    }
    return start
  }

  /** Says that the arena is filled up to `end`. */
  used(end: number): void {
    this.#arenaLength = end
  }
}
