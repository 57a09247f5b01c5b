/** Processors, conditions and routes: the parts of a configuration that are structures of YAML. */

import { nearest } from '../lib/edit-distance.ts'
import { checkOptions, type Checking } from './check-options.ts'
import { entryOf, nounOf, plainOf, textOf, type Entry, type Mapping, type Value } from './document.ts'
import { findPlugin } from './find-plugin.ts'
import type { ConditionPlan, ProcessorPlan, RoutePlan, RulePlan } from './plan.ts'
import type { Tables } from './tables.ts'
import { parseBoolean } from './values.ts'

const signals = ['logs', 'metrics', 'traces', 'profiles', 'any']
const operators = ['eq', 'neq', 'gt', 'lt', 'gte', 'lte', 'regex', 'not_regex', 'in', 'not_in'] as const
const contexts = [
  'body', 'metadata', 'group_metadata', 'group_attributes', 'otel_resource_attributes', 'otel_scope_attributes',
  'otel_scope_metadata'
]

/**
 * The processors for logs under `processors:`; those for other signals have nothing to work on and are left out. `wayIn`:
 * they are an input's.
 */
export function readProcessors(
  entry: Entry | undefined,
  owner: string,
  tables: Tables,
  checking: Checking,
  wayIn: boolean
): ProcessorPlan[] {
  const logs = entry === undefined ? undefined : signalOf(entry, checking)
  return logs === undefined ? [] : readProcessorList(logs, owner, tables, checking, wayIn)
}

/** The routes for logs under `routes:`. */
export function readRoutes(entry: Entry | undefined, owner: string, tables: Tables, checking: Checking): RoutePlan[] {
  const logs = entry === undefined ? undefined : signalOf(entry, checking)
  const routes = logs === undefined ? [] : listOf(logs, 'routes', checking).map((item) => {
    return readRoute(item, owner, tables, checking)
  })
  const names = new Set<string>()
  for (const route of routes) {
    if (names.has(route.name)) checking.problems.error('duplicate-name', { kind: 'route', name: route.name }, route.place)
    names.add(route.name)
  }
  return routes
}

function readRoute(map: Mapping, owner: string, tables: Tables, checking: Checking): RoutePlan {
  checkKeys(map, ['name', 'per_record_routing', 'condition', 'processors', 'to'], 'a route', checking)
  const name = textOf(entryOf(map.entries, 'name')?.value) ?? ''
  const title = `the route ${name}`
  if (name === '') checking.problems.error('missing-option', { owner: 'a route', option: 'name' }, map.place)
  const condition = entryOf(map.entries, 'condition')
  const isDefault = condition?.value.kind === 'map' &&
    parseBoolean(textOf(entryOf(condition.value.entries, 'default')?.value) ?? '') === true
  return {
    name,
    perRecord: parseBoolean(textOf(entryOf(map.entries, 'per_record_routing')?.value) ?? '') ?? false,
    condition: condition === undefined || isDefault ? undefined : readCondition(condition, checking),
    processors: readProcessors(entryOf(map.entries, 'processors'), `${owner}/${name}`, tables, checking, false),
    to: readTargets(map, title, checking),
    place: map.place
  }
}

function readTargets(map: Mapping, title: string, checking: Checking): RoutePlan['to'] {
  const to = entryOf(map.entries, 'to')
  const outputs = to?.value.kind === 'map' ? entryOf(to.value.entries, 'outputs') : undefined
  if (outputs === undefined) {
    checking.problems.error('missing-option', { owner: title, option: 'to.outputs' }, map.place, {
      hint: 'For example: to: {outputs: [my-output]}'
    })
    return []
  }
  const items = outputs.value.kind === 'list' ? outputs.value.items : [outputs.value]
  return items.flatMap((item) => {
    if (item.kind === 'scalar') return [{ output: item.text, fallback: undefined, place: item.place }]
    if (item.kind === 'map') {
      const output = textOf(entryOf(item.entries, 'name')?.value)
      const fallback = textOf(entryOf(item.entries, 'fallback')?.value)
      if (output !== undefined) return [{ output, fallback, place: item.place }]
    }
    wrongShape(outputs.key, 'a list of names of outputs', item, checking)
    return []
  })
}

function readProcessorList(logs: Entry, owner: string, tables: Tables, checking: Checking, wayIn: boolean): ProcessorPlan[] {
  const counts = new Map<string, number>()
  return listOf(logs, 'processors', checking).flatMap((map): ProcessorPlan[] => {
    const name = entryOf(map.entries, 'name')
    const known = { ...tables.filters, ...tables.processors }
    const found = findPlugin('processor', name, map.place, known, checking)
    if (found === undefined) return []
    const { spec, plugin } = found
    const title = `the processor ${plugin}`
    if (!wayIn && spec.wayInOnly === true) {
      checking.problems.error('unsupported-section', { section: `${plugin} as a processor of ${owner}` }, map.place, {
        length: 4, hint: 'It works as a filter, and as a processor of an input.'
      })
    }
    const filterOnly = ['name', 'condition', 'match', 'match_regex', 'alias', 'log_level']
    const { options, given } = checkOptions(map.entries, [spec.options], { title, place: map.place, skip: filterOnly }, checking)
    const condition = entryOf(map.entries, 'condition')
    const count = counts.get(plugin) ?? 0
    counts.set(plugin, count + 1)
    return [{
      spec,
      plugin,
      name: `${owner}/${plugin}.${count}`,
      options: options[0] ?? {},
      given,
      condition: condition === undefined || spec.options['condition'] !== undefined
        ? undefined
        : readCondition(condition, checking),
      place: map.place
    }]
  })
}

function readCondition(entry: Entry, checking: Checking): ConditionPlan {
  const nothing: ConditionPlan = { op: 'and', rules: [] }
  if (entry.value.kind !== 'map') {
    wrongShape('condition', 'a map with op and rules', entry.value, checking)
    return nothing
  }
  checkKeys(entry.value, ['op', 'rules', 'default'], 'a condition', checking)
  const op = entryOf(entry.value.entries, 'op')
  const rules = entryOf(entry.value.entries, 'rules')
  if (rules === undefined) {
    checking.problems.error('missing-option', { owner: 'a condition', option: 'rules' }, entry.place)
    return nothing
  }
  return {
    op: choose(op, ['and', 'or'], 'and', checking),
    rules: listOf(rules, 'rules', checking).flatMap((map) => readRule(map, checking))
  }
}

function readRule(map: Mapping, checking: Checking): RulePlan[] {
  checkKeys(map, ['field', 'op', 'value', 'context'], 'a rule', checking)
  const field = textOf(entryOf(map.entries, 'field')?.value)
  const op = entryOf(map.entries, 'op')
  const value = entryOf(map.entries, 'value')
  for (const [option, given] of [['field', field], ['op', op], ['value', value]] as const) {
    if (given === undefined) checking.problems.error('missing-option', { owner: 'a rule', option }, map.place)
  }
  if (field === undefined || value === undefined) return []
  const context = choose(entryOf(map.entries, 'context'), contexts, 'body', checking)
  return [{ field, op: choose(op, operators, 'eq', checking), value: plainOf(value.value), context, place: value.value.place }]
}

/** `logs:` below processors or routes; a list straight below is taken as logs. */
function signalOf(entry: Entry, checking: Checking): Entry | undefined {
  if (entry.value.kind === 'list') return entry
  if (entry.value.kind !== 'map') {
    wrongShape(entry.key, 'a map with logs', entry.value, checking)
    return undefined
  }
  for (const part of entry.value.entries) {
    const known = part.key.toLowerCase().split(',').every((signal) => signals.includes(signal.trim()))
    if (!known) unknownKey(part, signals, entry.key, checking)
  }
  return entry.value.entries.find((part) => /^(.*,)?\s*(logs|any)\s*(,.*)?$/i.test(part.key))
}

function listOf(entry: Entry, what: string, checking: Checking): Mapping[] {
  const items = entry.value.kind === 'list' ? entry.value.items : [entry.value]
  return items.flatMap((item) => {
    if (item.kind === 'map') return [item]
    wrongShape(`an item of ${what}`, 'a map', item, checking)
    return []
  })
}

function choose<const V extends string>(entry: Entry | undefined, values: readonly V[], fallback: V, checking: Checking): V {
  if (entry === undefined) return fallback
  const text = textOf(entry.value) ?? ''
  const found = values.find((value) => value === text.toLowerCase())
  if (found !== undefined) return found
  const near = nearest(text, values)
  const details = { option: entry.key, expected: `one of ${values.join(', ')}`, found: JSON.stringify(text) }
  checking.problems.error('wrong-value', details, entry.value.place, {
    length: text.length,
    hint: near === undefined ? undefined : `Did you mean ${near}?`
  })
  return fallback
}

function checkKeys(map: Mapping, known: readonly string[], owner: string, checking: Checking): void {
  for (const entry of map.entries) {
    if (!known.includes(entry.key.toLowerCase())) unknownKey(entry, known, owner, checking)
  }
}

function unknownKey(entry: Entry, known: readonly string[], owner: string, checking: Checking): void {
  const near = nearest(entry.key, known)
  checking.problems.error('unknown-option', { option: entry.key, owner }, entry.place, {
    length: entry.key.length,
    hint: near === undefined ? `Known are ${known.join(', ')}.` : `Did you mean ${near}?`
  })
}

function wrongShape(what: string, expected: string, value: Value, checking: Checking): void {
  checking.problems.error('yaml-shape', { what, expected, found: nounOf(value) }, value.place)
}
