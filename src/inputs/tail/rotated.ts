/** Files that were rotated while nobody looked: found under other names, and put before what has their path now. */
import { fstatSync } from 'node:fs'
import { dirname } from 'node:path'
import { sourcePath, type RecoveredStream } from '../../event/stream.ts'
import type { Counter } from '../../plugin/context.ts'
import type { Ingest } from '../../plugin/input.ts'
import { findCopy } from './compressed-copy.ts'
import { leadsTo, look } from './descriptors.ts'
import type { Followed } from './followed.ts'
import { isSame } from './identity.ts'
import type { Recovered } from './recovery.ts'
import { findByInode, findNumberedBetween, findRotatedBetween, findStamped } from './search.ts'

/** What the follower does with a file found. */
export interface Rotations {
  /**
   * Opens the file at `place`, which had the path `path`, with the stream that it had if it is known. `copy` says that it
   * is the compressed copy of that file.
   */
  openAs(place: string, path: string, stream: RecoveredStream | null, copy?: boolean): Followed | null
  /** Its path leads elsewhere: it is read to its end. */
  retire(file: Followed): void
  /** It was renamed within the patterns: it is read to its end, under the name it has now. */
  retireRenamed(file: Followed): void
}

/** What had a path before. */
interface Former {
  /** The path without links, while the file had it. */
  readonly target: string
  /** Its name now; of a file that is gone the last that is known. */
  readonly name: string
  readonly inode: string
  /** When it was created, in nanoseconds; 0 when that is not known. */
  readonly created: bigint
  /** The path was a symbolic link. */
  readonly wasLinked: boolean
  readonly isGone: boolean
}

/** What has a path after it. */
interface Next {
  readonly target: string
  readonly created: bigint
}

/**
 * Follows files that had the path between two others and were renamed, or the link switched on, before anybody saw them.
 * `target` is where the path leads now. Returns the last.
 */
export function followBetween(file: Followed, target: string, rotations: Rotations): Followed {
  const next = nextAt(target)
  return (next === null ? null : followPlaces(placesBetween(formerOf(file), next), file.path, file, rotations)) ?? file
}

function nextAt(target: string): Next | null {
  const stats = look(target)
  return stats === null ? null : { target, created: stats.birthtimeNs }
}

/**
 * Follows files that the kubelet rotated away from a path that nobody had seen before the stop: a container that started
 * and logged while nobody looked. `target` is where the path leads. Returns the last.
 */
export function followUnseen(path: string, target: string, rotations: Rotations): Followed | null {
  return followPlaces(findStamped(target), path, null, rotations)
}

function followPlaces(places: readonly string[], path: string, before: Followed | null, rotations: Rotations): Followed | null {
  let last = before
  for (const place of places) {
    const file = rotations.openAs(place, path, null)
    if (file === null) continue
    file.after = last
    rotations.retire(file)
    last = file
  }
  return last
}

function formerOf(file: Followed): Former {
  const { target, name, inode, link } = file
  return { target, name, inode, created: createdAt(file), wasLinked: link, isGone: false }
}

function placesBetween(former: Former, next: Next): string[] {
  const places = rotatedAfter(former, next)
  if (former.wasLinked && next.target !== former.target) {
    // the link was switched: the old target's name may be another file's since, and others had the link in between, each
    // with what was rotated away from it
    const between = findNumberedBetween(former.target, next.target, former.created)
    places.push(former.target, ...between.flatMap((place) => [...findStamped(place), place]))
    if (dirname(former.target) === dirname(next.target)) places.push(...findStamped(next.target))
  }
  return places.filter((place) => String(look(place)?.ino ?? former.inode) !== former.inode)
}

function rotatedAfter({ target, name, created, isGone }: Former, next: Next): string[] {
  // a compressed file tells nothing of when the one that it was made of was created
  if (name.endsWith('.gz')) return findStamped(target, name)
  // the kubelet deletes the oldest first: all that are there came later
  const stamped = isGone ? findStamped(target) : []
  if (stamped.length > 0) return stamped
  return created === 0n ? [] : findRotatedBetween(target, created, next.created)
}

/**
 * Whether the file of a stream was rotated away rather than overwritten by the one that has its path and inode now: its
 * compressed copy is there, or, when the times of creation do not tell them apart, others that the kubelet rotated.
 */
export function wasRotatedAway(file: Followed, stream: RecoveredStream): boolean {
  if (findCopy(file.target, stream) !== null) return true
  return !isSame(file.born, String(stream.identity.marks['born'] ?? '0')) && findStamped(file.target).length > 0
}

/**
 * Puts files that the patterns find under a new name after a stop before those that were created later and have their
 * path now, or had it in between. `renamed` has each with the path it had.
 */
export function orderRenamed(renamed: ReadonlyMap<Followed, string>, byPath: ReadonlyMap<string, Followed>, rotations: Rotations): void {
  for (const [file, path] of renamed) {
    const successor = byPath.get(path)
    if (successor === undefined || successor === file) continue
    rotations.retireRenamed(file)
    let last = file
    for (const place of findRotatedBetween(successor.target, createdAt(file), createdAt(successor))) {
      const between = byPath.get(place)
      if (between === undefined || between === file || between === successor || renamed.has(between)) continue
      between.after = last
      rotations.retireRenamed(between)
      last = between
    }
    successor.after = last
  }
}

/** Streams of before whose file has no path in the patterns: found under another name beside it, or given up. */
export function adoptRotated(
  ingest: Ingest, recovered: Recovered, follower: { readonly byPath: ReadonlyMap<string, Followed>; readonly lost: Counter }, rotations: Rotations
): void {
  for (const stream of recovered.stale) {
    ingest.closeStream(ingest.resumeStream(stream.uid, stream.generation, stream.identity))
  }
  const left: Left[] = []
  for (const stream of recovered.rest()) {
    const { path, marks } = stream.identity
    const target = String(marks['target'] ?? path)
    const inode = String(marks['inode'] ?? '')
    const found = findByInode([target, path], inode)
    // too little is known of an empty file to know it under any name
    const place = found !== null && (Number(marks['head'] ?? 0) > 0 || found.startsWith(target)) ? found : null
    let file = place === null ? null : rotations.openAs(place, path, stream)
    if (file === null) {
      const copy = findCopy(target, stream)
      if (copy !== null) file = rotations.openAs(copy, path, stream, true)
    }
    if (file === null) abandon(stream, ingest, follower.lost)
    const wasLinked = target !== path
    const former = file === null
      ? { target, name: path, inode, created: BigInt(String(marks['born'] ?? '0')), wasLinked, isGone: true }
      : { ...formerOf(file), target, wasLinked }
    const first = sourcePath(stream.identity)
    left.push({ path: first, hadPath: path === first, file, former })
  }
  for (const [path, each] of Map.groupBy(left, (one) => one.path)) chain(path, each, follower.byPath.get(path), rotations)
}

/** A stream of before whose file lost its path. */
interface Left {
  /** The path that it was first followed under. */
  readonly path: string
  /** It was found by that path, not beside it. */
  readonly hadPath: boolean
  /** Null when it is gone. */
  readonly file: Followed | null
  readonly former: Former
}

/** Puts the files that had a path one behind the other, with those in between that nobody saw, before the one that has it now. */
function chain(path: string, left: readonly Left[], successor: Followed | undefined, rotations: Rotations): void {
  // a link may have been switched on since its target was opened, which is then found to be so later
  const current = successor === undefined ? nextAt(leadsTo(path)) : { target: successor.target, created: createdAt(successor) }
  const inOrder = left.toSorted(byCreation)
  let last: Followed | null = null
  for (const [i, { file, former }] of inOrder.entries()) {
    if (file !== null) {
      rotations.retire(file)
      file.after = last
      last = file
    }
    const next = inOrder[i + 1]?.former ?? current
    if (next !== null) last = followPlaces(placesBetween(former, next), path, last, rotations)
  }
  if (successor !== undefined && last !== null) successor.after = last
}

/** Of two created in the same instant, that which had the path itself came later. */
function byCreation(one: Left, other: Left): number {
  const [a, b] = [one.former.created, other.former.created]
  return a === b ? Number(one.hadPath) - Number(other.hadPath) : a < b ? -1 : 1
}

function createdAt({ fd, born }: Followed): bigint {
  return fd < 0 ? BigInt(born) : fstatSync(fd, { bigint: true }).birthtimeNs
}

function abandon(stream: RecoveredStream, ingest: Ingest, lost: Counter): void {
  let end = 0
  for (const [from, to] of stream.covered) {
    lost.value += from - end
    end = to
  }
  ingest.closeStream(ingest.resumeStream(stream.uid, stream.generation, stream.identity))
}
