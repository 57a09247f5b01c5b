/**
 * The contract of the buffer as the engine sees it: frames go in once, every output takes them out at its own pace.
 *
 * Behind it stand one log on disk, which always exists because positions live in it, and one in memory. A frame of an
 * input with `storage.type filesystem` goes to disk whole. A frame of a memory input stays in memory; when every output
 * has acknowledged it, its ranges and ledger terms go to disk without its records, so that a position is durable only
 * after the data it covers. What memory still holds when the buffer is closed in good order goes to disk whole, too.
 * `storage.type memrb` is memory in which the oldest frames that no output has begun with make room for new ones.
 */
import type { InputTerms, OutputTerms } from '../event/ledger.ts'
import type { RecoveredStream, Stream } from '../event/stream.ts'
import type { FrameBuilder } from './frame-builder.ts'
import type { Frame } from './frame.ts'

export interface StoreOptions {
  /** State directory, made when missing. One agent at a time (held by a socket in it). */
  readonly directory: string
  /** Names of the outputs of this configuration. */
  readonly outputs: readonly OutputSettings[]
  readonly inputs: readonly InputSettings[]
  /** `storage.sync full`: sync after every frame. */
  readonly syncEveryFrame: boolean
  /** Corrupt frames are copied aside for people. */
  readonly keepsCorrupt: boolean
  /** Bytes of the whole log on disk after which inputs wait. */
  readonly limit: number
  /** Told when records are given up that an output did not have yet: its name, the reason and how many. */
  readonly gaveUp?: (output: string, reason: string, records: number) => void
  /** Wall clock and monotonic milliseconds, for tests. */
  readonly now?: () => number
}

export interface InputSettings {
  readonly name: string
  readonly storage: 'memory' | 'filesystem' | 'memrb'
  /** Bytes of frames in memory after which this input waits (memory), or its oldest are given up (memrb). */
  readonly memoryLimit: number
}

export interface OutputSettings {
  readonly name: string
  /** `storage.total_limit_size`: its oldest frames are given up beyond it, counted; undefined: none. */
  readonly totalLimit: number | undefined
}

export interface FrameStore {
  readonly directory: string
  /** Streams that recovery found, of all inputs. */
  readonly recovered: readonly RecoveredStream[]
  /** The directory held no log. */
  readonly firstStart: boolean
  /** What recovery had to mend (torn tails, corrupt frames), for the log and the metrics. */
  readonly recovery: RecoveryReport
  /**
   * Takes what the input's builder holds. Never fails and never loses: when the disk is full the frame is kept and
   * written later, and `hasRoom` says no until then. `terms` are the input's ledger terms since its last append.
   */
  append(input: string, builder: FrameBuilder, terms: InputTerms): void
  /** Stores news of streams (opened, renamed, closed) that must be durable before the next delivery. */
  declare(input: string, streams: readonly Stream[]): void
  hasRoom(input: string): boolean
  /** Bytes of the input's frames in memory. */
  memoryOf(input: string): number
  /** Frames of a memrb input that were given up since the start, and their bytes. */
  ringDropsOf(input: string): RingDrops
  whenRoom(input: string, callback: () => void): void
  /** Calls back once when every output of the configuration is done with all frames appended so far. */
  whenDelivered(callback: () => void): void
  queue(output: string): OutputQueue
  /** Totals since the state directory was made; through kill -9 too. `held` and `waiting` are filled in by the caller. */
  ledger(): { readonly inputs: ReadonlyMap<string, InputTerms>; readonly outputs: ReadonlyMap<string, OutputTerms> }
  /** Bytes and frames, for the metrics. */
  usage(): StoreUsage
  /** Syncs everything to disk (push inputs acknowledge after it). */
  sync(): Promise<void>
  /** Puts on disk what memory still holds, and lets go of the directory. */
  close(): Promise<void>
}

export interface RingDrops {
  readonly frames: number
  readonly bytes: number
}

export interface OutputQueue {
  /**
   * The oldest frame with records for this output that was not taken yet, or undefined. It stays readable until `done`.
   * Frames of both logs come in the order in which they were appended.
   */
  take(): Frame | undefined
  /**
   * The output is done with all its records in the frame. `terms` says what became of them; they are durable with the
   * cursor. In any order.
   */
  done(frame: Frame, terms: OutputTerms): void
  /** What became of records that came another way than in its frames (a fallback's), `routed` included; durable with the cursor. */
  count(terms: OutputTerms): void
  /** Gives back a taken frame untouched (the agent stops): it is taken again after the restart. */
  untake(frame: Frame): void
  /** Called whenever `take` may have something again. */
  onFrame: (() => void) | undefined
  /** Not done yet: records and bytes, and the Unix time in seconds of the oldest, or 0. */
  waiting(): { readonly records: number; readonly bytes: number; readonly oldest: number; readonly frames: number }
}

export interface RecoveryReport {
  readonly framesRead: number
  readonly tornBytes: number
  readonly corruptFrames: number
  readonly milliseconds: number
  /** Outputs that are not in the configuration and whose data is kept for them. */
  readonly unclaimed: readonly { readonly output: string, readonly records: number, readonly bytes: number }[]
}

export interface StoreUsage {
  readonly memoryBytes: number
  readonly memoryFrames: number
  readonly diskBytes: number
  readonly diskFrames: number
  readonly segments: number
  /** The disk refused a write and frames wait in memory. */
  readonly diskFull: boolean
  /** Frames found corrupt, at the start and since. */
  readonly corruptFrames: number
}
