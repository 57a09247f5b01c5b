/** Looking for a file under another name, and for where its last line begins. */
import { lstatSync, readFileSync, readSync, readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { Followed } from './followed.ts'

/** What a folder holds; nothing when it cannot be read. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

/** The path of a file with this inode in the folders of some paths; null when there is none. */
export function findByInode(paths: readonly string[], inode: string): string | null {
  for (const folder of new Set(paths.map(dirname))) {
    for (const name of namesIn(folder)) {
      const path = join(folder, name)
      const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false })
      if (stats !== undefined && stats.isFile() && String(stats.ino) === inode) return path
    }
  }
  return null
}

/** What is added to a name when a file is rotated: a number, a date, or a word of these. */
const ROTATED = /^[.\-_~](?:.*\d|old|bak|prev|orig|save|rotat|arch|$)/i

/** The paths that a path may be the rotated name of: `/a/app.log` of `/a/app.log.1`. */
export function basesOf(path: string): string[] {
  const bases: string[] = []
  for (let i = path.length - 1; i > path.lastIndexOf('/') + 1; i--) {
    if ('.-_~'.includes(path[i]!) && ROTATED.test(path.slice(i))) bases.push(path.slice(0, i))
  }
  return bases
}

/**
 * Files that had the path after a file that was born at `after` and before one born at `before`, and were renamed away
 * since: more rotations than one while nobody looked. Told by their names, which begin with that of the path, and by the
 * times of their creation, where the file system keeps these (it does when `isTold`); in the order they were created.
 */
export function findRotatedBetween(path: string, after: bigint, before: bigint, isTold = false): string[] {
  const folder = dirname(path)
  const name = basename(path)
  const found: { readonly path: string; readonly born: bigint }[] = []
  for (const other of namesIn(folder)) {
    if (!other.startsWith(name) || other.endsWith('.gz') || !ROTATED.test(other.slice(name.length))) continue
    const place = join(folder, other)
    const stats = lstatSync(place, { bigint: true, throwIfNoEntry: false })
    if (stats === undefined || !stats.isFile()) continue
    const born = stats.birthtimeNs
    // a renamed file has changed since its creation, unless that was at once; else the system does not tell when that was
    if (born >= after && born <= before && (isTold || born !== stats.ctimeNs)) found.push({ path: place, born })
  }
  return found.sort((a, b) => (a.born < b.born ? -1 : 1)).map((each) => each.path)
}

/**
 * Compressed copies of files that had the path after one that was last written at `after`, told by their names and by the
 * time of their last change, which compressors keep; in its order, and where it is the same in that of their numbers, of
 * which the highest is the oldest. A file that is just being compressed is left out: it is there still.
 */
export function findCompressedBetween(path: string, after: bigint, before: bigint): string[] {
  const folder = dirname(path)
  const name = basename(path)
  const names = new Set(namesIn(folder))
  const found: { readonly path: string; readonly written: bigint }[] = []
  for (const other of names) {
    if (!other.startsWith(name) || !other.endsWith('.gz') || names.has(other.slice(0, -3)) || STAMPED.test(other)) continue
    if (!ROTATED.test(other.slice(name.length, -3))) continue
    const place = join(folder, other)
    const stats = lstatSync(place, { bigint: true, throwIfNoEntry: false })
    if (stats !== undefined && stats.isFile() && stats.mtimeNs >= after && stats.mtimeNs <= before) {
      found.push({ path: place, written: stats.mtimeNs })
    }
  }
  return found
    .sort((a, b) => (a.written === b.written ? byNumber(a.path, b.path) : a.written < b.written ? -1 : 1))
    .map((each) => each.path)
}

/** `app.log.2.gz` before `app.log.1.gz`, but `app.log-20261123.gz` before `app.log-20261124.gz`. */
function byNumber(one: string, other: string): number {
  const isCounted = /\.\d{1,5}\.gz$/.test(one) && /\.\d{1,5}\.gz$/.test(other)
  return (isCounted ? -1 : 1) * one.localeCompare(other, 'en', { numeric: true })
}

/** What the kubelet adds to the name of a file that it rotates, and to that of one that it compresses. */
const STAMPED = /\.(\d{8}-\d{6})(\.gz)?$/

/** The path that the kubelet rotated a file away from; the path itself when it did not. */
export function withoutStamp(path: string): string {
  return path.replace(STAMPED, '')
}

/** The time that the kubelet put into a name; undefined when it did not. */
export function stampOf(path: string): string | undefined {
  return STAMPED.exec(path)?.[1]
}

/**
 * Files that the kubelet rotated away from `path`, and after the one at `place`, itself such a file, when it is given, and
 * before the one at `end`, if that is one: told by the times in their names, in their order, compressed ones too.
 */
export function findStamped(path: string, place?: string, end?: string): string[] {
  const stamp = place === undefined ? '' : stampOf(place)
  if (stamp === undefined) return []
  const last = end === undefined ? undefined : stampOf(end)
  const found = new Map<string, string>()
  const own = basename(path)
  const folder = dirname(path)
  for (const name of namesIn(folder)) {
    const other = name.startsWith(own) ? stampOf(name) : undefined
    if (other === undefined || other <= stamp || (last !== undefined && other >= last)) continue
    // of one that is being compressed both forms are there for a moment
    if (!(found.has(other) && name.endsWith('.gz'))) found.set(other, join(folder, name))
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, each]) => each)
}

/** A name with its numbers taken out of it. */
interface Numbered {
  readonly shape: string
  readonly numbers: readonly bigint[]
}

function numbered(path: string): Numbered {
  const name = basename(path)
  return { shape: name.replaceAll(/\d+/g, '0'), numbers: (name.match(/\d+/g) ?? []).map(BigInt) }
}

/** Whether the numbers of one name come before those of another of the same shape. */
function isBefore(one: Numbered, other: Numbered): boolean {
  const at = one.numbers.findIndex((number, i) => number !== other.numbers[i])
  return at >= 0 && one.numbers[at]! < other.numbers[at]!
}

/**
 * Files that a symbolic link led to between `from` and `to`, as the kubelet names the logs of a container that restarts
 * (`3.log`, `4.log`): beside both, their numbers between those, created not before `after`; in the order of their numbers.
 */
export function findNumberedBetween(from: string, to: string, after: bigint): string[] {
  const folder = dirname(to)
  const first = numbered(from)
  const last = numbered(to)
  if (dirname(from) !== folder || first.shape !== last.shape) return []
  const found: { readonly path: string; readonly name: Numbered }[] = []
  for (const other of namesIn(folder)) {
    const name = numbered(other)
    if (name.shape !== first.shape || !isBefore(first, name) || !isBefore(name, last)) continue
    const path = join(folder, other)
    const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false })
    if (stats !== undefined && stats.isFile() && stats.birthtimeNs >= after) found.push({ path, name })
  }
  return found.sort((a, b) => (isBefore(a.name, b.name) ? -1 : 1)).map(({ path }) => path)
}

const LOOK_BACK = 64 * 1024

/** Offset behind the last newline of an open file; its size when none is near the end. */
export function lastLineBegin(file: Followed): number {
  const from = Math.max(0, file.size - LOOK_BACK)
  const bytes = Buffer.allocUnsafe(file.size - from)
  const length = readSync(file.fd, bytes, 0, bytes.length, from)
  if (file.decoder !== null) {
    let begin = from === 0 ? 0 : file.size
    let at = from & 1
    for (;;) {
      const next = file.decoder.lineEnd(bytes, at, at, length)
      if (next < 0) return begin
      begin = from + next
      at = next
    }
  }
  const newline = length === 0 ? -1 : bytes.lastIndexOf(10, length - 1)
  if (newline >= 0) return from + newline + 1
  return from === 0 ? 0 : file.size
}

/** Newlines behind the offset of an open file: how many lines are given up with it. */
export function countLines(file: Followed): number {
  if (file.compressed) return countCompressed(file)
  if (file.fd < 0) return 0
  const block = Buffer.allocUnsafe(LOOK_BACK)
  let lines = 0
  for (let at = file.offset; ;) {
    const length = readSync(file.fd, block, 0, block.length, at)
    if (length === 0) return lines
    for (let i = 0; i < length; i++) if (block[i] === 10) lines++
    at += length
  }
}

function countCompressed({ fd, gz, offset }: Followed): number {
  let lines = 0
  try {
    const content = gunzipSync(readFileSync(gz?.fd ?? fd))
    for (let at = content.indexOf(10, offset); at >= 0; at = content.indexOf(10, at + 1)) lines++
  } catch {
    // nothing could be read of it
  }
  return lines
}
