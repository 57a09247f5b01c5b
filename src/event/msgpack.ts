/**
 * Events as Fluent Bit keeps and sends them: MessagePack `[[time, metadata], body]`, or `[time, body]` from older versions. The time
 * is extension type 0 (seconds and nanoseconds, 32 bits each), a whole number or a double.
 */
import { isUtf8 } from 'node:buffer'
import { escapeText, ESCAPE_GROWTH } from './escape.ts'
import type { ByteWriter } from '../lib/byte-writer.ts'

/** These seconds mark the begin and the end of a group of records (OTLP resources and scopes). */
const GROUP_MARKS = 0xffff_fffe
const DEEPEST = 128

export interface Event {
  readonly seconds: number
  readonly nanos: number
  /** JSON text of an object, or empty. */
  readonly metadata: string
  /** Offset behind the event. */
  readonly end: number
  /** A mark of a group: not a record. */
  readonly isMark: boolean
}

/** Thrown where the bytes are no event. */
class Malformed extends Error {}

/**
 * Reads the event at `at` and writes its body as the text of a JSON object into `body`, which it resets. Undefined when
 * no whole event stands there.
 */
export function readEvent(bytes: Buffer, at: number, end: number, body: ByteWriter): Event | undefined {
  const reader = new MsgpackReader(bytes, at, end)
  try {
    if (reader.container(0x90, 0xdc) !== 2) return undefined
    const hasMetadata = (reader.peek() & 0xf0) === 0x90
    if (hasMetadata && reader.container(0x90, 0xdc) !== 2) return undefined
    const { seconds, nanos } = reader.time()
    let metadata = ''
    if (hasMetadata) {
      body.reset()
      reader.object(body)
      if (body.length > 2) metadata = body.view().toString()
    }
    body.reset()
    reader.object(body)
    return { seconds, nanos, metadata, end: reader.at, isMark: seconds >= GROUP_MARKS }
  } catch (error) {
    if (error instanceof Malformed || error instanceof RangeError) return undefined
    throw error
  }
}

/** Reads values as JSON text. Throws where the bytes are none. */
export class MsgpackReader {
  readonly #bytes: Buffer
  readonly #end: number
  at: number

  constructor(bytes: Buffer, at: number, end: number) {
    this.#bytes = bytes
    this.at = at
    this.#end = end
  }

  peek(): number {
    if (this.at >= this.#end) throw new Malformed()
    return this.#bytes[this.at]!
  }

  /** Reads the head of an array or a map; how many items it has. */
  container(small: number, wide: number): number {
    const head = this.peek()
    if ((head & 0xf0) === small) {
      this.at++
      return head & 15
    }
    if (head === wide || head === wide + 1) return this.#unsigned(head === wide ? 2 : 4, 1)
    throw new Malformed()
  }

  time(): { readonly seconds: number, readonly nanos: number } {
    const head = this.peek()
    if (head === 0xd7 || (head === 0xc7 && this.#bytes[this.at + 1] === 8)) {
      const start = this.#take(head === 0xd7 ? 10 : 11) + (head === 0xd7 ? 2 : 3)
      if (this.#bytes[start - 1] !== 0) throw new Malformed()
      return { seconds: this.#bytes.readUInt32BE(start), nanos: this.#bytes.readUInt32BE(start + 4) }
    }
    const number = Number(this.#number())
    if (!(number >= 0)) throw new Malformed()
    const seconds = Math.floor(number)
    return { seconds, nanos: Math.round((number - seconds) * 1e9) % 1e9 }
  }

  /** The next value, of any type, as JSON text; `out` is reset for it. */
  json(out: ByteWriter): string {
    out.reset()
    this.#value(out, 0)
    return out.view().toString()
  }

  object(out: ByteWriter): void {
    const head = this.peek()
    if ((head & 0xf0) !== 0x80 && head !== 0xde && head !== 0xdf) throw new Malformed()
    this.#value(out, 0)
  }

  #value(out: ByteWriter, depth: number): void {
    if (depth > DEEPEST) throw new Malformed()
    const head = this.peek()
    if ((head & 0xf0) === 0x80 || head === 0xde || head === 0xdf) this.#map(out, depth)
    else if ((head & 0xf0) === 0x90 || head === 0xdc || head === 0xdd) this.#array(out, depth)
    else if (isText(head)) this.#text(out)
    else if (head === 0xc0 || head === 0xc2 || head === 0xc3) {
      this.at++
      out.text(head === 0xc0 ? 'null' : head === 0xc2 ? 'false' : 'true')
    } else if ((head >= 0xc7 && head <= 0xc9) || (head >= 0xd4 && head <= 0xd8)) this.#extension(out)
    else out.text(this.#number())
  }

  #map(out: ByteWriter, depth: number): void {
    const items = this.container(0x80, 0xde)
    out.byte(0x7b)
    for (let i = 0; i < items; i++) {
      if (i > 0) out.byte(0x2c)
      if (isText(this.peek())) this.#text(out)
      else {
        // JSON has only texts for keys
        out.byte(0x22)
        out.text(this.#number())
        out.byte(0x22)
      }
      out.byte(0x3a)
      this.#value(out, depth + 1)
    }
    out.byte(0x7d)
  }

  #array(out: ByteWriter, depth: number): void {
    const items = this.container(0x90, 0xdc)
    out.byte(0x5b)
    for (let i = 0; i < items; i++) {
      if (i > 0) out.byte(0x2c)
      this.#value(out, depth + 1)
    }
    out.byte(0x5d)
  }

  /** The bytes of a text or binary. */
  raw(): Buffer {
    const head = this.peek()
    if (!isText(head)) throw new Malformed()
    const length = (head & 0xe0) === 0xa0
      ? this.#unsigned(0, 1, head & 31)
      : this.#unsigned(1 << (head < 0xc7 ? head - 0xc4 : head - 0xd9), 1)
    const start = this.#take(length)
    return this.#bytes.subarray(start, start + length)
  }

  /** Text and binary alike; bytes that are no UTF-8 become U+FFFD. */
  #text(out: ByteWriter): void {
    const raw = this.raw()
    const text = isUtf8(raw) ? raw : Buffer.from(raw.toString())
    out.reserve(text.length * ESCAPE_GROWTH + 2)
    out.bytes[out.length++] = 0x22
    out.length = escapeText(text, 0, text.length, out.bytes, out.length)
    out.bytes[out.length++] = 0x22
  }

  /** Other extensions mean nothing in a log record: their bytes as hexadecimal digits. */
  #extension(out: ByteWriter): void {
    const head = this.peek()
    const length = head >= 0xd4 ? this.#unsigned(0, 1, 1 << (head - 0xd4)) : this.#unsigned(1 << (head - 0xc7), 1)
    const start = this.#take(length + 1) + 1
    out.text(`"${this.#bytes.toString('hex', start, start + length)}"`)
  }

  #number(): string {
    const head = this.peek()
    if (head < 0x80) return String(this.#unsigned(0, 1, head))
    if (head >= 0xe0) return String(this.#unsigned(0, 1, head - 0x100))
    if (head === 0xca || head === 0xcb) {
      const start = this.#take(head === 0xca ? 5 : 9) + 1
      const value = head === 0xca ? this.#bytes.readFloatBE(start) : this.#bytes.readDoubleBE(start)
      // JSON has no NaN and no infinities; what is whole keeps the mark of a fraction, as Fluent Bit prints it
      return Number.isFinite(value) ? (Number.isInteger(value) && Math.abs(value) < 1e15 ? value.toFixed(1) : String(value)) : 'null'
    }
    if (head >= 0xcc && head <= 0xce) return String(this.#unsigned(1 << (head - 0xcc), 1))
    if (head === 0xcf) return String(this.#bytes.readBigUInt64BE(this.#take(9) + 1))
    if (head >= 0xd0 && head <= 0xd2) {
      const size = 1 << (head - 0xd0)
      return String(this.#bytes.readIntBE(this.#take(1 + size) + 1, size))
    }
    if (head === 0xd3) return String(this.#bytes.readBigInt64BE(this.#take(9) + 1))
    throw new Malformed()
  }

  /** Skips a head byte and reads the number of `size` bytes behind it; `value` when it has none. */
  #unsigned(size: number, head: number, value = 0): number {
    const start = this.#take(head + size)
    return size === 0 ? value : this.#bytes.readUIntBE(start + head, size)
  }

  /** Moves on by so many bytes; where they begin. */
  #take(length: number): number {
    const start = this.at
    if (start + length > this.#end) throw new Malformed()
    this.at += length
    return start
  }
}

function isText(head: number): boolean {
  return (head & 0xe0) === 0xa0 || (head >= 0xd9 && head <= 0xdb) || (head >= 0xc4 && head <= 0xc6)
}
