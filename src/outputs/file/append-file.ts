/**
 * A file that is appended to. Each append is one write; a file that was moved or deleted is made anew under its name; of
 * an append that fails half-way the whole records stay and the rest is taken back, so that trying again doubles nothing.
 */
import { mkdir, open, stat, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'

export interface Appended {
  /** Bytes that are in the file now; less than given only with an error. */
  readonly bytes: number
  readonly error?: Error
}

export class AppendFile {
  readonly path: string
  readonly #makeFolder: boolean
  #handle: FileHandle | undefined
  #inode = 0
  /** Size of the file; other writers make it larger. */
  size = 0

  constructor(path: string, makeFolder: boolean) {
    this.path = path
    this.#makeFolder = makeFolder
  }

  get isOpen(): boolean {
    return this.#handle !== undefined
  }

  /** Opens the file, again when another or none has its name now. Rejects with the system's error. */
  async open(): Promise<void> {
    if (this.#handle !== undefined) {
      const named = await stat(this.path).catch(() => undefined)
      if (named !== undefined && named.ino === this.#inode) {
        this.size = named.size
        return
      }
      await this.close()
    }
    if (this.#makeFolder) await mkdir(dirname(this.path), { recursive: true })
    this.#handle = await open(this.path, 'a')
    const { ino, size } = await this.#handle.stat()
    this.#inode = ino
    this.size = size
  }

  /**
   * Appends bytes to the open file. `wholeBelow(n)` is the end of the last whole record within the first `n` bytes: after
   * an error everything behind it is cut off again.
   */
  async append(bytes: Buffer, wholeBelow: (written: number) => number): Promise<Appended> {
    const handle = this.#handle!
    let written = 0
    try {
      while (written < bytes.length) {
        const { bytesWritten } = await handle.write(bytes, written, bytes.length - written)
        if (bytesWritten === 0) throw new Error('nothing could be written')
        written += bytesWritten
      }
      this.size += written
      return { bytes: written }
    } catch (error) {
      const whole = wholeBelow(written)
      const kept = whole === written || (await this.#cut(handle, written, whole)) ? whole : written
      this.size += kept
      return { bytes: kept, error: error as Error }
    }
  }

  /** Takes back what was written behind `whole`, unless somebody else has written too or it cannot be done. */
  async #cut(handle: FileHandle, written: number, whole: number): Promise<boolean> {
    try {
      const { size } = await handle.stat()
      if (size !== this.size + written) return false
      await handle.truncate(this.size + whole)
      return true
    } catch {
      return false
    }
  }

  async close(): Promise<void> {
    const handle = this.#handle
    this.#handle = undefined
    await handle?.close().catch(() => {})
  }
}
