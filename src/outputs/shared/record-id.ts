/**
 * Document ids made of a record's identity, so that a record that is sent twice is stored once:
 *
 *     uid of the stream (11) `-` generation in base 36 `-` start (8) span (1 to 6) [`.` ordinal when not 0 (1 to 3)]
 *
 * start, span (end - start) and ordinal in base 64 with the digits in the order of their bytes; start has a fixed width.
 * So the ids of one file share a prefix and sort as the file's lines do, which keeps the index's term dictionary small.
 */
import { ORDINAL_AND_HOLES, SPAN, START_HIGH_AND_STREAM, START_LOW, copyRun, type FrameView } from '../../event/encoded.ts'

const DIGITS = Buffer.from('-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz')
const DOT = 0x2e

/** The most bytes an id takes. */
export const ID_ROOM = 80

export class RecordId {
  #stream: object | null = null
  #prefix = Buffer.alloc(0)

  /**
   * Writes the id of the record whose header begins at word `word` of its frame, at `at` of `out`, which has `ID_ROOM`.
   * Returns the offset behind it.
   */
  write({ words, streams }: FrameView, word: number, out: Buffer, at: number): number {
    const place = words[word + START_HIGH_AND_STREAM]!
    const stream = streams[place >>> 16]!
    if (stream !== this.#stream) {
      this.#stream = stream
      this.#prefix = Buffer.from(`${stream.uid}-${stream.generation.toString(36)}-`, 'latin1')
    }
    at = copyRun(this.#prefix, 0, this.#prefix.length, out, at)
    // 48 bits as twice 24
    const low = words[word + START_LOW]!
    const high = ((place & 0xffff) << 8) | (low >>> 24)
    for (let shift = 18; shift >= 0; shift -= 6) out[at++] = DIGITS[(high >>> shift) & 63]!
    for (let shift = 18; shift >= 0; shift -= 6) out[at++] = DIGITS[(low >>> shift) & 63]!
    at = writeBase64(words[word + SPAN]!, out, at)
    const ordinal = words[word + ORDINAL_AND_HOLES]! & 0xffff
    if (ordinal > 0) {
      out[at++] = DOT
      at = writeBase64(ordinal, out, at)
    }
    return at
  }
}

/** Writes a whole number of at most 32 bits without leading zeros. */
function writeBase64(value: number, out: Buffer, at: number): number {
  let digits = 1
  while (digits < 6 && value >>> (6 * digits) > 0) digits++
  for (let shift = 6 * (digits - 1); shift >= 0; shift -= 6) out[at++] = DIGITS[(value >>> shift) & 63]!
  return at
}
