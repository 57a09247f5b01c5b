/**
 * Reads plain files through one block that all of them share. Nothing of a file is kept between two reads: what follows
 * its last newline is read again with what is added to it, from the begin of that line.
 */
import { fstatSync, readSync } from 'node:fs'
import { allocate } from '../../event/kernel.ts'
import { MARK, type Followed } from './followed.ts'
import { LINE_LIMIT, wholeCharacters, type Lines } from './lines.ts'
import type { Ingest } from '../../plugin/input.ts'

/** There may be more; read to the end; the content is another one than was read before. */
export const MORE = 0
export const END = 1
export const REPLACED = 2
export type Outcome = 0 | 1 | 2

export const BLOCK_SIZE = 64 * 1024
/** A begun line longer than this is not read again before its end has come. */
const REREAD = BLOCK_SIZE / 2

const NEWLINE = 10

export class PlainReader {
  readonly #lines: Lines
  readonly #ingest: Ingest
  readonly #block = allocate(MARK + BLOCK_SIZE)
  #long: Buffer | null = null
  /** Bytes read, for the budget of a turn. */
  bytes = 0

  constructor(lines: Lines, ingest: Ingest) {
    this.#lines = lines
    this.#ingest = ingest
  }

  /** Reads one block of an open file and takes its lines. Throws the errors of `read`. */
  read(file: Followed): Outcome {
    if (file.scanned - file.offset > REREAD) return this.#scan(file)
    const block = this.#block
    const before = file.markLength
    const want = Math.min(BLOCK_SIZE, file.limit - file.offset)
    const length = readSync(file.fd, block, 0, before + want, file.offset - before)
    if (length < before || !sameBytes(block, file.mark, before)) return REPLACED
    const base = file.offset - before
    const reached = base + length
    const full = length === before + want
    if (reached < file.scanned) return REPLACED
    if (reached === file.scanned && !full) return END
    this.bytes += length
    file.scanned = reached
    if (file.size < reached) file.size = reached
    let taken = this.#lines.take(file, block, before, length, base)
    if (taken === before && full && this.#onlyZeros(block, before, length)) {
      this.#ingest.cover(file.stream, base + before, reached)
      taken = length
    }
    if (reached === file.limit && taken < length && length - taken < BLOCK_SIZE) {
      // a hole ends where something was cut that is no line
      this.#lines.takeOne(file, block, taken, length, base)
      taken = length
    }
    if (taken > before) file.advance(base + taken, block, taken, 0)
    if (file.offset >= file.limit) {
      file.nextRange()
      return MORE
    }
    return full ? MORE : END
  }

  /** Takes what follows the last newline as a line. */
  takeRest(file: Followed): void {
    const size = Math.min(file.scanned - file.offset, LINE_LIMIT)
    if (size <= 0) return
    const bytes = this.#longBlock(size)
    const length = readSync(file.fd, bytes, 0, size, file.offset)
    if (length > 0) this.#takeLong(file, bytes, length, true)
  }

  /** Looks for the end of a long line. */
  #scan(file: Followed): Outcome {
    const block = this.#block
    const want = Math.min(BLOCK_SIZE, file.limit - file.scanned)
    // the last byte once more, so that a multi-byte newline is not missed
    const back = file.decoder === null ? 0 : (file.scanned - file.offset) & 1
    const start = file.scanned - back
    const length = readSync(file.fd, block, 0, want + back, start)
    if (length <= back) {
      if (file.scanned >= file.limit) return this.#piece(file, file.limit)
      return fstatSync(file.fd).size < file.scanned ? REPLACED : END
    }
    this.bytes += length
    const end = file.decoder === null ? findNewline(block, length) : file.decoder.lineEnd(block, 0, 0, length)
    if (end >= 0) return this.#piece(file, start + end)
    file.scanned = start + length
    if (file.size < file.scanned) file.size = file.scanned
    const limit = this.#lines.options.long === 'whole' ? LINE_LIMIT : Infinity
    if (file.scanned - file.offset >= limit || file.scanned >= file.limit) return this.#piece(file, file.scanned)
    return length === want + back ? MORE : END
  }

  /** Takes a long line that ends, or is cut, at `to`. */
  #piece(file: Followed, to: number): Outcome {
    const from = file.offset
    const options = this.#lines.options
    if (options.long === 'skip' && to - from >= options.longLine) {
      this.#lines.skip(file, from, to)
      file.offset = file.scanned = to
      file.markLength = 0
    } else if (options.long === 'truncate' && to - from >= options.longLine) {
      const bytes = this.#longBlock(options.longLine)
      const length = readSync(file.fd, bytes, 0, options.longLine, from)
      if (length < options.longLine) return REPLACED
      this.#lines.truncate(file, bytes, 0, length - 1, from, to)
      file.offset = file.scanned = to
      file.markLength = 0
    } else {
      const size = Math.min(to - from, LINE_LIMIT)
      const bytes = this.#longBlock(size)
      if (readSync(file.fd, bytes, 0, size, from) < size) return REPLACED
      const whole = from + size === to && (to === file.limit || bytes[size - 1] === NEWLINE)
      this.#takeLong(file, bytes, size, whole || this.#endsLine(file, bytes, size))
    }
    if (file.offset >= file.limit) file.nextRange()
    return MORE
  }

  #endsLine(file: Followed, bytes: Buffer, size: number): boolean {
    return file.decoder !== null && file.decoder.lineEnd(bytes, 0, Math.max(0, size - 4), size) === size
  }

  /** Takes bytes that begin at the file's offset as a line; when it is not `whole`, up to the last whole character. */
  #takeLong(file: Followed, bytes: Buffer, length: number, whole: boolean): void {
    const from = file.offset
    let cut = length
    if (!whole) {
      cut = file.decoder === null ? wholeCharacters(bytes, 0, length - 1) : file.decoder.cut(bytes, 0, length - 1)
    }
    this.#lines.takeOne(file, bytes, 0, cut, from)
    file.advance(from + cut, bytes, cut, 0)
    if (length > BLOCK_SIZE * 4) this.#long = null
  }

  #onlyZeros(block: Buffer, start: number, end: number): boolean {
    for (let i = start; i < end; i++) if (block[i] !== 0) return false
    return true
  }

  #longBlock(size: number): Buffer {
    if (this.#long === null || this.#long.length < size) this.#long = Buffer.allocUnsafeSlow(size)
    return this.#long
  }
}

function findNewline(block: Buffer, length: number): number {
  const newline = block.indexOf(NEWLINE)
  return newline < 0 || newline >= length ? -1 : newline + 1
}

function sameBytes(a: Buffer, b: Buffer, length: number): boolean {
  return length === 0 || a.compare(b, 0, length, 0, length) === 0
}
