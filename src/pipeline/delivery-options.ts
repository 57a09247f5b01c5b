/** What the delivery engine of an output is made of, and what it tells of itself. */
import type { OutputQueue } from '../buffer/store.ts'
import type { Log } from '../plugin/context.ts'
import type { Limits, Output } from '../plugin/output.ts'
import type { LetterBox } from './dead-letters.ts'
import type { DeliveryMeter } from './delivery-meter.ts'
import type { HandingOptions } from './fallback.ts'
import type { Parking } from './parking.ts'
import type { Replay } from './replay.ts'
import type { RetryPolicy } from './retry.ts'

export interface DeliveryOptions {
  /** Alias or instance name: how routes in frames call the output. */
  readonly name: string
  readonly output: Output
  readonly limits: Limits
  readonly queue: OutputQueue
  readonly retry: RetryPolicy
  /** What a stream is a part of that keeps its order, such as the path of a file across rotations; itself when not set. */
  readonly sourceOf?: ((uid: string) => string) | undefined
  /** `service.flush` in milliseconds. */
  readonly flush: number
  readonly meter: DeliveryMeter
  readonly log: Log
  /** Where refused records go; without it they are dropped, counted. */
  readonly deadLetters?: LetterBox | undefined
  /** Where stubborn records are set aside; without it they are tried again in place. */
  readonly parking?: Parking | undefined
  /** Dead letters that somebody asked to send again. */
  readonly replay?: Replay | undefined
  /** Who takes what the destination refuses or is not there for. */
  readonly fallback?: HandingOptions | undefined
  /** Milliseconds after which a record that keeps failing alone is parked. */
  readonly parkAfter?: number
  /** 0 to 1, for jitter. */
  readonly random?: () => number
}

export interface DeliveryStatus {
  readonly requests: number
  readonly concurrency: number
  /** False while the destination fails as a whole. */
  readonly answering: boolean
  readonly retrying: number
  readonly parkedRecords: number
  readonly lastError: string
}
