/** What a configuration is checked against: the plugins there are, given as arguments so that this layer knows none. */

import type { FilterSpec } from '../plugin/filter.ts'
import type { InputSpec } from '../plugin/input.ts'
import type { OutputSpec } from '../plugin/output.ts'
import type { ParserPlan } from './plan.ts'

export interface Tables {
  readonly inputs: Readonly<Record<string, InputSpec>>
  readonly filters: Readonly<Record<string, FilterSpec>>
  readonly outputs: Readonly<Record<string, OutputSpec>>
  /** Filters that are processors only. */
  readonly processors?: Readonly<Record<string, FilterSpec>>
  /** Names of parsers and multiline parsers that need no definition. */
  readonly stockParsers: Iterable<string>
  readonly stockMultilineParsers: Iterable<string>
  /** Why a regular expression cannot be used; undefined when it can. */
  readonly regexFault: (regex: string) => string | undefined
  /** Why a parser of these options cannot be made; undefined when it can. */
  readonly parserFault?: (options: ParserPlan['options']) => string | undefined
}

/** The plugins that a configuration names, in lower case, whether there are such or not. */
export interface NamedPlugins {
  readonly inputs: ReadonlySet<string>
  readonly filters: ReadonlySet<string>
  readonly outputs: ReadonlySet<string>
  /** Filters, too, where they are written as processors. */
  readonly processors: ReadonlySet<string>
}

/** Loads the tables once it is known what is named. Of a kind of which one is unknown they have all, for proposals. */
export type TablesFor = (named: NamedPlugins) => Promise<Tables>

export interface PlanOptions {
  /** Started by Fluent Bit's own command line: what Fluent Bit lets pass is a warning. */
  readonly tolerant?: boolean
  /** The configuration is for another machine: its files and folders are not looked at. */
  readonly elsewhere?: boolean
}
