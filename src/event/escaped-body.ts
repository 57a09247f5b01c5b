/**
 * Bodies of encoded records as the inside of a JSON string: what an API wants that takes messages, not objects. The
 * constants of a frame, which are half of what its records hold, are escaped once per frame.
 */
import { Repeated, type TextSink } from '../lib/repeats.ts'
import type { Batch } from './batch.ts'
import { BODY_LENGTH, HEADER, HOLE, ORDINAL_AND_HOLES, type FrameView } from './encoded.ts'
import { escapeText } from './escape.ts'

/** The most bytes that one byte of JSON text becomes: it has no raw control characters but white space (`\n`). */
export const JSON_ESCAPE_GROWTH = 2

export class EscapedBodies {
  #frame: FrameView | undefined
  #constants: (Repeated | undefined)[] = []

  /** A new batch: frames of earlier ones may be gone, and their memory used anew. */
  begin(): void {
    this.#frame = undefined
  }

  /** Writes the escaped body; the sink has room for `JSON_ESCAPE_GROWTH` times its size and a byte. */
  write(batch: Batch, index: number, sink: TextSink): void {
    const { out } = sink
    const frame = batch.frame(index)
    const { bytes, words } = frame
    const offset = batch.offset(index)
    const word = offset >>> 2
    const holes = (words[word + ORDINAL_AND_HOLES]! >>> 16) & 0xff
    const table = offset + HEADER
    const metadata = table + holes * HOLE
    const body = metadata + 2 + (bytes[metadata]! | (bytes[metadata + 1]! << 8))
    const end = body + words[word + BODY_LENGTH]!
    let from = body
    for (let h = 0; h < holes; h++) {
      const hole = body + words[(table >>> 2) + h * 2]!
      out.length = escapeText(bytes, from, hole, out.bytes, out.length)
      sink.repeat(this.#constant(frame, words[(table >>> 2) + h * 2 + 1]!))
      // a sink may have needed some of the room for itself
      out.reserve((end - hole) * JSON_ESCAPE_GROWTH + 1)
      from = hole
    }
    out.length = escapeText(bytes, from, end, out.bytes, out.length)
  }

  #constant(frame: FrameView, index: number): Repeated {
    if (frame !== this.#frame) {
      this.#frame = frame
      this.#constants = []
    }
    return (this.#constants[index] ??= escaped(frame.bytes, frame.constants[index * 2]!, frame.constants[index * 2 + 1]!))
  }
}

function escaped(bytes: Buffer, start: number, end: number): Repeated {
  const out = Buffer.allocUnsafe((end - start) * JSON_ESCAPE_GROWTH + 1)
  return new Repeated(out.subarray(0, escapeText(bytes, start, end, out, 0)))
}

/**
 * Index of the constant that stands under a key of the record at byte `offset` of its frame, or -1. `key` is the key as
 * it is written before a value: `"kubernetes":`.
 */
export function constantUnder({ bytes, words }: FrameView, offset: number, key: Buffer): number {
  const holes = (words[(offset >>> 2) + ORDINAL_AND_HOLES]! >>> 16) & 0xff
  if (holes === 0) return -1
  const table = offset + HEADER
  const metadata = table + holes * HOLE
  const body = metadata + 2 + (bytes[metadata]! | (bytes[metadata + 1]! << 8))
  for (let h = 0; h < holes; h++) {
    const hole = body + words[(table >>> 2) + h * 2]!
    if (hole - key.length > body && bytes.compare(key, 0, key.length, hole - key.length, hole) === 0) {
      return words[(table >>> 2) + h * 2 + 1]!
    }
  }
  return -1
}
