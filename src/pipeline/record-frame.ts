/** Frames made of records that were encoded before: of parked ones, and of dead letters that are sent again. */
import type { Batch } from '../event/batch.ts'
import { HEADER } from '../event/encoded.ts'
import { FRAME_HEADER, MAGIC, makeFrame, readFrame, sealFrame, type Frame, type Section, type StreamEntry } from '../buffer/frame.ts'

/** A record's identity and time, as in event/encoded.ts. */
export interface RecordHead {
  readonly uid: string
  readonly generation: number
  readonly start: number
  readonly end: number
  readonly ordinal: number
  readonly seconds: number
  readonly nanos: number
}

export class RecordFrame {
  readonly #output: string
  #bytes = Buffer.allocUnsafeSlow(64 * 1024)
  #at = FRAME_HEADER
  #records = 0
  readonly #tags: string[] = []
  readonly #streams: StreamEntry[] = []
  readonly #slots = new Map<string, number>()
  readonly #sections: [number, number, number, number, number, number, number][] = []

  /** Its records are for this output only. */
  constructor(output: string) {
    this.#output = output
  }

  get records(): number {
    return this.#records
  }

  get size(): number {
    return this.#at
  }

  /** Takes record `index` of the batch, its constants spliced in. */
  addRecord(batch: Batch, index: number): void {
    const { uid, generation } = batch.stream(index)
    const head = {
      uid,
      generation,
      start: batch.start(index),
      end: batch.end(index),
      ordinal: batch.ordinal(index),
      seconds: batch.seconds(index),
      nanos: batch.nanos(index)
    }
    const at = this.#begin(batch.tag(index), head, batch.metadata(index), batch.bodySize(index))
    batch.writeBody(index, this.#bytes, at)
  }

  /** Takes a record whose body is the text of a JSON object. */
  addText(tag: string, head: RecordHead, metadata: string, body: string): void {
    const at = this.#begin(tag, head, metadata, Buffer.byteLength(body))
    this.#bytes.write(body, at, 'utf8')
  }

  /** Takes a record whose body, a JSON object, is the first `length` bytes of `body`. */
  addBody(tag: string, head: RecordHead, metadata: string, body: Buffer, length: number): void {
    const at = this.#begin(tag, head, metadata, length)
    body.copy(this.#bytes, at, 0, length)
  }

  /** Writes all but the body, and returns where that belongs. */
  #begin(tag: string, head: RecordHead, metadata: string, bodySize: number): number {
    const at = this.#at
    const metadataSize = Buffer.byteLength(metadata)
    const bodyAt = at + HEADER + 2 + metadataSize
    const size = (HEADER + 2 + metadataSize + bodySize + 3) & ~3
    this.#reserve(at + size)
    const bytes = this.#bytes
    bytes.fill(0, at + size - 4, at + size)
    bytes.writeUInt32LE(size, at)
    bytes.writeUInt32LE(head.seconds, at + 4)
    bytes.writeUInt32LE(head.nanos, at + 8)
    bytes.writeUInt32LE(head.start % 0x1_0000_0000, at + 12)
    bytes.writeUInt16LE(Math.floor(head.start / 0x1_0000_0000), at + 16)
    bytes.writeUInt16LE(this.#slot(head), at + 18)
    bytes.writeUInt32LE(head.end - head.start, at + 20)
    bytes.writeUInt32LE(bodySize, at + 24)
    bytes.writeUInt16LE(head.ordinal, at + 28)
    bytes.writeUInt16LE(0, at + 30)
    bytes.writeUInt16LE(metadataSize, at + HEADER)
    bytes.write(metadata, at + HEADER + 2, 'utf8')
    this.#at = at + size
    this.#records++
    this.#count(tag, at, head.seconds)
    return bodyAt
  }

  #slot({ uid, generation }: RecordHead): number {
    const key = `${uid}.${generation}`
    const known = this.#slots.get(key)
    if (known !== undefined) return known
    this.#slots.set(key, this.#streams.length)
    return this.#streams.push({ uid, generation }) - 1
  }

  #count(tag: string, at: number, second: number): void {
    let slot = this.#tags.indexOf(tag)
    if (slot < 0) slot = this.#tags.push(tag) - 1
    const last = this.#sections[this.#sections.length - 1]
    if (last === undefined || last[3] !== slot) {
      this.#sections.push([at, this.#at, 1, slot, 0, second, second])
      return
    }
    last[1] = this.#at
    last[2]++
    last[5] = Math.min(last[5], second)
    last[6] = Math.max(last[6], second)
  }

  #reserve(end: number): void {
    if (end <= this.#bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max((end + 3) & ~3, this.#bytes.length * 2))
    this.#bytes.copy(larger, 0, 0, this.#at)
    this.#bytes = larger
  }

  finish(sequence: number): Frame {
    const sections: readonly Section[] = this.#sections
    const directory = { tags: this.#tags, routes: [[this.#output]], streams: this.#streams, sections, ranges: [], constants: [] }
    const text = Buffer.from(JSON.stringify(directory))
    const end = (this.#at + text.length + 3) & ~3
    this.#reserve(end)
    const bytes = this.#bytes.subarray(0, end)
    text.copy(bytes, this.#at)
    bytes.fill(0, this.#at + text.length, end)
    bytes.writeUInt32LE(MAGIC, 0)
    bytes.writeUInt32LE(end, 4)
    bytes.writeUInt32LE(this.#at, 12)
    bytes.writeUInt32LE(text.length, 16)
    bytes.writeUInt32LE(this.#records, 28)
    sealFrame(bytes, sequence)
    return makeFrame(bytes, directory, () => {})
  }
}

/** A frame read from a file of its own; undefined when it is damaged. */
export function openFrame(file: Buffer): Frame | undefined {
  const own = Buffer.allocUnsafeSlow(file.length)
  file.copy(own)
  const frame = readFrame(own)
  return typeof frame === 'string' ? undefined : frame
}
