/** Conditions of processors and routes, compiled once and asked per record. */
import { AccessorError, compileAccessor, type Accessor } from './accessor.ts'
import { compileMatcher, ExactMatcher, type Matcher } from './matcher.ts'
import type { Pool } from './pool.ts'
import type { Record } from './record.ts'

export const OPERATORS = ['eq', 'neq', 'gt', 'lt', 'gte', 'lte', 'regex', 'not_regex', 'in', 'not_in'] as const

/**
 * Where a field is looked for. `metadata` is the event's; the others come with grouped (OTLP) events only: of any other
 * event they hold nothing.
 */
export const CONTEXTS = [
  'body', 'metadata', 'group_metadata', 'group_attributes', 'otel_resource_attributes', 'otel_scope_attributes',
  'otel_scope_metadata'
] as const

export interface ConditionRule {
  /** Record accessor. */
  readonly field: string
  readonly op: (typeof OPERATORS)[number]
  /** Text, number, boolean, or a list of these for `in` and `not_in`. */
  readonly value: unknown
  readonly context: string
}

export interface ConditionDefinition {
  readonly op: 'and' | 'or'
  readonly rules: readonly ConditionRule[]
}

export type Condition = (record: Record) => boolean

/** What is wrong with a rule, by its place in the list. */
export class ConditionError extends Error {
  readonly rule: number

  constructor(message: string, rule: number) {
    super(message)
    this.rule = rule
  }
}

/**
 * A missing field fulfils `neq`, `not_regex` and `not_in` and nothing else. Numbers are compared as numbers, whether the
 * field holds a number or a text that is one. Throws ConditionError.
 */
export function compileCondition(definition: ConditionDefinition, pool: Pool): Condition {
  const rules = definition.rules.map((rule, i) => {
    try {
      return compileRule(rule, pool)
    } catch (error) {
      if (error instanceof ConditionError) throw error
      throw new ConditionError(error instanceof Error ? error.message : String(error), i)
    }
  })
  const only = rules[0]
  if (rules.length === 1 && only !== undefined) return only
  if (definition.op === 'and') return (record) => rules.every((rule) => rule(record))
  return (record) => rules.some((rule) => rule(record))
}

function compileRule(rule: ConditionRule, pool: Pool): Condition {
  const field = rule.field.startsWith('$') ? rule.field : `$${rule.field}`
  const accessor = compileAccessor(field, pool)
  const test = compileTest(rule)
  const { whenMissing } = test
  if (rule.context === 'body' || rule.context === '') {
    return (record) => (accessor.locate(record) ? test.holds(accessor) : whenMissing)
  }
  if (!(CONTEXTS as readonly string[]).includes(rule.context)) {
    throw new AccessorError(`There is no context \`${rule.context}\`; there are ${CONTEXTS.join(', ')}.`, 0)
  }
  if (rule.context === 'metadata') {
    return (record) => {
      const value = lookUp(record.metadata, [accessor.key.text, ...accessor.path])
      return value === undefined ? whenMissing : test.holdsText(typeof value === 'string' ? value : JSON.stringify(value))
    }
  }
  return () => false
}

interface Test {
  readonly whenMissing: boolean
  holds(located: Accessor): boolean
  holdsText(text: string): boolean
}

function compileTest(rule: ConditionRule): Test {
  const { op, value } = rule
  switch (op) {
    case 'eq': return textTest(new ExactMatcher([scalar(value)]), true)
    case 'neq': return textTest(new ExactMatcher([scalar(value)]), false)
    case 'regex': return textTest(compileMatcher(scalar(value)), true)
    case 'not_regex': return textTest(compileMatcher(scalar(value)), false)
    case 'in': return textTest(new ExactMatcher(list(value)), true)
    case 'not_in': return textTest(new ExactMatcher(list(value)), false)
    case 'gt': return numberTest(value, (a, b) => a > b)
    case 'gte': return numberTest(value, (a, b) => a >= b)
    case 'lt': return numberTest(value, (a, b) => a < b)
    case 'lte': return numberTest(value, (a, b) => a <= b)
  }
}

function textTest(matcher: Matcher, wanted: boolean): Test {
  return {
    whenMissing: !wanted,
    holds: (located) => located.matchesLocated(matcher) === wanted,
    holdsText: (text) => matcher.matchesText(text) === wanted
  }
}

function numberTest(value: unknown, compare: (a: number, b: number) => boolean): Test {
  const bound = Number(value)
  if (Number.isNaN(bound) || scalar(value).trim() === '') throw new TypeError(`Expected a number, found \`${scalar(value)}\`.`)
  const holdsText = (text: string): boolean => compare(Number.parseFloat(text), bound)
  return { whenMissing: false, holds: (located) => holdsText(located.text()), holdsText }
}

function scalar(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value)
  throw new TypeError('Expected a text, number or boolean as the value of a rule.')
}

function list(value: unknown): string[] {
  if (!Array.isArray(value)) throw new TypeError('Expected a list as the value of `in` and `not_in`.')
  return value.map(scalar)
}

function lookUp(json: string, path: readonly (string | number)[]): unknown {
  if (json === '') return undefined
  let value: unknown = JSON.parse(json)
  for (const step of path) {
    if (typeof value !== 'object' || value === null || Array.isArray(value) !== (typeof step === 'number')) return undefined
    const entries = value as { readonly [step: string | number]: unknown }
    if (!Object.hasOwn(entries, step)) return undefined
    value = entries[step]
  }
  return value
}
