/** Files that were rotated while nobody looked: found under other names, compressed or not, in the order they were written. */
import { fstatSync } from 'node:fs'
import { dirname } from 'node:path'
import type { RecoveredStream } from '../../event/stream.ts'
import { findCopy, isCopyOf, peek } from './compressed-copy.ts'
import { look } from './descriptors.ts'
import type { Followed } from './followed.ts'
import { birth, isSame } from './identity.ts'
import { findCompressedBetween, findNumberedBetween, findRotatedBetween, findStamped, stampOf, withoutStamp } from './search.ts'

/** What the follower does with a file found. */
export interface Rotations {
  /**
   * Opens the file at `place`, which had the path `path`, `target` without links, with the stream that it had if it is known.
   * `copy` says that it is the compressed copy of that file.
   */
  openAs(place: string, path: string, target: string, stream: RecoveredStream | null, copy?: boolean): Followed | null
  /** Its path leads elsewhere: it is read to its end. */
  retire(file: Followed): void
  /** It was renamed within the patterns: it is read to its end, under the name it has now. */
  retireRenamed(file: Followed): void
}

/** What had a path before. */
export interface Former {
  /** The path without links, while the file had it. */
  readonly target: string
  /** Its name now; of a file that is gone the last that is known. */
  readonly name: string
  readonly inode: string
  /** When it was created, in nanoseconds; 0 when that is not known. */
  readonly created: bigint
  /** The file system told it so. */
  readonly isTold: boolean
  /** When it was last written, in nanoseconds; 0 when that is not known. */
  readonly written: bigint
  /** The path was a symbolic link. */
  readonly wasLinked: boolean
  readonly isGone: boolean
}

/** What has a path after it. */
export interface Next {
  readonly target: string
  readonly name: string
  readonly created: bigint
  /** When it was last written, if it is no longer written; else far in the future. */
  readonly written: bigint
}

/** Later than any file. */
export const NEVER = 1n << 62n

/**
 * Follows files that had the path between two others and were renamed, or the link switched on, before anybody saw them.
 * `target` is where the path leads now, if it leads anywhere. Returns the last.
 */
export function followBetween(file: Followed, target: string, rotations: Rotations): Followed {
  return followPlaces(placesBetween(formerNow(file), nextAt(target)), file.path, [file.target, target], file, rotations) ?? file
}

/** Of a file whose path leads elsewhere: the kubelet may have rotated it, and compressed or deleted it since. */
function formerNow(file: Followed): Former {
  const former = formerOf(file)
  if (stampOf(file.name) !== undefined || hasInode(file.target, file.inode)) return former
  const stamped = findStamped(file.target)
  const name = stamped.find((place) => hasInode(place, file.inode)) ?? stamped.find((place) => {
    const content = place.endsWith('.gz') ? peek(place) : null
    return content !== null && isCopyOf(content, file)
  })
  return name === undefined ? { ...former, isGone: stamped.length > 0 } : { ...former, name }
}

function hasInode(path: string, inode: string): boolean {
  return String(look(path)?.ino) === inode
}

/** What lies at a path now, or will lie there next. */
export function nextAt(target: string): Next {
  return { target, name: target, created: look(target)?.birthtimeNs ?? NEVER, written: NEVER }
}

/**
 * Follows files that the kubelet rotated away from a path that nobody had seen before the stop: a container that started
 * and logged while nobody looked. `target` is where the path leads. Returns the last.
 */
export function followUnseen(path: string, target: string, rotations: Rotations): Followed | null {
  return followPlaces(findStamped(target), path, [target], null, rotations)
}

/** `targets`: where the path led, without links. */
export function followPlaces(
  places: readonly string[], path: string, targets: readonly string[], before: Followed | null, rotations: Rotations
): Followed | null {
  let last = before
  for (const place of places) {
    const target = targets.find((one) => place.startsWith(one)) ?? withoutStamp(place)
    const file = rotations.openAs(place, path, target, null)
    if (file === null) continue
    file.after = last
    rotations.retire(file)
    last = file
  }
  return last
}

export function formerOf(file: Followed): Former {
  const { target, name, inode, link } = file
  const stats = file.fd < 0 ? look(name) : fstatSync(file.fd, { bigint: true })
  const isIt = stats !== null && String(stats.ino) === inode
  const isTold = file.born !== '0' || (isIt && birth(stats) !== '0')
  return { target, name, inode, created: createdAt(file), isTold, written: isIt ? stats.mtimeNs : 0n, wasLinked: link, isGone: false }
}

export function placesBetween(former: Former, next: Next): string[] {
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

function rotatedAfter({ target, name, created, isTold, written, isGone }: Former, next: Next): string[] {
  if (stampOf(name) !== undefined) return findStamped(target, name, next.name)
  // the kubelet deletes the oldest first: all that are there came later
  const stamped = isGone ? findStamped(target, undefined, next.name) : []
  if (stamped.length > 0) return stamped
  const since = written === 0n ? created : written
  // what is compressed was rotated before what is not yet
  return [
    ...(since === 0n ? [] : findCompressedBetween(target, since, next.written === 0n ? NEVER : next.written)),
    ...(created === 0n ? [] : findRotatedBetween(target, created, next.created, isTold))
  ]
}

/**
 * Whether the file of a stream was rotated away rather than overwritten by the one that has its path and inode now: its
 * compressed copy is there, or, when the times of creation do not tell them apart, others that the kubelet rotated.
 */
export function wasRotatedAway(file: Followed, stream: RecoveredStream): boolean {
  if (findCopy(file.target, stream) !== null) return true
  return !isSame(file.born, String(stream.identity.marks['born'] ?? '0')) && findStamped(file.target).length > 0
}

/** Of a compressed file nothing tells when what it holds was created. */
export function createdAt({ fd, born, compressed }: Followed): bigint {
  return fd < 0 || compressed ? BigInt(born) : fstatSync(fd, { bigint: true }).birthtimeNs
}
