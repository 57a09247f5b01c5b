/**
 * What an output is given: encoded records of one or more frames, by index, in order. Reading one costs no allocation;
 * a body is copied straight from the frame into the request, constants spliced in.
 */
import {
  BODY_LENGTH, HEADER, HOLE, NANOS, ORDINAL_AND_HOLES, SECONDS, SPAN, START_HIGH_AND_STREAM, START_LOW, copyRun,
  type FrameView
} from './encoded.ts'
import { scanObject } from './json-scan.ts'
import { BLOCK, type Record } from './record.ts'

export class Batch {
  /** Number of records. */
  count = 0
  readonly frames: FrameView[] = []
  #frameOf = new Uint32Array(1024)
  #offset = new Uint32Array(1024)
  #tag = new Uint32Array(1024)
  #size = new Uint32Array(1024)
  /** The frame that was looked into last. */
  #current = -1
  #words: Uint32Array = new Uint32Array(0)
  #scratch = Buffer.allocUnsafeSlow(0)
  /** Bytes of all bodies with their constants. */
  bytes = 0

  /** Takes the record at byte `offset` of `frame`; `tag` indexes the frame's tags. */
  add(frame: FrameView, offset: number, tag: number): void {
    if (this.frames[this.frames.length - 1] !== frame) {
      this.#current = this.frames.push(frame) - 1
      this.#words = frame.words
    }
    if (this.count === this.#offset.length) this.#grow()
    this.#frameOf[this.count] = this.frames.length - 1
    this.#offset[this.count] = offset
    this.#tag[this.count] = tag
    this.bytes += this.#size[this.count++] = sizeOf(frame, this.#words, offset)
  }

  /** A batch of some of these records, in ascending order of index. */
  select(indices: ArrayLike<number>): Batch {
    const part = new Batch()
    for (let i = 0; i < indices.length; i++) {
      const at = indices[i]!
      part.add(this.frame(at), this.#offset[at]!, this.#tag[at]!)
    }
    return part
  }

  frame(index: number): FrameView {
    return this.frames[this.#frameOf[index]!]!
  }

  /** Byte offset of a record in its frame. */
  offset(index: number): number {
    return this.#offset[index]!
  }

  tag(index: number): string {
    return this.frame(index).tags[this.#tag[index]!]!
  }

  #word(index: number, word: number): number {
    const frame = this.#frameOf[index]!
    if (frame !== this.#current) {
      this.#current = frame
      this.#words = this.frames[frame]!.words
    }
    return this.#words[(this.#offset[index]! >>> 2) + word]!
  }

  seconds(index: number): number {
    return this.#word(index, SECONDS)
  }

  nanos(index: number): number {
    return this.#word(index, NANOS)
  }

  /** The record's stream: uid and generation. */
  stream(index: number): { readonly uid: string; readonly generation: number } {
    return this.frame(index).streams[this.#word(index, START_HIGH_AND_STREAM) >>> 16]!
  }

  /** Where its source bytes begin in the stream. */
  start(index: number): number {
    return (this.#word(index, START_HIGH_AND_STREAM) & 0xffff) * 0x1_0000_0000 + this.#word(index, START_LOW)
  }

  /** Where its source bytes end in the stream. */
  end(index: number): number {
    return this.start(index) + this.#word(index, SPAN)
  }

  ordinal(index: number): number {
    return this.#word(index, ORDINAL_AND_HOLES) & 0xffff
  }

  #holes(index: number): number {
    return (this.#word(index, ORDINAL_AND_HOLES) >>> 16) & 0xff
  }

  /** The metadata as the text of a JSON object, or empty. */
  metadata(index: number): string {
    const at = this.#offset[index]! + HEADER + this.#holes(index) * HOLE
    const { bytes } = this.frame(index)
    const length = bytes[at]! | (bytes[at + 1]! << 8)
    return length === 0 ? '' : bytes.toString('utf8', at + 2, at + 2 + length)
  }

  /** Bytes of the body without its constants. */
  ownSize(index: number): number {
    return this.#word(index, BODY_LENGTH)
  }

  /** Bytes that `writeBody` writes. */
  bodySize(index: number): number {
    return this.#size[index]!
  }

  /**
   * Writes the body, the text of a JSON object with its braces, at `at` of `target`, which has room for `bodySize`.
   * Returns the offset behind it.
   */
  writeBody(index: number, target: Buffer, at: number): number {
    const frame = this.frame(index)
    const { bytes, words } = frame
    const holes = this.#holes(index)
    const table = this.#offset[index]! + HEADER
    const metadata = table + holes * HOLE
    let from = metadata + 2 + (bytes[metadata]! | (bytes[metadata + 1]! << 8))
    const body = from
    const end = body + this.#word(index, BODY_LENGTH)
    for (let h = 0; h < holes; h++) {
      const hole = body + words[(table >>> 2) + h * 2]!
      const constant = words[(table >>> 2) + h * 2 + 1]!
      at = copyRun(bytes, from, hole, target, at)
      at = copyRun(bytes, frame.constants[constant * 2]!, frame.constants[constant * 2 + 1]!, target, at)
      from = hole
    }
    return copyRun(bytes, from, end, target, at)
  }

  /** The body as text: the JSON of an object. */
  bodyText(index: number): string {
    const size = this.bodySize(index)
    const text = this.#room(size)
    this.writeBody(index, text, 0)
    return text.toString('utf8', 0, size)
  }

  /** Opens a record again in `record`, for an output that must look into it. Valid until the next `open`. */
  open(index: number, record: Record): void {
    const size = this.bodySize(index)
    const block = this.#room(size)
    this.writeBody(index, block, 0)
    record.reset()
    record.useBlock(block)
    record.setTime(this.seconds(index), this.nanos(index))
    record.metadata = this.metadata(index)
    scanObject(record, BLOCK, 0, size)
  }

  #room(size: number): Buffer {
    if (this.#scratch.length < size) this.#scratch = Buffer.allocUnsafeSlow(size * 2)
    return this.#scratch
  }

  #grow(): void {
    this.#frameOf = widen(this.#frameOf)
    this.#offset = widen(this.#offset)
    this.#tag = widen(this.#tag)
    this.#size = widen(this.#size)
  }
}

/** Bytes of the body of the record at byte `offset`, with its constants. */
function sizeOf(frame: FrameView, words: Uint32Array, offset: number): number {
  const word = offset >>> 2
  let size = words[word + BODY_LENGTH]!
  const holes = (words[word + ORDINAL_AND_HOLES]! >>> 16) & 0xff
  const { constants } = frame
  for (let h = 0; h < holes; h++) {
    const constant = words[word + HEADER / 4 + h * 2 + 1]!
    size += constants[constant * 2 + 1]! - constants[constant * 2]!
  }
  return size
}

function widen(old: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const wide = new Uint32Array(old.length * 2)
  wide.set(old)
  return wide
}
