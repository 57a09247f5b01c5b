/**
 * A compressed file, read once from its beginning. Offsets count decompressed bytes; those that are taken already are
 * decompressed and passed over.
 */
import { createReadStream } from 'node:fs'
import { createGunzip, type Gunzip } from 'node:zlib'
import type { ReadStream } from 'node:fs'
import type { Followed } from './followed.ts'
import { LINE_LIMIT, type Lines } from './lines.ts'
import { END, MORE, type Outcome } from './plain-reader.ts'

const NONE = Buffer.alloc(0)

export class GzSource {
  readonly fd: number
  readonly #input: ReadStream
  readonly #gunzip: Gunzip
  /** The begun line at the file's offset. */
  #rest = NONE
  #position = 0
  /** All of it was decompressed. */
  ended = false
  error: Error | null = null

  /** Reads from a descriptor, which is its own from now on; `wake` is called whenever there is something to read. */
  constructor(fd: number, wake: () => void) {
    this.fd = fd
    // open until `destroy`, so that no other file gets its inode while it is followed
    this.#input = createReadStream('', { fd, start: 0, autoClose: false })
    this.#gunzip = createGunzip()
    const fail = (error: Error): void => {
      this.error ??= error
      wake()
    }
    this.#input.on('error', fail)
    this.#gunzip.on('error', fail)
    this.#gunzip.on('readable', wake)
    this.#gunzip.on('end', () => {
      this.ended = true
      wake()
    })
    this.#input.pipe(this.#gunzip)
  }

  get done(): boolean {
    return this.ended || this.error !== null
  }

  /** Takes the lines of what is decompressed already. */
  read(file: Followed, lines: Lines): Outcome {
    const chunk = this.#gunzip.read() as Buffer | null
    if (chunk === null) return END
    let data = chunk
    let begin = this.#position
    this.#position += chunk.length
    while (data.length > 0) {
      const next = file.offset + this.#rest.length
      if (begin < next) {
        const over = Math.min(next - begin, data.length)
        data = data.subarray(over)
        begin += over
        continue
      }
      const room = Math.min(data.length, file.limit - begin)
      this.#take(file, lines, data.subarray(0, room))
      data = data.subarray(room)
      begin += room
      if (begin >= file.limit) {
        this.takeRest(file, lines)
        file.nextRange()
      }
    }
    return MORE
  }

  #take(file: Followed, lines: Lines, data: Buffer): void {
    const block = this.#rest.length === 0 ? data : Buffer.concat([this.#rest, data])
    const taken = lines.take(file, block, 0, block.length, file.offset)
    file.offset += taken
    file.scanned = file.offset + block.length - taken
    this.#rest = taken === block.length ? NONE : Buffer.from(block.subarray(taken))
    while (this.#rest.length > LINE_LIMIT) {
      lines.takeOne(file, this.#rest, 0, LINE_LIMIT, file.offset)
      file.offset += LINE_LIMIT
      this.#rest = Buffer.from(this.#rest.subarray(LINE_LIMIT))
    }
  }

  /** Takes a last line that has no newline. */
  takeRest(file: Followed, lines: Lines): void {
    if (this.#rest.length === 0) return
    lines.takeOne(file, this.#rest, 0, this.#rest.length, file.offset)
    file.offset += this.#rest.length
    file.scanned = file.offset
    this.#rest = NONE
  }

  destroy(): void {
    this.#input.destroy()
    this.#gunzip.destroy()
  }
}
