/**
 * A plan is a checked configuration: everything the agent needs to start, nothing it must check again. Options are the
 * values that the declarations of the plugins describe, so a plan is made by `planFile` and `planSections` of make-plan.ts only.
 */

import type { FilterSpec } from '../plugin/filter.ts'
import type { InputSpec } from '../plugin/input.ts'
import type { OutputSpec } from '../plugin/output.ts'
import type { filterOptions, inputOptions, networkOptions, outputOptions } from './common-options.ts'
import type { SecretFile } from './environment.ts'
import type { Given, OptionsOf, Place } from './fields.ts'
import type { multilineOptions, parserOptions } from './parser-options.ts'
import type { Problem, Sources } from './problem.ts'
import type { serviceOptions } from './service-options.ts'

export interface Plan {
  /** The checked service section; times in milliseconds, `grace` may be Infinity. */
  readonly service: OptionsOf<typeof serviceOptions>
  /** Parsers that the configuration defines, in order; a name may cover a stock parser. */
  readonly parsers: readonly ParserPlan[]
  readonly multilineParsers: readonly MultilinePlan[]
  readonly inputs: readonly InputPlan[]
  readonly filters: readonly FilterPlan[]
  readonly outputs: readonly OutputPlan[]
  readonly warnings: readonly Problem[]
  /** Files that values were read from and that may change (env with refresh_interval, ms). */
  readonly secretFiles: readonly SecretFile[]
  /** The files that were read, absolute, with their texts, for showing lines of problems found later. */
  readonly sources: Sources
}

/** What inputs, filters and outputs have in common. */
interface Instance {
  /** The plugin's name: `tail`. */
  readonly plugin: string
  /** Plugin and number among the instances of that plugin: `tail.0`. */
  readonly name: string
  readonly alias: string | undefined
  /** The alias if set, else the name: how metrics and messages call it. */
  readonly label: string
  /** Checked values of the plugin's own options, as its `create` takes them. */
  readonly options: Readonly<Record<string, unknown>>
  /** All properties as written, common ones included, in order. */
  readonly given: readonly Given[]
  readonly place: Place
}

export interface InputPlan extends Instance {
  readonly spec: InputSpec
  readonly common: OptionsOf<typeof inputOptions>
  /** The configured tag, else the name of the instance. */
  readonly tag: string
  /** `storage.type` of the input, the service or the default. */
  readonly storage: 'memory' | 'filesystem' | 'memrb'
  readonly processors: readonly ProcessorPlan[]
  /** Routes by condition; empty when the tags decide alone. */
  readonly routes: readonly RoutePlan[]
}

export interface FilterPlan extends Instance {
  readonly spec: FilterSpec
  readonly common: OptionsOf<typeof filterOptions>
}

export interface OutputPlan extends Instance {
  readonly spec: OutputSpec
  readonly common: OptionsOf<typeof outputOptions>
  /** Checked values of `host`, `port`, `net.*` and `tls.*`; defaults when the plugin does not speak over the network. */
  readonly network: OptionsOf<typeof networkOptions>
  /** The nodes of its upstream, when it has one. */
  readonly nodes: readonly NodePlan[]
  /** Label of the output that takes what this one refuses or is down for. */
  readonly fallback: string | undefined
  readonly processors: readonly ProcessorPlan[]
  /** `common.match`; `*` for the only output beside an only input; undefined when only routes lead here. */
  readonly match: string | undefined
}

/** One node of an upstream: the output's options with the node's own before them. */
export interface NodePlan {
  readonly name: string
  readonly network: OptionsOf<typeof networkOptions>
  /** Options of the plugin that the node sets. */
  readonly options: Readonly<Record<string, unknown>>
}

/** A filter at work for one input, output or route only. */
export interface ProcessorPlan {
  readonly spec: FilterSpec
  readonly plugin: string
  /** Owner, plugin and position: `tail.0/content_modifier.0`. */
  readonly name: string
  readonly options: Readonly<Record<string, unknown>>
  readonly given: readonly Given[]
  readonly condition: ConditionPlan | undefined
  readonly place: Place
}

export interface RoutePlan {
  readonly name: string
  /** Records are routed one by one instead of all that were read together. */
  readonly perRecord: boolean
  /** Undefined: everything that no other route took (`default: true`). */
  readonly condition: ConditionPlan | undefined
  readonly processors: readonly ProcessorPlan[]
  /** Outputs by `name` of their plan (`es.0`). */
  readonly to: readonly TargetPlan[]
  readonly place: Place
}

export interface TargetPlan {
  readonly output: string
  /** Another output, for what this one refuses or is down for: it becomes `fallback` of the output itself. */
  readonly fallback: string | undefined
  readonly place: Place
}

export interface ConditionPlan {
  readonly op: 'and' | 'or'
  readonly rules: readonly RulePlan[]
}

export interface RulePlan {
  /** Record accessor. */
  readonly field: string
  readonly op: 'eq' | 'neq' | 'gt' | 'lt' | 'gte' | 'lte' | 'regex' | 'not_regex' | 'in' | 'not_in'
  /** Text, number, boolean, or a list of these for `in` and `not_in`. */
  readonly value: unknown
  readonly context: string
  readonly place: Place
}

export interface ParserPlan {
  readonly name: string
  readonly options: OptionsOf<typeof parserOptions>
  /** The properties as written, in order: decoders depend on it. */
  readonly given: readonly Given[]
  readonly place: Place
}

export interface MultilinePlan {
  readonly name: string
  readonly options: OptionsOf<typeof multilineOptions>
  readonly rules: readonly MultilineRule[]
  readonly given: readonly Given[]
  readonly place: Place
}

export interface MultilineRule {
  /** The states in which the rule holds. */
  readonly states: readonly string[]
  readonly regex: string
  readonly next: string
  readonly place: Place
}
