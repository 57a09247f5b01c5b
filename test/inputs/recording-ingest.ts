/** A pipeline that only remembers: records with what they cover, ranges, drops. It stands for the buffer at a restart. */
import { randomBytes } from 'node:crypto'
import { Pool } from '../../src/event/pool.ts'
import { Record } from '../../src/event/record.ts'
import { Stream, type RecoveredStream, type StreamIdentity, type StreamRange } from '../../src/event/stream.ts'
import type { OptionsOf } from '../../src/config/fields.ts'
import { defaultOf } from '../../src/config/values.ts'
import type { Log } from '../../src/plugin/context.ts'
import type { Ingest, Input, InputContext, TagHandle } from '../../src/plugin/input.ts'
import type { JoinerFactory, Parser } from '../../src/plugin/parser.ts'
import tail from '../../src/inputs/tail.ts'
import { options as tailOptions } from '../../src/inputs/tail/options.ts'

export interface Taken {
  readonly tag: string
  readonly members: { readonly [key: string]: unknown }
  readonly seconds: number
  readonly nanos: number
  readonly metadata: string
  readonly uid: string
  readonly generation: number
  readonly ranges: readonly (readonly [from: number, to: number])[]
}

/** What outlives a restart: streams with their identity and what they cover. */
interface Kept {
  uid: string
  generation: number
  identity: StreamIdentity
  closed: boolean
  covered: [number, number][]
}

export class RecordingIngest implements Ingest {
  readonly pool = new Pool()
  readonly record = new Record(this.pool)
  records: Taken[] = []
  readonly dropped: { [reason: string]: number } = {}
  readonly overlaps: string[] = []
  held = 0
  commits = 0
  room = true
  delivering = true
  readonly #undelivered: (() => void)[] = []
  /** Called by each commit; a test kills from here. */
  onCommit: () => void = () => undefined
  /** Tags that must be waited for. */
  ready: Promise<void> | undefined
  #waiting: (() => void)[] = []
  /** Committed state, and what was taken since. */
  #kept = new Map<string, Kept>()
  #open = new Map<string, { readonly stream: Stream; ranges: [number, number][] }>()
  #uncommitted: Taken[] = []
  dead = false

  tag(tag: string): TagHandle {
    return { tag, ready: this.ready }
  }

  openStream(identity: StreamIdentity): Stream {
    return this.resumeStream(randomBytes(8).toString('base64url'), 0, identity)
  }

  resumeStream(uid: string, generation: number, identity: StreamIdentity): Stream {
    const stream = new Stream(uid, generation, identity)
    this.#mention(stream)
    return stream
  }

  identityChanged(stream: Stream): void {
    this.#mention(stream)
  }

  closeStream(stream: Stream): void {
    stream.closed = true
    this.#mention(stream)
  }

  emit(tag: TagHandle, stream: Stream, from: number, to: number): void {
    this.#take(tag, [{ stream, from, to }])
  }

  emitJoined(tag: TagHandle, ranges: readonly StreamRange[], _lines: number): void {
    this.#take(tag, ranges)
  }

  cover(stream: Stream, from: number, to: number): void {
    this.#mention(stream).ranges.push([from, to])
  }

  drop(reason: string, lines: number): void {
    this.dropped[reason] = (this.dropped[reason] ?? 0) + lines
  }

  holding(lines: number): void {
    this.held = lines
  }

  commit(): void {
    if (this.dead) return
    this.commits++
    this.records.push(...this.#uncommitted)
    this.#uncommitted = []
    for (const { stream, ranges } of this.#open.values()) {
      const key = stream.uid + '/' + stream.generation
      const kept = this.#kept.get(key) ?? {
        uid: stream.uid, generation: stream.generation, identity: stream.identity, closed: false, covered: []
      }
      this.#kept.set(key, kept)
      kept.identity = structuredClone(stream.identity)
      kept.closed ||= stream.closed
      for (const range of ranges) this.#add(kept, range, key)
    }
    this.#open.clear()
    this.onCommit()
  }

  /** Calls back at once unless `delivering` is off; then by `deliver`. */
  whenDelivered(callback: () => void): void {
    this.commit()
    if (this.delivering) queueMicrotask(callback)
    else this.#undelivered.push(callback)
  }

  deliver(): void {
    for (const callback of this.#undelivered.splice(0)) callback()
  }

  /** Resolves when a test says that what was committed is on the disk; at once when it says nothing. */
  syncing: Promise<void> | undefined

  async durable(): Promise<void> {
    this.commit()
    await this.syncing
  }

  hasRoom(): boolean {
    return this.room && !this.dead
  }

  whenRoom(callback: () => void): void {
    this.#waiting.push(callback)
  }

  /** Lets those go on that wait for room. */
  makeRoom(): void {
    this.room = true
    for (const callback of this.#waiting.splice(0)) callback()
  }

  /** Dies: what was not committed is lost, nothing more is taken. */
  kill(): void {
    this.dead = true
    this.#uncommitted = []
    this.#open.clear()
  }

  /** Comes back with what was committed. */
  revive(): void {
    this.dead = false
    this.held = 0
    this.record.reset()
  }

  recovered(): RecoveredStream[] {
    return [...this.#kept.values()].map((kept) => structuredClone(kept))
  }

  /** The values of a key, in the order taken. */
  values(key = 'log'): unknown[] {
    return this.records.map((taken) => taken.members[key])
  }

  #mention(stream: Stream): { ranges: [number, number][] } {
    if (this.dead) return { ranges: [] }
    const key = stream.uid + '/' + stream.generation
    let open = this.#open.get(key)
    if (open === undefined || open.stream !== stream) this.#open.set(key, (open = { stream, ranges: open?.ranges ?? [] }))
    return open
  }

  #take(tag: TagHandle, ranges: readonly StreamRange[]): void {
    const { record } = this
    const members: { [key: string]: unknown } = {}
    for (let i = 0; i < record.count; i++) members[record.keyText(i)] = record.value(i)
    if (!this.dead) {
      const { stream } = ranges[0]!
      this.#uncommitted.push({
        tag: tag.tag, members, seconds: record.seconds, nanos: record.nanos, metadata: record.metadata,
        uid: stream.uid, generation: stream.generation,
        ranges: ranges.map(({ from, to }) => [from, to] as const)
      })
      for (const range of ranges) this.cover(range.stream, range.from, range.to)
    }
    record.reset()
  }

  #add(kept: Kept, [from, to]: [number, number], key: string): void {
    for (const [a, b] of kept.covered) {
      if (from < b && a < to) this.overlaps.push(`${key}: [${from}, ${to}) was covered by [${a}, ${b})`)
    }
    const all = [...kept.covered, [from, to] as [number, number]].sort((a, b) => a[0] - b[0])
    kept.covered = []
    for (const [a, b] of all) {
      const last = kept.covered.at(-1)
      if (last !== undefined && a <= last[1]) last[1] = Math.max(last[1], b)
      else kept.covered.push([a, b])
    }
  }
}

export interface Agent {
  readonly input: Input
  readonly finished: () => number | null
  readonly counters: { readonly [name: string]: { value: number } }
  readonly messages: string[]
  readonly gauges: { readonly [name: string]: () => number }
}

export interface Surroundings {
  readonly tag?: string
  readonly parsers?: { readonly [name: string]: Parser }
  readonly joiner?: JoinerFactory
  readonly firstStart?: boolean
}

export function makeContext(
  ingest: RecordingIngest, around: Surroundings = {}
): InputContext & { readonly report: Omit<Agent, 'input'> } {
  const counters: { [name: string]: { value: number } } = {}
  const gauges: { [name: string]: () => number } = {}
  const messages: string[] = []
  let code: number | null = null
  const say = (message: string, details?: object): void => void messages.push(message + JSON.stringify(details ?? {}))
  const log: Log = { error: say, warn: say, info: say, debug: say }
  const recovered = ingest.recovered()
  return {
    name: 'tail.0',
    log,
    meter: {
      counter: (name) => (counters[name] ??= { value: 0 }),
      gauge: (name, read) => void (gauges[name] = read),
      gauges: (name, read) => void (gauges[name] = () => [...read()].reduce((sum, [, value]) => sum + value, 0))
    },
    pool: ingest.pool,
    given: [],
    parser: (name) => around.parsers?.[name],
    joiner: () => around.joiner!,
    ingest,
    tag: around.tag ?? 'app',
    recovered,
    firstStart: around.firstStart ?? recovered.length === 0,
    finish: (value) => (code = value),
    report: { finished: () => code, counters, messages, gauges }
  }
}

export type TailOptions = { -readonly [K in keyof OptionsOf<typeof tailOptions>]?: OptionsOf<typeof tailOptions>[K] }

/** Starts tail with these options, all others at their defaults; `read_from_head` is on. */
export async function startTail(ingest: RecordingIngest, given: TailOptions, around: Surroundings = {}): Promise<Agent> {
  const values = Object.fromEntries(Object.entries(tailOptions).map(([name, field]) => [name, defaultOf(field)]))
  const context = makeContext(ingest, around)
  // defaults by name: the shape is that of the declaration
  const input = await tail.create({ ...values, read_from_head: true, ...given } as OptionsOf<typeof tailOptions>, context)
  await input.start()
  return { input, ...context.report }
}
