/**
 * Records that a filter joins: those that wait are kept by joiners, one for each seam and path, and what comes of them goes
 * on to the filter. A record that waits is not in the ledger and its range of the source is not covered until its
 * joined record is in a frame, so that it is read again after a kill.
 */
import { bodyRoom, encodeBody } from '../event/encode.ts'
import { scanObject } from '../event/json-scan.ts'
import { ARENA, type Record } from '../event/record.ts'
import { sourcePath, type Stream, type StreamRange } from '../event/stream.ts'
import type { Seam } from '../plugin/filter.ts'
import type { Joiner, JoinerFactory } from '../plugin/parser.ts'
import type { JoinStep, TagPath } from './tag-path.ts'

/** Bytes that all joiners of an input may hold together. */
const HELD_LIMIT = 32 * 1024 * 1024

const CHECK_EVERY = 256

/** What is known of a record beside its members. */
export interface Origin {
  readonly stream: Stream
  readonly from: number
  readonly to: number
  readonly ordinal: number
  /** Lines, and records made by filters, that it was made of. */
  readonly lines: number
  readonly made: number
  readonly holds: readonly Hold[]
}

/** Ranges that are covered when nothing waits any more that was made of them. */
export interface Hold {
  readonly ranges: readonly StreamRange[]
  waits: number
}

/** What joined records are given to: the way that begins with the filter. */
export type Release = (rest: TagPath, record: Record, origins: readonly Origin[]) => void

interface Waiting {
  readonly factory: JoinerFactory
  readonly joiner: Joiner
  /** Of the records that wait, in order. */
  origins: Origin[]
}

export class Joining {
  readonly #release: Release
  readonly #byStep = new Map<JoinStep, Map<Seam, Map<string, Waiting>>>()
  readonly #commit: () => void
  #timer: NodeJS.Timeout | undefined
  #taken = 0
  /** Records that wait. */
  held = 0

  /** `commit` is called when records went on because their time was up. */
  constructor(release: Release, commit: () => void) {
    this.#release = release
    this.#commit = commit
  }

  /** Takes what `record` holds. It goes on, or waits. */
  take(step: JoinStep, seam: Seam, record: Record, origin: Origin): void {
    const waiting = this.#waiting(step, seam, record, sourcePath(origin.stream.identity))
    const index = waiting === undefined ? -1 : record.find(step.key)
    if (waiting === undefined || index < 0 || !record.locateString(index)) {
      // what waits for the path goes first, so that its order is kept
      if (waiting !== undefined) this.#flush(waiting, record)
      this.#release(step.rest, record, [origin])
      return
    }
    const { joiner } = waiting
    waiting.origins.push(origin)
    this.held++
    const { stream, from, to } = origin
    joiner.line(record.stringSource, record.stringStart, record.stringEnd, stream, from, to)
    if (this.held > 0) this.#arm(joiner.heldLines > 0 ? joiner.flush(performance.now(), false) : Infinity)
    if (++this.#taken % CHECK_EVERY === 0 && this.#bytes() > HELD_LIMIT) this.flushAll()
  }

  /** What waits, or may wait, at a seam for a path; undefined when nothing is joined there. */
  #waiting(step: JoinStep, seam: Seam, record: Record, path: string): Waiting | undefined {
    let seams = this.#byStep.get(step)
    if (seams === undefined) this.#byStep.set(step, (seams = new Map<Seam, Map<string, Waiting>>()))
    let paths = seams.get(seam)
    if (paths === undefined) seams.set(seam, (paths = new Map<string, Waiting>()))
    const known = paths.get(path)
    const { factory } = seam
    if (known !== undefined) {
      if (known.factory === factory) return known
      this.#flush(known, record)
      paths.delete(path)
    }
    if (factory === undefined) return undefined
    const waiting: Waiting = {
      factory,
      origins: [],
      joiner: factory({
        record,
        emit: (ranges) => this.#joined(step, waiting, record, ranges),
        emitLine: (stream, from, to) => this.#joined(step, waiting, record, [{ stream, from, to }])
      })
    }
    paths.set(path, waiting)
    return waiting
  }

  #joined(step: JoinStep, waiting: Waiting, record: Record, ranges: readonly StreamRange[]): void {
    const joined: Origin[] = []
    const rest: Origin[] = []
    for (const origin of waiting.origins) {
      const { stream, from, to } = origin
      const lies = ranges.some((range) => range.stream === stream && range.from <= from && to <= range.to)
      ;(lies ? joined : rest).push(origin)
    }
    waiting.origins = rest
    if (joined.length === 0) return
    this.held -= joined.length
    // the filter sees one for all of them
    step.unit.records += joined.length - 1
    step.unit.dropped += joined.length - 1
    this.#release(step.rest, record, joined)
  }

  /** Lets everything go that waits in one joiner, with the record as it is. */
  #flush({ joiner }: Waiting, record: Record): void {
    if (joiner.heldLines === 0) return
    const body = Buffer.allocUnsafe(bodyRoom(record))
    const length = encodeBody(record, body, 0, null)
    const { seconds, nanos, metadata } = record
    record.reset()
    joiner.flush(performance.now(), true)
    record.reset()
    const start = record.addBytes(body, 0, length)
    scanObject(record, ARENA, start, start + length)
    record.setTime(seconds, nanos)
    record.metadata = metadata
  }

  flushAll(): void {
    this.#each(true)
  }

  #each(all: boolean): number {
    const now = performance.now()
    let due = Infinity
    for (const seams of this.#byStep.values()) {
      for (const [seam, paths] of seams) {
        for (const [path, { joiner }] of paths) {
          if (joiner.heldLines > 0) due = Math.min(due, joiner.flush(now, all))
          if (joiner.heldLines === 0) paths.delete(path)
        }
        if (paths.size === 0) seams.delete(seam)
      }
    }
    return due
  }

  #bytes(): number {
    let bytes = 0
    for (const seams of this.#byStep.values()) {
      for (const paths of seams.values()) for (const { joiner } of paths.values()) bytes += joiner.heldBytes
    }
    return bytes
  }

  #arm(due: number): void {
    if (this.#timer !== undefined || due === Infinity) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      const next = this.#each(false)
      this.#commit()
      this.#arm(next)
    }, Math.max(1, Math.ceil(due)))
    this.#timer.unref()
  }

  close(): void {
    clearTimeout(this.#timer)
  }
}
