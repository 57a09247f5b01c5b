/** What every plugin is given beside its options. */
import type { Pool } from '../event/pool.ts'
import type { Given } from '../config/fields.ts'
import type { Parser, JoinerFactory } from './parser.ts'

/** The agent's own log, bound to the plugin's name. Sentences; each message at most once per 10 s, with a count. */
export interface Log {
  error(message: string, details?: object): void
  warn(message: string, details?: object): void
  info(message: string, details?: object): void
  debug(message: string, details?: object): void
}

/** Counters and gauges a plugin keeps: plain numbers, read when somebody asks for the metrics. */
export interface Meter {
  /** `name` and its sentence stand in metrics/names.ts; labels beside the plugin's own `name`. */
  counter(name: string, labels?: { readonly [label: string]: string }): Counter
  gauge(name: string, read: () => number, labels?: { readonly [label: string]: string }): void
  /** Gauges whose labels come and go, such as one per followed file; read all at once when somebody asks. */
  gauges(name: string, read: () => Iterable<readonly [labels: { readonly [label: string]: string }, value: number]>): void
}

export interface Counter {
  value: number
}

export interface PluginContext {
  /** Alias if set, else the instance name such as `tail.0`. */
  readonly name: string
  readonly log: Log
  readonly meter: Meter
  /** It is made only to learn what it refuses, and let go of at once: it asks nothing of any other machine. */
  readonly trial?: boolean
  /** Where keys and constant values are interned at start. */
  readonly pool: Pool
  /** The properties as written, in order, with their places. */
  readonly given: readonly Given[]
  /** A parser by name, stock or configured; undefined when there is none. */
  parser(name: string): Parser | undefined
  /** A factory of joiners for these multiline parsers, tried in order; throws PluginError for an unknown name. */
  joiner(names: readonly string[], options?: JoinerOptions): JoinerFactory
}

export interface JoinerOptions {
  /** Key of a line that no parser of the list took; `log` when not set. */
  readonly key?: string
  /** Milliseconds after a group's last line when it is emitted. */
  readonly flushTimeout?: number
  /**
   * A line is the string under `key` of what the record holds, and a group's record is that of its first line. A record
   * that begins or goes on with no group is sent on as it is.
   */
  readonly ofRecords?: boolean
  /** With `ofRecords`: every record is a part of a message as docker marks them; no multiline parser is needed. */
  readonly partials?: boolean
}

/** A plugin's complaint about its configuration: shown at the option's place, without a stack. */
export class PluginError extends Error {
  /** The option it is about, if it is about one. */
  readonly option: string | undefined
  /** It is about this machine, a file of it or its environment: on another one the configuration may be right. */
  readonly local: boolean

  constructor(message: string, option?: string, local = false) {
    super(message)
    this.option = option
    this.local = local
  }
}
