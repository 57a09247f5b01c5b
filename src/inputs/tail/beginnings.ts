/** Where a file begins that was never seen before: how much of it counts as taken. */
import type { BigIntStats } from 'node:fs'
import { ReadFiles, type Content } from './compressed-copy.ts'
import type { Followed } from './followed.ts'
import type { PositionSource } from './fluent-bit-db.ts'
import { lastLineBegin } from './search.ts'

export interface BeginningOptions {
  readonly readFromHead: boolean
  readonly newFromHead: boolean
  /** Files not changed for longer are left out; milliseconds, 0 for none. */
  readonly ignoreOlder: number
  /** What Fluent Bit left. */
  readonly positions: PositionSource | null
}

export class Beginnings {
  readonly #options: BeginningOptions
  /** Sizes of files left out for their age: from there they are read when they grow. */
  readonly #old = new Map<string, number>()
  readonly #read = new ReadFiles()

  constructor(options: BeginningOptions) {
    this.#options = options
  }

  /** Whether a file is to be left out for its age. */
  isTooOld(path: string, stats: BigIntStats): boolean {
    const { ignoreOlder } = this.#options
    if (ignoreOlder === 0 || Date.now() - Number(stats.mtimeMs) <= ignoreOlder) return false
    this.#old.set(path, Number(stats.size))
    return true
  }

  /** `firstStart`: nothing was ever followed; `firstScan`: it was there when the agent started. */
  ofPlain(file: Followed, firstStart: boolean, firstScan: boolean): number {
    const { readFromHead, newFromHead, positions } = this.#options
    const old = this.#old.get(file.path) ?? 0
    this.#old.delete(file.path)
    const imported = firstStart ? positions?.position(file) ?? null : null
    if (imported !== null) return imported
    if (old > 0 && old <= file.size) return old
    const fromHead = readFromHead || (firstScan ? !firstStart : newFromHead)
    return fromHead ? 0 : lastLineBegin(file)
  }

  /** All of a compressed file counts as taken when its content is known from a plain file, or not wanted. */
  ofCompressed(content: Content, firstStart: boolean, followed: Iterable<Followed>): number {
    const unwanted = firstStart && !this.#options.readFromHead
    return unwanted || this.#read.hold(content, followed) ? content.size : 0
  }

  /** A file is no longer followed. */
  forgotten(file: Followed): void {
    this.#read.forgotten(file)
  }
}
