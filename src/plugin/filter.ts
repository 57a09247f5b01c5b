/** The contract of filters. A filter is written once, against the record's interface. */
import type { Fields, OptionsOf } from '../config/fields.ts'
import type { Key } from '../event/pool.ts'
import type { Record } from '../event/record.ts'
import type { PluginContext } from './context.ts'
import type { JoinerFactory } from './parser.ts'

/** What becomes of the record: it goes on, or it was taken out (counted as filtered by this filter). */
export const KEEP = true
export const DROP = false

/** Called for each record of a tag. Synchronous. When it throws, the record passes as it is and the failure is counted. */
export type RecordFilter = (record: Record) => boolean

export interface Filter {
  /**
   * Called once for each tag that the filter's match accepts, before the tag's first record: what depends on the tag is
   * decided here, not per record.
   */
  forTag(tag: string): RecordFilter
  /**
   * Called before `forTag` when what the tag needs (metadata of a new pod) must be waited for: the source of the tag is
   * paused until the promise settles. Returns undefined when nothing is to be waited for.
   */
  prepare?(tag: string): Promise<void> | undefined
  /** Of a filter that sees some records only when they were joined with others. */
  readonly joins?: Joins
  close?(): Promise<void> | void
}

export interface Joins {
  /** Of the texts. */
  readonly key: Key
  /** Called when `forTag` is, for what says by which seam a record is joined: undefined when by none. */
  forTag(tag: string): (record: Record) => Seam | undefined
}

/** What joins the records that have it and that are of one path. */
export interface Seam {
  /** When it changes, what waits goes on first. Undefined: nothing is joined now. */
  factory: JoinerFactory | undefined
}

export interface FilterContext extends PluginContext {
  /**
   * Sends a copy of what `record` holds now through the pipeline again under another tag, from the first filter on,
   * after the present record is done. Counted as created. Only from within a RecordFilter.
   */
  emit(tag: string, record: Record): void
  /** Asks the agent to end in an orderly way with this exit code. */
  finish(code: number): void
}

export interface FilterSpec<F extends Fields = Fields> {
  readonly name: string
  /** One sentence. */
  readonly summary: string
  readonly description?: string
  readonly options: F
  readonly examples?: readonly Example[]
  /** It joins, sends on or waits for records, as only the way in can do: no processor of an output or a route. */
  readonly wayInOnly?: true
  create(options: OptionsOf<F>, context: FilterContext): Filter | Promise<Filter>
}

/** A configuration, complete but for the plugin's own section around it; a test loads every one. */
export interface Example {
  readonly title: string
  /** YAML of the plugin's entry, such as `name: grep\nmatch: '*'\nexclude: level debug`. */
  readonly config: string
}

/** Keeps the option types of a filter's declaration. */
export function defineFilter<const F extends Fields>(spec: FilterSpec<F>): FilterSpec<F> {
  return spec
}
