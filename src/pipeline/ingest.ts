/**
 * The way of one input into the buffer: record → filters → route → encoded into the open frame. Synchronous; what a
 * record needs was decided when its tag was first seen.
 */
import { FrameBuilder } from '../buffer/frame-builder.ts'
import { FRAME_TARGET, type SlabPool } from '../buffer/slab-pool.ts'
import type { FrameStore } from '../buffer/store.ts'
import { bodyRoom, encodeBody } from '../event/encode.ts'
import { scanObject } from '../event/json-scan.ts'
import { count, emptyInputTerms, type InputTerms } from '../event/ledger.ts'
import { BLOCK, Record } from '../event/record.ts'
import { Stream, sourcePath, type StreamIdentity, type StreamRange } from '../event/stream.ts'
import { randomBytes } from '../lib/random.ts'
import type { Seam } from '../plugin/filter.ts'
import type { Ingest } from '../plugin/input.ts'
import { Joining, type Hold, type Origin } from './joining.ts'
import { TagPath, passThrough, type JoinStep, type ConditionalRoute, type Destination, type FilterUnit } from './tag-path.ts'

/** How often records made by filters may make records again before they are given up. */
const MOST_EMISSIONS = 100
/** Ordinals of what filters made of a line stay below it, so that copies for several routes are told apart. */
const MOST_COPIES = 1024
const PATHS_KEPT = 20_000

export interface IngestOptions {
  readonly input: string
  readonly store: FrameStore
  readonly slabs: SlabPool
  readonly record: Record
  /** The input's own processors, then the filters of the configuration, in order. */
  readonly processors: readonly FilterUnit[]
  readonly filters: readonly FilterUnit[]
  readonly destinations: readonly Destination[]
  readonly routes: readonly ConditionalRoute[]
  /** Paths of streams by uid, for dead letters; the oldest are forgotten. */
  readonly paths: Map<string, string>
  /** Shared by all: who emits at this moment. */
  readonly active: { ingest: InputIngest | undefined }
}

/** A record that a filter made, waiting for the present one to be done. */
interface Emission {
  readonly tag: string
  /** The filter that made it, which does not see it again. */
  readonly by: FilterUnit
  readonly body: Buffer
  readonly seconds: number
  readonly nanos: number
  readonly metadata: string
}

export class InputIngest implements Ingest {
  readonly record: Record
  readonly #options: IngestOptions
  readonly #active: { ingest: InputIngest | undefined }
  readonly #store: FrameStore
  readonly #builder: FrameBuilder
  readonly #paths = new Map<string, TagPath>()
  readonly #emittedPaths = new Map<FilterUnit, Map<string, TagPath>>()
  readonly #emissions: Emission[] = []
  #second: Record | undefined
  #copy: Record | undefined
  #terms: InputTerms = emptyInputTerms()
  /** Records in and their bytes since the start, for the metrics. */
  records = 0
  bytes = 0
  /** Lines that the input's joiners hold now. */
  #held = 0
  readonly #joining: Joining
  /** The sync that is under way, and the next one. */
  #syncing: Promise<void> = Promise.resolve()
  #waiting: Promise<void> | undefined
  // of the record that passes: the lines and records that filters made it stands for, its ranges when there are several,
  // and the holds on them when something waits
  #lines = 1
  #made = 0
  #ranges: readonly StreamRange[] | undefined
  #holds: Hold[] | undefined

  constructor(options: IngestOptions) {
    this.#options = options
    this.#active = options.active
    this.#store = options.store
    this.record = options.record
    this.#builder = new FrameBuilder(options.slabs)
    this.#joining = new Joining((rest, record, origins) => this.#release(rest, record, origins), () => this.commit())
  }

  /** Lines and records that were read and wait for others. */
  get held(): number {
    return this.#held + this.#joining.held
  }

  tag(tag: string): TagPath {
    return this.#path(this.#paths, tag, this.#options.processors, undefined)
  }

  #path(paths: Map<string, TagPath>, tag: string, processors: readonly FilterUnit[], without: FilterUnit | undefined): TagPath {
    let path = paths.get(tag)
    if (path === undefined) {
      const { filters, destinations, routes } = this.#options
      const units = [...processors, ...filters].filter((unit) => unit !== without)
      path = new TagPath(tag, units, destinations, routes)
      paths.set(tag, path)
    }
    return path
  }

  /** The way of records that a filter made: all filters but that one, and not the input's processors. */
  #emittedPath(tag: string, by: FilterUnit): TagPath {
    let paths = this.#emittedPaths.get(by)
    if (paths === undefined) {
      paths = new Map<string, TagPath>()
      this.#emittedPaths.set(by, paths)
    }
    return this.#path(paths, tag, [], by)
  }

  openStream(identity: StreamIdentity): Stream {
    return this.resumeStream(randomBytes(8).toString('base64url'), 0, identity)
  }

  resumeStream(uid: string, generation: number, identity: StreamIdentity): Stream {
    const stream = new Stream(uid, generation, identity)
    this.#builder.mention(stream)
    const { paths } = this.#options
    paths.delete(uid)
    paths.set(uid, sourcePath(identity))
    if (paths.size > PATHS_KEPT) paths.delete(paths.keys().next().value!)
    return stream
  }

  identityChanged(stream: Stream): void {
    stream.declared = false
    this.#builder.mention(stream)
  }

  closeStream(stream: Stream, end = 0): void {
    stream.closed = true
    stream.end = end
    this.#builder.mention(stream)
  }

  emit(tag: TagPath, stream: Stream, from: number, to: number): void {
    this.#active.ingest = this
    this.#terms.read++
    this.records++
    this.bytes += to - from
    this.#pass(tag, this.record, stream, from, to, 0)
    if (this.#emissions.length > 0) this.#passEmissions(stream, from, to)
    if (this.#holds === undefined) this.#builder.cover(stream, from, to)
    else this.#passed(this.#holds)
    this.record.reset()
    if (this.#builder.size >= FRAME_TARGET) this.commit()
  }

  emitJoined(tag: TagPath, ranges: readonly StreamRange[], lines: number): void {
    this.#active.ingest = this
    const terms = this.#terms
    terms.read += lines
    terms.joined += lines - 1
    this.records++
    const first = ranges[0]!
    let end = first.to
    for (const { stream, from, to } of ranges) {
      this.bytes += to - from
      if (stream === first.stream && to > end) end = to
    }
    this.#lines = lines
    this.#ranges = ranges
    this.#pass(tag, this.record, first.stream, first.from, end, 0)
    if (this.#emissions.length > 0) this.#passEmissions(first.stream, first.from, end)
    this.#lines = 1
    this.#ranges = undefined
    if (this.#holds === undefined) for (const { stream, from, to } of ranges) this.#builder.cover(stream, from, to)
    else this.#passed(this.#holds)
    this.record.reset()
    if (this.#builder.size >= FRAME_TARGET) this.commit()
  }

  #pass(path: TagPath, record: Record, stream: Stream, from: number, to: number, ordinal: number): void {
    for (;;) {
      const { steps, join } = path
      for (let i = 0; i < steps.length; i++) {
        const { unit, apply } = steps[i]!
        unit.records++
        try {
          if (!apply(record)) {
            unit.dropped++
            count(this.#terms.filtered, unit.name, 1)
            return
          }
        } catch (error) {
          unit.failures++
          unit.lastFailure = String(error)
        }
      }
      if (join === undefined) break
      const seam = join.seamOf(record)
      if (seam !== undefined) {
        this.#join(join, seam, record, stream, from, to, ordinal)
        return
      }
      path = join.rest
    }
    if (path.isConditional) {
      this.#passByCondition(path, record, stream, from, to, ordinal)
      return
    }
    const { route } = path
    if (route === null) {
      count(this.#terms.dropped, 'no route', 1)
      return
    }
    this.#builder.append(record, route, stream, from, to, ordinal)
    this.#terms.buffered++
  }

  /** Gives a record to the filter that joins it with others: until it goes on it is not counted, and its ranges are held. */
  #join(step: JoinStep, seam: Seam, record: Record, stream: Stream, from: number, to: number, ordinal: number): void {
    const holds = (this.#holds ??= [{ ranges: this.#ranges ?? [{ stream, from, to }], waits: 1 }])
    for (const hold of holds) hold.waits++
    this.#countIn(-1)
    this.#joining.take(step, seam, record, { stream, from, to, ordinal, lines: this.#lines, made: this.#made, holds })
  }

  /** Counts the lines and made records that the record stands for, or takes that back. */
  #countIn(sign: 1 | -1): void {
    const terms = this.#terms
    terms.read += sign * this.#lines
    terms.created += sign * this.#made
    terms.joined += sign * (this.#lines + this.#made - 1)
  }

  /** What was joined of some records goes on behind the filter. */
  #release(rest: TagPath, record: Record, origins: readonly Origin[]): void {
    this.#active.ingest = this
    const [lines, made, outer] = [this.#lines, this.#made, this.#holds]
    const { stream, from, ordinal } = origins[0]!
    let { to } = origins[0]!
    this.#lines = this.#made = 0
    for (const origin of origins) {
      this.#lines += origin.lines
      this.#made += origin.made
      if (origin.stream === stream && origin.to > to) to = origin.to
    }
    const holds = (this.#holds = origins.flatMap((origin) => origin.holds))
    this.#countIn(1)
    this.#pass(rest, record, stream, from, to, ordinal)
    if (this.#emissions.length > 0) this.#passEmissions(stream, from, to)
    this.#passed(holds)
    record.reset()
    this.#lines = lines
    this.#made = made
    this.#holds = outer
  }

  /** One of those that held ranges has gone on; the last one covers them. */
  #passed(holds: readonly Hold[]): void {
    this.#holds = undefined
    for (const hold of holds) {
      if (--hold.waits === 0) for (const { stream, from, to } of hold.ranges) this.#builder.cover(stream, from, to)
    }
  }

  /** Each route that takes the record gets a copy under its own tag. */
  #passByCondition(path: TagPath, record: Record, stream: Stream, from: number, to: number, ordinal: number): void {
    const ways = path.waysOf(record)
    if (ways.length === 0) {
      count(this.#terms.dropped, 'no route', 1)
      return
    }
    let body: Buffer | undefined
    let takenOut: FilterUnit | undefined
    let buffered = false
    for (let i = 0; i < ways.length; i++) {
      const { route, steps } = ways[i]!
      if (steps.length === 0) this.#builder.append(record, route, stream, from, to, ordinal + i * MOST_COPIES)
      else {
        const by = passThrough(steps, this.#copyOf(record, (body ??= bodyOf(record))))
        if (by !== undefined) {
          takenOut = by
          continue
        }
        this.#builder.append(this.#copy!, route, stream, from, to, ordinal + i * MOST_COPIES)
      }
      buffered = true
    }
    if (buffered) this.#terms.buffered++
    else count(this.#terms.filtered, takenOut!.name, 1)
  }

  /** The record again, for the processors of one route. */
  #copyOf({ pool, seconds, nanos, metadata }: Record, body: Buffer): Record {
    const copy = (this.#copy ??= new Record(pool))
    copy.reset()
    copy.useBlock(body)
    copy.setTime(seconds, nanos)
    copy.metadata = metadata
    scanObject(copy, BLOCK, 0, body.length)
    return copy
  }

  /** Takes a copy of a record that goes through the pipeline again under another tag; see `FilterContext.emit`. */
  take(tag: string, record: Record, unit: FilterUnit): void {
    unit.emitted++
    const { seconds, nanos, metadata } = record
    this.#emissions.push({ tag, by: unit, body: bodyOf(record), seconds, nanos, metadata })
  }

  #passEmissions(stream: Stream, from: number, to: number): void {
    const record = (this.#second ??= new Record(this.record.pool))
    const [lines, made] = [this.#lines, this.#made]
    this.#lines = 0
    this.#made = 1
    for (let ordinal = 1; this.#emissions.length > 0; ordinal++) {
      const { tag, by, body, seconds, nanos, metadata } = this.#emissions.shift()!
      this.#terms.created++
      if (ordinal > MOST_EMISSIONS) {
        count(this.#terms.dropped, 'emission loop', 1)
        continue
      }
      record.reset()
      record.useBlock(body)
      record.setTime(seconds, nanos)
      record.metadata = metadata
      scanObject(record, BLOCK, 0, body.length)
      this.#pass(this.#emittedPath(tag, by), record, stream, from, to, ordinal)
    }
    this.#lines = lines
    this.#made = made
  }

  cover(stream: Stream, from: number, to: number): void {
    this.#builder.cover(stream, from, to)
  }

  drop(reason: string, lines: number): void {
    this.#terms.read += lines
    count(this.#terms.dropped, reason, lines)
  }

  holding(lines: number): void {
    this.#held = lines
  }

  /** Lets go what waits to be joined: nothing more comes of this input. */
  flush(): void {
    this.#active.ingest = this
    this.#joining.flushAll()
    this.#joining.close()
    this.commit()
  }

  commit(): void {
    if (this.#builder.isEmpty) return
    const terms = this.#terms
    this.#terms = emptyInputTerms()
    this.#store.append(this.#options.input, this.#builder, terms)
  }

  whenDelivered(callback: () => void): void {
    this.commit()
    this.#store.whenDelivered(callback)
  }

  durable(): Promise<void> {
    this.commit()
    const sync = async (): Promise<void> => {
      // one sync at a time: who asks while one is under way is served by the next
      await this.#syncing.catch(() => {})
      this.#waiting = undefined
      this.#syncing = this.#store.sync()
      await this.#syncing
    }
    return (this.#waiting ??= sync())
  }

  hasRoom(): boolean {
    return this.#store.hasRoom(this.#options.input)
  }

  whenRoom(callback: () => void): void {
    this.#store.whenRoom(this.#options.input, callback)
  }
}

function bodyOf(record: Record): Buffer {
  const body = Buffer.allocUnsafe(bodyRoom(record))
  return body.subarray(0, encodeBody(record, body, 0, null))
}
