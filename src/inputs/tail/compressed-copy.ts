/**
 * Compressed copies of files that were followed: told by the checksum of their head, decompressed, and by their size,
 * which the last four bytes of the format give (RFC 1952). What was read from the file is not read again from its copy.
 */
import { closeSync, fstatSync, openSync, readSync, readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { constants, gunzipSync } from 'node:zlib'
import type { RecoveredStream } from '../../event/stream.ts'
import type { Followed } from './followed.ts'
import { HEAD, headSum } from './identity.ts'
import { endOf } from './recovery.ts'

/** Less of a head could be that of another file, unless it is all that the file holds. */
const LEAST_HEAD = 64
/** Compressed bytes that give the head for certain, as far as they are not the names and comments of the format. */
const PEEK = 16 * 1024
/** Files remembered after they are no longer followed. */
const REMEMBERED = 1_000

/** What a compressed file holds. */
export interface Content {
  /** The first bytes, decompressed. */
  readonly head: Buffer
  /** All bytes, decompressed; of a file of several members those of the last. */
  readonly size: number
}

/** Looks into a compressed file; null when it is not one, or not whole. */
export function peek(path: string): Content | null {
  let fd: number
  try {
    fd = openSync(path, 'r')
  } catch {
    return null
  }
  try {
    const { size } = fstatSync(fd)
    const begin = Buffer.alloc(Math.min(PEEK, size))
    const end = Buffer.alloc(4)
    if (size < 18 || readSync(fd, begin, 0, begin.length, 0) < begin.length || readSync(fd, end, 0, 4, size - 4) < 4) return null
    const head = gunzipSync(begin, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, HEAD)
    return { head: Buffer.from(head), size: end.readUInt32LE() }
  } catch {
    return null
  } finally {
    closeSync(fd)
  }
}

function hasHead(content: Content, length: number, sum: number): boolean {
  const isEnough = length >= LEAST_HEAD || (length > 0 && length === content.size)
  return isEnough && content.head.length >= length && headSum(content.head.subarray(0, length)) === sum
}

/** Whether a compressed file goes on where a stream of before ends. */
export function continues(content: Content, stream: RecoveredStream): boolean {
  const { marks, path } = stream.identity
  if (path.endsWith('.gz') || !hasHead(content, Number(marks['head'] ?? 0), Number(marks['sum'] ?? 0))) return false
  return stream.closed ? content.size === endOf(stream) : content.size >= endOf(stream)
}

/** The compressed copy, in the folder of `target` and named after it, of a file that is gone; null when there is none. */
export function findCopy(target: string, stream: RecoveredStream): string | null {
  let names: string[]
  try {
    names = readdirSync(dirname(target))
  } catch {
    return null
  }
  for (const name of names) {
    if (!name.startsWith(basename(target)) || !name.endsWith('.gz')) continue
    const path = join(dirname(target), name)
    const content = peek(path)
    if (content !== null && continues(content, stream)) return path
  }
  return null
}

/** The size of a file now, which may be more than was seen when its name went away. */
function sizeOf({ fd, size }: Followed): number {
  return fd < 0 ? size : fstatSync(fd).size
}

/** Whether a compressed file holds what a plain one holds. */
export function isCopyOf(content: Content, file: Followed): boolean {
  return !file.compressed && hasHead(content, file.headLength, file.headSum) && sizeOf(file) === content.size
}

/** Files that were read, by what they hold. */
export class ReadFiles {
  #gone: { readonly head: number; readonly sum: number; readonly size: number }[] = []

  /** A plain file is no longer followed. */
  forgotten(file: Followed): void {
    if (file.compressed || file.headLength === 0) return
    this.#gone.push({ head: file.headLength, sum: file.headSum, size: file.scanned })
    if (this.#gone.length > REMEMBERED) this.#gone.shift()
  }

  /** Whether a plain file held, or holds, just this. */
  hold(content: Content, followed: Iterable<Followed>): boolean {
    if (this.#gone.some((file) => file.size === content.size && hasHead(content, file.head, file.sum))) return true
    for (const file of followed) {
      if (isCopyOf(content, file)) return true
    }
    return false
  }
}
