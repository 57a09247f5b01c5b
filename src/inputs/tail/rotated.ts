/** Files that were rotated while nobody looked: found under other names, and put before what has their path now. */
import { fstatSync, realpathSync, type BigIntStats } from 'node:fs'
import type { RecoveredStream } from '../../event/stream.ts'
import type { Counter } from '../../plugin/context.ts'
import type { Ingest } from '../../plugin/input.ts'
import { findCopy } from './compressed-copy.ts'
import { look } from './descriptors.ts'
import type { Followed } from './followed.ts'
import type { Recovered } from './recovery.ts'
import { findByInode, findRotatedBetween, findStamped } from './search.ts'

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

/** Follows files that had the path between two others and were renamed before anybody saw them. Returns the last. */
export function followBetween(file: Followed, next: BigIntStats, target: string, rotations: Rotations): Followed {
  return followPlaces(placesBetween(file, next, target), file.path, file, rotations) ?? file
}

/**
 * Follows files that the kubelet rotated away from a path that nobody had seen before the stop: a container that started
 * and logged while nobody looked. Returns the last.
 */
export function followUnseen(path: string, rotations: Rotations): Followed | null {
  try {
    return followPlaces(findStamped(realpathSync(path)), path, null, rotations)
  } catch {
    // gone in this moment
    return null
  }
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

function placesBetween(file: Followed, next: BigIntStats, target: string): string[] {
  // a compressed file tells nothing of when the one that it was made of was created
  if (file.compressed) return findStamped(target, file.name)
  const stats = file.fd < 0 ? null : fstatSync(file.fd, { bigint: true })
  return stats === null || stats.nlink === 0n ? [] : findRotatedBetween(target, stats.birthtimeNs, next.birthtimeNs)
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
  const adopted: { readonly file: Followed; readonly path: string; readonly target: string }[] = []
  for (const stream of recovered.rest()) {
    const { path, marks } = stream.identity
    const target = String(marks['target'] ?? path)
    const found = findByInode([target, path], String(marks['inode'] ?? ''))
    // too little is known of an empty file to know it under any name
    const place = found !== null && (Number(marks['head'] ?? 0) > 0 || found.startsWith(target)) ? found : null
    let file = place === null ? null : rotations.openAs(place, path, stream)
    if (file === null) {
      const copy = findCopy(target, stream)
      if (copy !== null) file = rotations.openAs(copy, path, stream, true)
    }
    if (file === null) abandon(stream, ingest, follower.lost)
    else adopted.push({ file, path, target })
  }
  for (const { file, path, target } of adopted) {
    rotations.retire(file)
    const next = look(path)
    const successor = follower.byPath.get(path)
    const last = next === null ? file : followBetween(file, next, target, rotations)
    if (successor !== undefined) successor.after = last
  }
}

function createdAt({ fd }: Followed): bigint {
  return fd < 0 ? 0n : fstatSync(fd, { bigint: true }).birthtimeNs
}

function abandon(stream: RecoveredStream, ingest: Ingest, lost: Counter): void {
  let end = 0
  for (const [from, to] of stream.covered) {
    lost.value += from - end
    end = to
  }
  ingest.closeStream(ingest.resumeStream(stream.uid, stream.generation, stream.identity))
}
