/**
 * Everything that follows from a tag: which filters see its records and where they go. Made once per tag and input, so
 * that nothing is matched per record.
 */
import { Route } from '../buffer/frame-builder.ts'
import type { Key } from '../event/pool.ts'
import type { Record } from '../event/record.ts'
import type { TagMatcher } from '../event/tag.ts'
import type { Filter, Joins, RecordFilter, Seam } from '../plugin/filter.ts'
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
  /** Work on the records of this route only. */
  readonly processors: readonly FilterUnit[]
  readonly outputs: readonly string[]
}

/** A conditional route of one tag, and what works on its records only. */
export interface Way {
  readonly route: Route
  readonly steps: readonly Step[]
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

/** Where a filter joins records, and the way from there, on which that filter is the first. */
export class JoinStep {
  readonly unit: FilterUnit
  readonly rest: TagPath
  readonly #joins: Joins
  #seamOf: ((record: Record) => Seam | undefined) | undefined

  constructor(unit: FilterUnit, joins: Joins, rest: TagPath) {
    this.unit = unit
    this.rest = rest
    this.#joins = joins
  }

  get key(): Key {
    return this.#joins.key
  }

  seamOf(record: Record): Seam | undefined {
    return (this.#seamOf ??= this.#joins.forTag(this.rest.tag))(record)
  }
}

/** Takes a record through filters; returns the one that took it out. One that throws is passed over, and counted. */
export function passThrough(steps: readonly Step[], record: Record): FilterUnit | undefined {
  for (const { unit, apply } of steps) {
    unit.records++
    try {
      if (apply(record)) continue
      unit.dropped++
      return unit
    } catch (error) {
      unit.failures++
      unit.lastFailure = String(error)
    }
  }
  return undefined
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
  readonly #byRule: readonly (Way | undefined)[]
  readonly #ways = new Map<number, readonly Way[]>()

  /** `joined`: what the first of the units joins was joined. */
  constructor(
    tag: string, units: readonly FilterUnit[], destinations: readonly Destination[], conditional: readonly ConditionalRoute[], joined = false
  ) {
    this.tag = tag
    const matching = units.filter((unit) => unit.matches(tag))
    const joining = matching.findIndex(({ filter }, i) => filter.joins !== undefined && !(joined && i === 0))
    this.#units = joining < 0 ? matching : matching.slice(0, joining)
    const unit = matching[joining]
    this.join = unit?.filter.joins === undefined
      ? undefined
      : new JoinStep(unit, unit.filter.joins, new TagPath(tag, matching.slice(joining), destinations, conditional, true))
    this.#conditional = conditional
    this.#byRule = conditional.map(({ name, outputs, processors }) => {
      const route = makeRoute(name, outputs)
      return route === null ? undefined : { route, steps: processors.map((one) => ({ unit: one, apply: one.filter.forTag(name) })) }
    })
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
  waysOf(record: Record): readonly Way[] {
    const rules = this.#conditional
    let taken = 0
    for (let i = 0; i < rules.length; i++) if (rules[i]!.condition?.(record, this.tag) === true) taken |= 1 << i
    if (taken === 0) for (let i = 0; i < rules.length; i++) if (rules[i]!.condition === undefined) taken |= 1 << i
    let ways = this.#ways.get(taken)
    if (ways === undefined) {
      ways = this.#byRule.filter((way, i): way is Way => way !== undefined && (taken & (1 << i)) !== 0)
      this.#ways.set(taken, ways)
    }
    return ways
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
