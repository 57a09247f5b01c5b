/** The contract of inputs. From line to frame everything is synchronous. */
import type { Fields, OptionsOf } from '../config/fields.ts'
import type { Record } from '../event/record.ts'
import type { RecoveredStream, Stream, StreamIdentity, StreamRange } from '../event/stream.ts'
import type { PluginContext } from './context.ts'
import type { Example } from './filter.ts'

export interface Input {
  /** Called once. Resolves when the input reads or listens. */
  start(): Promise<void>
  /**
   * Stops reading. What was read is emitted and committed before it resolves; `deadline` is a `performance.now()` time.
   * `handsOver`: after a reload another instance goes on in this process where this one ends.
   */
  stop(deadline: number, handsOver?: boolean): Promise<void>
}

/** A tag with everything that follows from it: filters bound to it, routes. Made once per tag. */
export interface TagHandle {
  readonly tag: string
  /** Something to wait for before the first record of the tag (see `Filter.prepare`). */
  readonly ready: Promise<void> | undefined
}

/** The way into the pipeline. */
export interface Ingest {
  /** The scratch record: fill it, then `emit`. The engine resets it after each emit. */
  readonly record: Record
  tag(tag: string): TagHandle
  /** A new stream with a fresh uid. Its identity is stored before its first delivery. */
  openStream(identity: StreamIdentity): Stream
  /** A stream that recovery found, or the next generation of one (a truncated file). */
  resumeStream(uid: string, generation: number, identity: StreamIdentity): Stream
  /** The identity changed (renamed, fingerprint grown): stored with the next frame. */
  identityChanged(stream: Stream): void
  /** Nothing more will come from it. What is not covered below `end` waits to be joined: after a kill it must be read again. */
  closeStream(stream: Stream, end?: number): void
  /**
   * Takes what `record` holds through filters and routes into the open frame, and covers `[from, to)` of the stream,
   * whatever became of the record. Counts one line read.
   */
  emit(tag: TagHandle, stream: Stream, from: number, to: number): void
  /** `emit` for a record joined from `lines` lines; covers all the ranges; its identity spans the first to the last. */
  emitJoined(tag: TagHandle, ranges: readonly StreamRange[], lines: number): void
  /** Covers a range from which nothing came (empty lines, skipped bytes). */
  cover(stream: Stream, from: number, to: number): void
  /** Counts lines read that are given up for a reason; covers nothing. */
  drop(reason: string, lines: number): void
  /** Says how many lines the input's joiners hold now. */
  holding(lines: number): void
  /**
   * Closes the open frame, so that outputs see it. Call at the end of a sweep; long frames close themselves.
   */
  commit(): void
  /** Calls back once when every output is done with all that was committed so far; for sources that are told how far delivery is. */
  whenDelivered(callback: () => void): void
  /**
   * Commits, and resolves when everything that was emitted so far is on the disk for good, as far as the input's records
   * go to disk. Many that ask at once are served by one sync.
   */
  durable(): Promise<void>
  /** False: stop reading, the buffer is full. Ask before each block. */
  hasRoom(): boolean
  /** Calls back once when there is room again. */
  whenRoom(callback: () => void): void
}

export interface InputContext extends PluginContext {
  readonly ingest: Ingest
  /** The configured tag; the instance name when none is set. */
  readonly tag: string
  /** Streams of this input that recovery found. */
  readonly recovered: readonly RecoveredStream[]
  /** Nothing that was followed before is known: the very first start on this state. */
  readonly firstStart: boolean
  /** Asks the agent to end in an orderly way with this exit code (exit_on_eof). */
  finish(code: number): void
}

export interface InputSpec<F extends Fields = Fields> {
  readonly name: string
  readonly summary: string
  readonly description?: string
  readonly options: F
  readonly examples?: readonly Example[]
  /** Its data cannot be read again: it is acknowledged to the sender only after a sync. */
  readonly volatile?: true
  /** Its senders are told when their data is safe, so it goes to disk unless the configuration says otherwise. */
  readonly acknowledges?: true
  /** Its records have passed the filters already and go to the outputs as they are. */
  readonly behindFilters?: true
  create(options: OptionsOf<F>, context: InputContext): Input | Promise<Input>
}

/** Keeps the option types of an input's declaration. */
export function defineInput<const F extends Fields>(spec: InputSpec<F>): InputSpec<F> {
  return spec
}
