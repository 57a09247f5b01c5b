/** The contract of outputs. A failure is a verdict; the engine acts on it in one place. */
import type { Fields, OptionsOf } from '../config/fields.ts'
import type { Batch } from '../event/batch.ts'
import type { OutputTerms } from '../event/ledger.ts'
import type { PluginContext } from './context.ts'
import type { Example } from './filter.ts'

/** Outcome of one record of a batch. */
export const DELIVERED = 0
export const RETRY = 1
export const REFUSED = 2
/** The destination has had it already (409 to a `create` with our id). Counts as delivered, and as repeated. */
export const REPEATED = 3
/** To be tried again although the destination may have taken it (reply lost): counted as repeated when it is sent again. */
export const UNSURE = 4
/** On disk in the output's own store, where it waits; `Output.kept` counts it from now on. */
export const KEPT = 5

/**
 * delivered: all of it is safe at the destination.
 * retry: none of it is known to be; try the same again, not before `after` milliseconds when given. `unsure` says that
 *   the destination may have taken it (reply lost): what is sent again is counted as repeated. `slow` says that no answer
 *   came in time: the link may be too slow for so much, and smaller batches are tried.
 * refused: the destination will never take any of it; dead letters with this reason.
 * too_large: the request as a whole was too large; the engine halves it, and refuses a single record.
 * partial: `outcomes[i]` for each record; `reasons` says why for those refused or to be tried again. `down` says that the
 *   destination fails as a whole: when no record was taken or refused, all of them wait for it together.
 */
export type Verdict =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'retry'; readonly reason: string; readonly after?: number; readonly unsure?: boolean; readonly throttled?: boolean; readonly slow?: boolean }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'too_large'; readonly reason: string }
  | {
      readonly kind: 'partial'
      readonly outcomes: Uint8Array
      readonly reasons: ReadonlyMap<number, string>
      readonly after?: number
      readonly throttled?: boolean
      readonly down?: boolean
    }

export const delivered: Verdict = { kind: 'delivered' }

export interface Output {
  /** Called once before the first batch. May reject: tried again with back-off; the agent runs on. */
  open?(): Promise<void>
  /**
   * Sends a batch, within the limits of the spec. The batch is valid until the promise settles. A rejection is taken
   * as `retry`. `signal` aborts when the agent stops at once.
   */
  write(batch: Batch, signal: AbortSignal): Promise<Verdict>
  /**
   * What became of all the records that were ever kept, and how many wait; `routed` is 0. As durable as what is kept. An
   * output that keeps records is given those again whose frames were not acknowledged before a kill, and passes them over.
   */
  kept?(): OutputTerms
  /** Sends what is kept without waiting for more: the agent stops. Resolves when nothing is left. */
  finish?(): Promise<void>
  close?(): Promise<void>
}

/** How the engine cuts batches for this output; given by `limits` once the options are known. */
export interface Limits {
  /** Largest sum of body bytes, and most records, in one batch. */
  readonly maxBytes: number
  readonly maxRecords: number
  /** Requests under way at once, at most. */
  readonly concurrency: number
  /** The destination keeps order: records of one stream are never under way in two requests. */
  readonly ordered: boolean
  /** Gather for up to `flush` even when idle, since requests cost there. */
  readonly gather: boolean
}

export interface OutputContext extends PluginContext {
  /** Path of a folder of this output's own below the state directory, made at first use. */
  stateDirectory(): string
  /** Calls back once when every output is done with all frames there are now, and that is on disk. */
  whenDelivered(callback: () => void): void
  /** How the engine tries again: `scheduler.base` and `scheduler.cap` in milliseconds, and `retry_limit`, if there is one. */
  readonly retry: { readonly base: number; readonly cap: number; readonly limit: number | undefined }
  /** Default for `workers` was overridden by the configuration. */
  readonly workers: number | undefined
  readonly service: { readonly flush: number; readonly grace: number }
  /** Values of the common options `net.*` and `tls.*` and `host`/`port`, checked. */
  readonly network: NetworkOptions
}

export interface NetworkOptions {
  readonly host: string | undefined
  readonly port: number | undefined
  /** The values of `net.*` by name without the prefix. */
  readonly net: { readonly [name: string]: string | number | boolean | undefined }
  /** The values of `tls.*` by name without the prefix; `enabled` for `tls`. */
  readonly tls: { readonly [name: string]: string | number | boolean | undefined }
  /** The nodes of the destination, when there are several: each with options of the plugin that are its own. */
  readonly nodes?: readonly NetworkNode[]
}

export interface NetworkNode {
  readonly name: string
  readonly network: NetworkOptions
  readonly options: { readonly [name: string]: unknown }
}

export interface OutputSpec<F extends Fields = Fields> {
  readonly name: string
  readonly summary: string
  readonly description?: string
  readonly options: F
  readonly examples?: readonly Example[]
  /** Speaks over the network: `host`, `port`, `net.*`, `tls.*` are options of it. */
  /** `nodes`: it has the option `upstream`, whose nodes may set these options of it. */
  readonly network?: { readonly port: number; readonly nodes?: readonly string[] }
  limits(options: OptionsOf<F>): Limits
  create(options: OptionsOf<F>, context: OutputContext): Output | Promise<Output>
}

/** Keeps the option types of an output's declaration. */
export function defineOutput<const F extends Fields>(spec: OutputSpec<F>): OutputSpec<F> {
  return spec
}
