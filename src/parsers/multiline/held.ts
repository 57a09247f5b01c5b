/** Lines that wait for what follows: copied out of the block, with the ranges of the source that they cover. */
import { ARENA, CONSTANT, RAW_TEXT, type Kind, type Record, type Source } from '../../event/record.ts'
import type { Stream, StreamRange } from '../../event/stream.ts'

interface Range extends StreamRange {
  to: number
}

/** Bytes that grow as needed and give large memory back. */
export class HeldBytes {
  bytes: Buffer = Buffer.alloc(0)
  length = 0

  append(from: Buffer, start: number, end: number): void {
    this.#reserve(end - start)
    from.copy(this.bytes, this.length, start, end)
    this.length += end - start
  }

  appendByte(byte: number): void {
    this.#reserve(1)
    this.bytes[this.length++] = byte
  }

  clear(): void {
    this.length = 0
    // A group that has been large once does not keep its memory.
    if (this.bytes.length > 64 * 1024) this.bytes = Buffer.alloc(0)
  }

  #reserve(size: number): void {
    if (this.length + size <= this.bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(1024, this.bytes.length * 2, this.length + size))
    this.bytes.copy(larger, 0, 0, this.length)
    this.bytes = larger
  }
}

/** The members of a record with its time, kept beyond the record. */
export class HeldMembers {
  readonly #bytes = new HeldBytes()
  /** Of each member: start of key, end of key = start of value, end of value, kind. */
  #table: number[] = []
  #seconds = 0
  #nanos = 0

  get size(): number {
    return this.#bytes.length
  }

  save(record: Record): void {
    this.#bytes.clear()
    this.#table = []
    this.#seconds = record.seconds
    this.#nanos = record.nanos
    for (let i = 0; i < record.count; i++) {
      const start = this.#bytes.length
      this.#bytes.append(record.bytes[record.keySource[i] as Source], record.keyStart[i]!, record.keyEnd[i]!)
      const middle = this.#bytes.length
      const kind = record.kind[i] as Kind
      if (kind === CONSTANT) {
        const { bytes } = record.constants[i]!
        this.#bytes.append(bytes, 0, bytes.length)
      } else this.#bytes.append(record.bytes[record.valueSource[i] as Source], record.valueStart[i]!, record.valueEnd[i]!)
      this.#table.push(start, middle, this.#bytes.length, kind === CONSTANT ? 0 : kind)
    }
  }

  /** Fills an empty record with what was saved, in its arena. */
  restore(record: Record): void {
    const base = record.addBytes(this.#bytes.bytes, 0, this.#bytes.length)
    const table = this.#table
    for (let i = 0; i < table.length; i += 4) {
      const middle = base + table[i + 1]!
      record.appendRange(ARENA, base + table[i]!, middle, ARENA, middle, base + table[i + 2]!, table[i + 3] as Kind)
    }
    record.setTime(this.#seconds, this.#nanos)
  }

  clear(): void {
    this.#bytes.clear()
    this.#table = []
  }
}

/** A group of lines that is not complete. */
export class Group {
  /** Value of the key that tells groups apart. */
  readonly name: string
  /** Members of the first line; without a parser there are none. */
  readonly members = new HeldMembers()
  /** The text joined so far. */
  readonly text = new HeldBytes()
  readonly ranges: Range[] = []
  lines = 0
  /** Index of the rule that took the last line; -1 when none did. It outlives the group's lines. */
  rule = -1
  truncated = false
  /** When a flush first saw the last line; NaN before that. */
  seen = NaN

  constructor(name: string) {
    this.name = name
  }

  get bytes(): number {
    return this.text.length + this.members.size
  }

  cover(stream: Stream, from: number, to: number): void {
    const last = this.ranges[this.ranges.length - 1]
    if (last?.stream === stream && last.to === from) last.to = to
    else this.ranges.push({ stream, from, to })
    this.lines++
    this.seen = NaN
  }

  clear(): void {
    this.members.clear()
    this.text.clear()
    this.ranges.length = 0
    this.lines = 0
    this.truncated = false
  }
}

/** Appends the joined text of a group to the record's arena and gives it to the member at `index`. */
export function setJoined(record: Record, index: number, text: HeldBytes): void {
  const start = record.addBytes(text.bytes, 0, text.length)
  record.setValue(index, ARENA, start, record.arenaLength, RAW_TEXT)
}
