/** After a restart: the files that had a path before are put one behind the other, before what has the path now. */
import { sourcePath, type RecoveredStream } from '../../event/stream.ts'
import type { Counter } from '../../plugin/context.ts'
import type { Ingest } from '../../plugin/input.ts'
import { findCopy } from './compressed-copy.ts'
import { leadsTo } from './descriptors.ts'
import type { Followed } from './followed.ts'
import type { Recovered } from './recovery.ts'
import { createdAt, followPlaces, formerOf, NEVER, nextAt, placesBetween, type Former, type Rotations } from './rotated.ts'
import { findByInode, stampOf } from './search.ts'

/** A file that the patterns found under another name than the one it was first followed under. */
export interface Moved {
  readonly file: Followed
  readonly stream: RecoveredStream
}

/** A stream of before whose file lost its path. */
interface Left {
  /** The path that it was first followed under. */
  readonly path: string
  /** It was found by that path, not beside it. */
  readonly hadPath: boolean
  /** The patterns find it under the name it has now. */
  readonly isListed: boolean
  /** Null when it is gone. */
  readonly file: Followed | null
  readonly former: Former
}

/** What the follower knows when the first look is done. */
export interface FirstLook {
  readonly byPath: ReadonlyMap<string, Followed>
  readonly moved: readonly Moved[]
  /** A path that nothing leads to yet had this file last. */
  vacate(path: string, file: Followed): void
  readonly lost: Counter
}

/**
 * Streams of before whose file has no path in the patterns: found under another name beside it, or given up. They and
 * those that the patterns find under another name are put in order, with those in between that nobody saw.
 */
export function adoptRotated(ingest: Ingest, recovered: Recovered, look: FirstLook, rotations: Rotations): void {
  for (const stream of recovered.stale) {
    ingest.closeStream(ingest.resumeStream(stream.uid, stream.generation, stream.identity))
  }
  const left = look.moved.map(leftOfMoved)
  for (const stream of recovered.rest()) left.push(findLeft(stream, ingest, look.lost, rotations))
  for (const [path, each] of Map.groupBy(left, (one) => one.path)) chain(path, each, look, rotations)
}

function leftOfMoved({ file, stream }: Moved): Left {
  const path = file.path
  const target = targetOf(stream)
  return { path, hadPath: false, isListed: true, file, former: formerOfStream(file, stream, target, target !== path) }
}

function findLeft(stream: RecoveredStream, ingest: Ingest, lost: Counter, rotations: Rotations): Left {
  const { path, marks } = stream.identity
  const target = targetOf(stream)
  const inode = String(marks['inode'] ?? '')
  const found = findByInode([target, path], inode)
  // too little is known of an empty file to know it under any name
  const place = found !== null && (Number(marks['head'] ?? 0) > 0 || found.startsWith(target)) ? found : null
  let file = place === null ? null : rotations.openAs(place, path, target, stream)
  if (file === null) {
    const copy = findCopy(target, stream)
    if (copy !== null) file = rotations.openAs(copy, path, target, stream, true)
  }
  if (file === null) abandon(stream, ingest, lost)
  const first = sourcePath(stream.identity)
  const wasLinked = target !== first
  const former = file === null
    ? { target, name: path, inode, created: bornOf(stream), isTold: bornOf(stream) !== 0n, written: 0n, wasLinked, isGone: true }
    : formerOfStream(file, stream, target, wasLinked)
  return { path: first, hadPath: path === first, isListed: false, file, former }
}

/** The path without links that a file had when it had the path that it was first followed under. */
function targetOf({ identity }: RecoveredStream): string {
  return String(identity.marks['target'] ?? sourcePath(identity))
}

/** A compressed copy tells nothing of when the file that it was made of was created: at the latest when it was written. */
function formerOfStream(file: Followed, stream: RecoveredStream, target: string, wasLinked: boolean): Former {
  const former = formerOf(file)
  if (!file.compressed) return { ...former, target, wasLinked }
  const born = bornOf(stream)
  return { ...former, target, wasLinked, created: born === 0n ? former.written : born, isTold: born !== 0n }
}

function bornOf(stream: RecoveredStream): bigint {
  return BigInt(String(stream.identity.marks['born'] ?? '0'))
}

/** Puts the files that had a path one behind the other, with those in between that nobody saw, before the one that has it now. */
function chain(path: string, left: readonly Left[], look: FirstLook, rotations: Rotations): void {
  const successor = look.byPath.get(path)
  // a link may have been switched on since its target was opened, which is then found to be so later
  const current = successor === undefined
    ? nextAt(leadsTo(path))
    : { ...nextAt(successor.target), created: createdAt(successor) }
  const inOrder = left.toSorted(byTime)
  let last: Followed | null = null
  for (const [i, { file, former, isListed }] of inOrder.entries()) {
    if (file !== null) {
      // one that was only renamed, and nothing came after it, may be written on
      if (!isListed) rotations.retire(file)
      else if (i < inOrder.length - 1 || current.created !== NEVER) rotations.retireRenamed(file)
      file.after = last
      last = file
    }
    const after = inOrder.slice(i + 1).map((each) => each.former)
    // of one that is gone the name that the kubelet gave it may not be known
    const stamped = after.find(({ target, name }) => target === former.target && stampOf(name) !== undefined)
    const next = after[0] ?? current
    const between = placesBetween(former, { ...next, name: stamped?.name ?? next.name })
    last = followPlaces(between, path, [former.target, current.target], last, rotations)
  }
  if (last === null) return
  if (successor === undefined) look.vacate(path, last)
  else successor.after = last
}

/**
 * By the times that the kubelet put into their names, else by those of their creation; of two created in the same instant,
 * that which had the path itself came later.
 */
function byTime(one: Left, other: Left): number {
  if (one.former.target === other.former.target) {
    const [first, second] = [stampOf(one.former.name), stampOf(other.former.name)]
    if (first !== undefined && second !== undefined) return first < second ? -1 : 1
  }
  const [a, b] = [one.former.created, other.former.created]
  return a === b ? Number(one.hadPath) - Number(other.hadPath) : a < b ? -1 : 1
}

function abandon(stream: RecoveredStream, ingest: Ingest, lost: Counter): void {
  let end = 0
  for (const [from, to] of stream.covered) {
    lost.value += from - end
    end = to
  }
  ingest.closeStream(ingest.resumeStream(stream.uid, stream.generation, stream.identity))
}
