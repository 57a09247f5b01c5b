/** The messages of a batch's records: the record as JSON, or one value of it. */
import type { Accessor } from '../../event/accessor.ts'
import type { Batch } from '../../event/batch.ts'
import type { FrameView } from '../../event/encoded.ts'
import { JSON_ESCAPE_GROWTH, type EscapedBodies } from '../../event/escaped-body.ts'
import { ESCAPE_GROWTH, escapeText } from '../../event/escape.ts'
import type { Record } from '../../event/record.ts'
import type { ByteWriter } from '../../lib/byte-writer.ts'
import type { TextSink } from '../../lib/repeats.ts'
import { mayHaveEntity, writeWithoutEntity } from './entity.ts'

export interface Messages {
  /** A good part of what is written repeats. */
  readonly repeat: boolean
  /** Bytes of the message in UTF-8, by which the service counts; -1 when the record has none. */
  size(index: number): number
  /** Most bytes that `write` writes, or touches behind them. */
  room(index: number): number
  /** Writes the message as the inside of a JSON string. */
  write(index: number, sink: TextSink): void
  /** The message itself, for the few that are too long. */
  text(index: number): Buffer
}

/** The messages repeat when constants take more than one byte in so many. */
const REPEATS = 5

/** The whole record. */
export class RecordMessages implements Messages {
  readonly #batch: Batch
  readonly #bodies: EscapedBodies
  /** Asked for more than once. */
  readonly #sizes: Uint32Array
  readonly repeat: boolean

  constructor(batch: Batch, bodies: EscapedBodies) {
    this.#batch = batch
    this.#bodies = bodies
    this.#sizes = new Uint32Array(batch.count)
    let own = 0
    for (let i = 0; i < batch.count; i++) {
      this.#sizes[i] = batch.bodySize(i)
      own += batch.ownSize(i)
    }
    this.repeat = batch.bytes - own > batch.bytes / REPEATS
  }

  size(index: number): number {
    return this.#sizes[index]!
  }

  room(index: number): number {
    return this.#sizes[index]! * JSON_ESCAPE_GROWTH + 1
  }

  write(index: number, sink: TextSink): void {
    this.#bodies.write(this.#batch, index, sink)
  }

  text(index: number): Buffer {
    return bodyOf(this.#batch, index)
  }
}

/** The whole record without what was put into it for the entity of the request. */
export class EntityMessages implements Messages {
  readonly #batch: Batch
  readonly #whole: RecordMessages
  /** What is written anew repeats nothing. */
  readonly repeat = false
  readonly #texts = new Map<number, Buffer>()

  constructor(batch: Batch, bodies: EscapedBodies) {
    this.#batch = batch
    this.#whole = new RecordMessages(batch, bodies)
    let frame: FrameView | undefined
    let mayHave = false
    for (let i = 0; i < batch.count; i++) {
      if (batch.frame(i) !== frame) mayHave = mayHaveEntity((frame = batch.frame(i)).bytes)
      if (!mayHave) continue
      const body = bodyOf(batch, i)
      const text = Buffer.allocUnsafe(body.length)
      this.#texts.set(i, text.subarray(0, writeWithoutEntity(body, 0, body.length, text, 0)))
    }
  }

  size(index: number): number {
    return this.#texts.get(index)?.length ?? this.#whole.size(index)
  }

  room(index: number): number {
    return this.size(index) * JSON_ESCAPE_GROWTH + 1
  }

  write(index: number, sink: TextSink): void {
    const text = this.#texts.get(index)
    if (text === undefined) this.#whole.write(index, sink)
    else sink.out.length = escapeText(text, 0, text.length, sink.out.bytes, sink.out.length)
  }

  text(index: number): Buffer {
    return this.#texts.get(index) ?? bodyOf(this.#batch, index)
  }
}

/** One value of each record: a string's characters, any other value's JSON. Found once and kept as it is sent. */
export class ValueMessages implements Messages {
  readonly #spelled: ByteWriter
  /** Where each message ends in `#spelled`, and its bytes in UTF-8. */
  readonly #ends: Uint32Array
  readonly #sizes: Int32Array
  readonly repeat = false

  /** `spelled` is for these messages alone. */
  constructor(batch: Batch, key: Accessor, record: Record, spelled: ByteWriter) {
    this.#spelled = spelled
    this.#ends = new Uint32Array(batch.count)
    this.#sizes = new Int32Array(batch.count)
    for (let i = 0; i < batch.count; i++) {
      batch.open(i, record)
      this.#sizes[i] = key.locate(record) ? this.#add(key) : -1
      this.#ends[i] = spelled.length
    }
  }

  #add({ bytes, start, end, raw }: Accessor): number {
    const spelled = this.#spelled
    // the API takes no empty message, and an empty line is a line
    if (end - start === (raw ? 0 : 2) && (raw || bytes[start] === 0x22)) {
      spelled.byte(0x20)
      return 1
    }
    if (!raw && bytes[start] === 0x22) {
      spelled.copy(bytes, start + 1, end - 1)
      return sizeOfString(bytes, start + 1, end - 1)
    }
    spelled.reserve((end - start) * ESCAPE_GROWTH + 1)
    spelled.length = escapeText(bytes, start, end, spelled.bytes, spelled.length)
    return end - start
  }

  size(index: number): number {
    return this.#sizes[index]!
  }

  room(index: number): number {
    return this.#ends[index]! - this.#begin(index)
  }

  write(index: number, { out }: TextSink): void {
    out.copy(this.#spelled.bytes, this.#begin(index), this.#ends[index])
  }

  text(index: number): Buffer {
    const spelled = this.#spelled.bytes.toString('utf8', this.#begin(index), this.#ends[index])
    return Buffer.from((JSON.parse(`"${spelled}"`) as string).toWellFormed())
  }

  #begin(index: number): number {
    return index === 0 ? 0 : this.#ends[index - 1]!
  }
}

function bodyOf(batch: Batch, index: number): Buffer {
  const text = Buffer.allocUnsafe(batch.bodySize(index))
  batch.writeBody(index, text, 0)
  return text
}

const BACKSLASH = 0x5c

/** Bytes in UTF-8 of what the inside of a JSON string says. */
export function sizeOfString(bytes: Buffer, start: number, end: number): number {
  let at = bytes.subarray(start, end).indexOf(BACKSLASH)
  if (at < 0) return end - start
  let size = at
  at += start
  while (at < end) {
    if (bytes[at] !== BACKSLASH) {
      size++
      at++
    } else if (bytes[at + 1] !== 0x75) {
      size++
      at += 2
    } else {
      const code = unit(bytes, at)
      const pair = code >= 0xd800 && code < 0xdc00 && bytes[at + 6] === BACKSLASH && bytes[at + 7] === 0x75 && (unit(bytes, at + 6) & 0xfc00) === 0xdc00
      size += code < 0x80 ? 1 : code < 0x800 ? 2 : pair ? 4 : 3
      at += pair ? 12 : 6
    }
  }
  return size
}

/** The code unit of the escape `\uXXXX` at `at`. */
function unit(bytes: Buffer, at: number): number {
  return Number.parseInt(bytes.toString('latin1', at + 2, at + 6), 16)
}
