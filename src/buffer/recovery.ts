/**
 * What a start does with what it finds. Positions and ledger come from the newest snapshot that can be trusted and the
 * frames behind it; older segments are only asked for their index. A torn tail is cut, a corrupt frame is copied to
 * `quarantine/` and left out, so that its ranges are read again while the source is there. Nothing is fatal.
 */
import fs from 'node:fs'
import { join } from 'node:path'
import type { Directory } from './frame.ts'
import { Positions } from './positions.ts'
import { releaseScan, scanFrames } from './scan.ts'
import { Segment, segmentNumber, sharesOf } from './segment.ts'
import type { RecoveryReport } from './store.ts'
import { Totals } from './totals.ts'

/**
 * A start leaves out so many sequence numbers: frames that only memory held may have had them, and numbers are never
 * used again.
 */
export const GAP = 2 ** 20

export interface Recovered {
  readonly segments: Segment[]
  readonly positions: Positions
  readonly totals: Totals
  /** Higher than every sequence number in the log. */
  readonly next: number
  readonly isEmpty: boolean
  /** Outputs that had a cursor when the newest snapshot was taken. */
  readonly outputs: readonly string[]
  readonly report: Omit<RecoveryReport, 'milliseconds' | 'unclaimed'>
}

/** What a scan found in one segment. */
interface Found {
  readonly segment: Segment
  /** Directories of its frames without the snapshot, in order. */
  readonly frames: readonly (readonly [sequence: number, directory: Directory])[]
  readonly snapshot: Directory | undefined
  readonly torn: number
}

/**
 * Reads the log's folder. With `mend`, torn tails are cut and corrupt frames copied to `quarantine`, if there is one; else nothing is changed. `boot` tells
 * whether the machine was started anew since a snapshot (`bootId`).
 */
export function recover(directory: string, quarantine: string | undefined, mend: boolean, boot: string): Recovered {
  const paths = fs.readdirSync(directory).filter((file) => segmentNumber(file) !== undefined).sort()
    .map((file) => join(directory, file))
  const found = new Map<number, Found>()
  const look = (at: number): Found => {
    let result = found.get(at)
    if (result === undefined) found.set(at, (result = scan(paths[at]!, quarantine, mend)))
    return result
  }
  const base = newestSnapshot(paths, look, boot)
  const positions = new Positions()
  const totals = new Totals()
  let next = 1
  let framesRead = 0
  const segments: Segment[] = []
  const unsynced = new Set<number>()
  let outputs: readonly string[] = []
  for (let at = 0; at < paths.length; at++) {
    if (at < base && !found.has(at)) {
      const segment = new Segment(paths[at]!, segmentNumber(paths[at]!)!)
      if (segment.readSummary()) {
        segment.synced = segment.headSynced = true
        segments.push(segment)
        next = Math.max(next, segment.last + 1)
        continue
      }
    }
    const { segment, frames, snapshot } = look(at)
    if (at === base && snapshot !== undefined) {
      positions.apply(snapshot, segment.first - 1)
      totals.apply(snapshot)
      for (const [first] of snapshot.snapshot!.unsynced) unsynced.add(first)
      outputs = snapshot.snapshot!.outputs
    }
    if (at >= base) {
      for (const [sequence, directory] of frames) {
        positions.apply(directory, sequence)
        totals.apply(directory)
      }
    }
    framesRead += frames.length
    next = Math.max(next, segment.last + 1, segment.first)
    found.set(at, { ...look(at), frames: [] })
    if (frames.length === 0 && snapshot === undefined) {
      if (mend) fs.rmSync(segment.path, { force: true })
    } else {
      segments.push(segment)
    }
  }
  for (const segment of segments) if (segment.synced && unsynced.has(segment.first)) segment.synced = false
  releaseScan()
  let tornBytes = 0
  let corruptFrames = 0
  for (const { torn, segment } of found.values()) {
    tornBytes += torn
    corruptFrames += segment.corrupt
  }
  const report = { framesRead, tornBytes, corruptFrames }
  return { segments, positions, totals, next, isEmpty: paths.length === 0, outputs, report }
}

/**
 * Index of the segment whose snapshot counts, or 0 when none does: the newest one that is valid and whose promises about
 * segments that were not synced have come true.
 */
function newestSnapshot(paths: readonly string[], look: (at: number) => Found, boot: string): number {
  for (let at = paths.length - 1; at > 0; at--) {
    const { snapshot } = look(at)
    if (snapshot === undefined) continue
    const kept = snapshot.snapshot!.unsynced.every(([first, length, corrupt]) => {
      const other = paths.findIndex((path) => segmentNumber(path) === first)
      if (other < 0) return true
      if (boot !== '' && snapshot.snapshot!.boot === boot && indexSays(paths[other]!, length)) return true
      const { segment } = look(other)
      return segment.length >= length && segment.corrupt <= corrupt
    })
    if (kept) return at
  }
  return 0
}

/** Whether a complete segment has this many bytes of frames, by its index. */
function indexSays(path: string, length: number): boolean {
  const segment = new Segment(path, 0)
  return segment.readSummary() && segment.length >= length
}

/** Reads a segment whole and makes it complete: cut, with corrupt frames left out, with an index. */
function scan(path: string, quarantine: string | undefined, mend: boolean): Found {
  const segment = new Segment(path, segmentNumber(path)!)
  const frames: [number, Directory][] = []
  let snapshot: Directory | undefined
  const result = scanFrames(path, ({ sequence, size, directory }, offset) => {
    if (directory.snapshot !== undefined) {
      if (offset === 0) snapshot = directory
      return
    }
    frames.push([sequence, directory])
    segment.last = sequence
    const shares = sharesOf(directory)
    if (shares.size > 0) segment.add(sequence, offset, size, shares)
  })
  segment.length = segment.fileBytes = result.end
  segment.corrupt = result.corrupt.length
  segment.sealed = true
  if (mend) {
    for (const [offset, length] of result.corrupt) quarantineFrame(path, offset, length, quarantine)
    makeComplete(segment, result.torn)
  }
  return { segment, frames, snapshot, torn: result.torn }
}

function makeComplete(segment: Segment, torn: number): void {
  try {
    const fd = fs.openSync(segment.path, 'r+')
    try {
      if (torn > 0 || !hasIndex(segment)) {
        fs.ftruncateSync(fd, segment.length)
        segment.writeIndex(fd)
      }
    } finally {
      fs.closeSync(fd)
    }
  } catch {
    // without room for its index the segment is read whole again at the next start
  }
}

function hasIndex(segment: Segment): boolean {
  const copy = new Segment(segment.path, segment.first)
  return copy.readSummary() && copy.length === segment.length && copy.frameCount === segment.frameCount
}

/** Copies a corrupt frame aside, under its segment's name and its offset. Without a folder it is not kept. A full disk is no reason to stop. */
export function quarantineFrame(path: string, offset: number, length: number, quarantine: string | undefined): void {
  if (quarantine === undefined) return
  try {
    fs.mkdirSync(quarantine, { recursive: true, mode: 0o700 })
    const bytes = Buffer.alloc(length)
    const fd = fs.openSync(path, 'r')
    try {
      fs.readSync(fd, bytes, 0, length, offset)
    } finally {
      fs.closeSync(fd)
    }
    fs.writeFileSync(join(quarantine, `${segmentNumber(path)}-${offset}.frame`), bytes, { mode: 0o600 })
  } catch {
    // it stays where it is, in the segment
  }
}
