/**
 * What is known of every stream: who it is, and which ranges of it are dealt with. Frames are applied as they become
 * durable, so a snapshot of it never promises more than the log holds.
 */
import type { RecoveredStream, StreamIdentity } from '../event/stream.ts'
import { closing, type Directory, type StreamEntry } from './frame.ts'

type Range = [from: number, to: number]

interface Position {
  readonly uid: string
  readonly generation: number
  identity: StreamIdentity | undefined
  closed: boolean
  /** Where it ended, when it is closed. */
  end: number
  ranges: Range[]
  /** Sequence number of the last frame that mentions it. */
  last: number
}

export class Positions {
  readonly #streams = new Map<string, Position[]>()

  /** Adds what a frame, or a snapshot, says of its streams. */
  apply(directory: Directory, sequence: number): void {
    const found = directory.streams.map((entry) => this.#meet(entry, sequence))
    for (const [stream, from, to] of directory.ranges) {
      const position = found[stream]
      if (position !== undefined) cover(position.ranges, from, to)
    }
  }

  #meet(entry: StreamEntry, sequence: number): Position {
    let generations = this.#streams.get(entry.uid)
    if (generations === undefined) this.#streams.set(entry.uid, (generations = []))
    let position = generations.find(({ generation }) => generation === entry.generation)
    if (position === undefined) {
      const { uid, generation } = entry
      // a stream that was truncated goes on under the next generation: nothing more comes of the one before
      for (const other of generations) if (other.generation < generation) other.closed = true
      position = { uid, generation, identity: generations.at(-1)?.identity, closed: false, end: 0, ranges: [], last: sequence }
      generations.push(position)
    }
    if (entry.identity !== undefined) position.identity = entry.identity
    if (entry.closed === true) {
      position.closed = true
      position.end = entry.end ?? 0
    }
    if (sequence > position.last) position.last = sequence
    return position
  }

  /**
   * Forgets closed streams of which every frame below `delivered` was the last; those that `mentioned` names stay.
   * Keys are `streamKey`.
   */
  forget(delivered: number, mentioned: ReadonlySet<string>): void {
    for (const [uid, generations] of this.#streams) {
      const kept = generations.filter((p) =>
        !isDone(p) || p.last >= delivered || mentioned.has(streamKey(p.uid, p.generation)))
      if (kept.length === generations.length) continue
      if (kept.length === 0) this.#streams.delete(uid)
      else this.#streams.set(uid, kept)
    }
  }

  /** The part of a directory that repeats all of it. */
  directoryPart(): Pick<Directory, 'streams' | 'ranges'> {
    const streams: StreamEntry[] = []
    const ranges: [number, number, number][] = []
    for (const position of this.#all()) {
      const { uid, generation, identity, ranges: covered } = position
      for (const [from, to] of covered) ranges.push([streams.length, from, to])
      streams.push({
        uid, generation,
        ...(identity === undefined ? {} : { identity }),
        ...closing(position)
      })
    }
    return { streams, ranges }
  }

  /** Streams whose input is known. A stream without it has nobody who could go on with it. */
  recovered(): RecoveredStream[] {
    const streams: RecoveredStream[] = []
    for (const position of this.#all()) {
      const { uid, generation, identity, ranges } = position
      if (identity === undefined) continue
      streams.push({ uid, generation, identity, closed: isDone(position), covered: ranges.map(([from, to]) => [from, to] as const) })
    }
    return streams
  }

  * #all(): Iterable<Position> {
    for (const generations of this.#streams.values()) yield * generations
  }
}

/** Whether nothing more will come, and all that came is dealt with. */
function isDone({ closed, end, ranges }: Position): boolean {
  return closed && (end === 0 || (ranges.length === 1 && ranges[0]![0] === 0 && ranges[0]![1] >= end))
}

export function streamKey(uid: string, generation: number): string {
  return `${uid}.${generation}`
}

/** Adds a range to ranges that ascend and do not touch. */
export function cover(ranges: Range[], from: number, to: number): void {
  if (to <= from) return
  let at = ranges.length
  while (at > 0 && ranges[at - 1]![1] >= from) at--
  // every range from `at` on ends at or behind `from`
  let end = at
  while (end < ranges.length && ranges[end]![0] <= to) end++
  if (end === at) {
    ranges.splice(at, 0, [from, to])
    return
  }
  const first = ranges[at]!
  first[0] = Math.min(first[0], from)
  first[1] = Math.max(to, ranges[end - 1]![1])
  if (end > at + 1) ranges.splice(at + 1, end - at - 1)
}
