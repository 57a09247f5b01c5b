/**
 * Everything that follows from a tag: which filters see its records and where they go. Made once per tag and input, so
 * that nothing is matched per record.
 */
import { Route } from '../buffer/frame-builder.ts'
import type { Record } from '../event/record.ts'
import type { TagMatcher } from '../event/tag.ts'
import type { Filter, RecordFilter } from '../plugin/filter.ts'
import type { TagHandle } from '../plugin/input.ts'

/** A filter of the configuration with its counters. */
export class FilterUnit {
  readonly name: string
  readonly matches: TagMatcher
  readonly filter: Filter
  /** Records seen, taken out, made, and failures of the filter itself. */
  records = 0
  dropped = 0
  emitted = 0
  failures = 0
  lastFailure = ''

  constructor(name: string, matches: TagMatcher, filter: Filter) {
    this.name = name
    this.matches = matches
    this.filter = filter
  }
}

/** A route of an input by condition. */
export interface ConditionalRoute {
  /** The tag that its records get, as in Fluent Bit. */
  readonly name: string
  /** Undefined: takes what no other route took. */
  readonly condition: ((record: Record, tag: string) => boolean) | undefined
  readonly outputs: readonly string[]
}

/** Where records go by tag. */
export interface Destination {
  readonly name: string
  readonly matches: TagMatcher
}

/** One filter at work on one tag. */
export interface Step {
  readonly unit: FilterUnit
  readonly apply: RecordFilter
}

/** A filter that joins records, and the way behind it. */
export interface JoinStep {
  readonly unit: FilterUnit
  readonly joins: NonNullable<Filter['joins']>
  readonly rest: TagPath
}

export class TagPath implements TagHandle {
  readonly tag: string
  readonly ready: Promise<void> | undefined
  /** Where the steps end, unless it is at the routes. */
  readonly join: JoinStep | undefined
  readonly #units: readonly FilterUnit[]
  readonly #conditional: readonly ConditionalRoute[]
  /** Route of every record; null: nowhere. Not used with conditional routes. */
  readonly route: Route | null
  #steps: readonly Step[] | undefined
  readonly #byRule: readonly (Route | null)[]
  readonly #routes = new Map<number, readonly Route[]>()

  constructor(tag: string, units: readonly FilterUnit[], destinations: readonly Destination[], conditional: readonly ConditionalRoute[]) {
    this.tag = tag
    const matching = units.filter((unit) => unit.matches(tag))
    const joining = matching.findIndex(({ filter }) => filter.joins !== undefined)
    this.#units = joining < 0 ? matching : matching.slice(0, joining)
    const unit = matching[joining]
    this.join = unit?.filter.joins === undefined
      ? undefined
      : { unit, joins: unit.filter.joins, rest: new TagPath(tag, matching.slice(joining + 1), destinations, conditional) }
    this.#conditional = conditional
    this.#byRule = conditional.map((rule) => makeRoute(rule.name, rule.outputs))
    this.route = makeRoute(tag, destinations.filter((d) => d.matches(tag)).map((d) => d.name))
    const waits = [...this.#units.flatMap((one) => one.filter.prepare?.(tag) ?? []), this.join?.rest.ready ?? []].flat()
    this.ready = waits.length === 0 ? undefined : Promise.all(waits).then(() => undefined)
  }

  /** The filters of the tag, in order; bound to it at the first record. */
  get steps(): readonly Step[] {
    return this.#steps ?? this.#bind()
  }

  #bind(): readonly Step[] {
    return (this.#steps = this.#units.map((unit) => ({ unit, apply: unit.filter.forTag(this.tag) })))
  }

  get isConditional(): boolean {
    return this.#conditional.length > 0
  }

  /** Where conditions send this record: one route for each that holds, else those that take the rest. */
  routesOf(record: Record): readonly Route[] {
    const rules = this.#conditional
    let taken = 0
    for (let i = 0; i < rules.length; i++) if (rules[i]!.condition?.(record, this.tag) === true) taken |= 1 << i
    if (taken === 0) for (let i = 0; i < rules.length; i++) if (rules[i]!.condition === undefined) taken |= 1 << i
    let routes = this.#routes.get(taken)
    if (routes === undefined) {
      routes = this.#byRule.filter((route, i) => route !== null && (taken & (1 << i)) !== 0) as Route[]
      this.#routes.set(taken, routes)
    }
    return routes
  }
}

const sets = new Map<string, readonly string[]>()

/** Equal sets of outputs are one array, so that a frame knows them by identity. */
function makeRoute(tag: string, outputs: readonly string[]): Route | null {
  if (outputs.length === 0) return null
  const key = outputs.join('\n')
  let set = sets.get(key)
  if (set === undefined) sets.set(key, (set = outputs))
  return new Route(tag, set)
}
