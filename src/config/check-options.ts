/**
 * Checks the properties of one section against declared fields: every name known, every value of its kind, nothing
 * missing, nothing twice. All problems are told, and what is right is returned.
 */

import { nearest } from '../lib/edit-distance.ts'
import { own } from '../lib/own.ts'
import { nounOf, plainOf, type Entry, type Scalar, type Value } from './document.ts'
import { readSecret } from './environment.ts'
import type { Field, Fields, Given, Place } from './fields.ts'
import type { Problems } from './problem.ts'
import { toleratesRepetition, toleratesValue, type Scope } from './tolerated.ts'
import { defaultOf, describeExpected, parseValue } from './values.ts'

/** What the checks of a configuration share. */
export interface Checking {
  readonly problems: Problems
  /** What Fluent Bit tolerates is a warning (see `plan.ts`). */
  readonly tolerant: boolean
  /** Values that must never be shown. */
  readonly hidden: Hidden[]
}

export interface Hidden {
  readonly place: Place
  readonly text: string
}

export interface Owner {
  /** For messages: `the input tail`. */
  readonly title: string
  readonly place: Place
  /** Names that are read elsewhere, in lower case. */
  readonly skip?: readonly string[]
  /** Unknown names that Fluent Bit lets pass. */
  readonly lenient?: (name: string) => boolean
  /** The plugin; empty for the service and for definitions. */
  readonly plugin?: string
  /** Whose options each set of fields holds; all `own` when not said. */
  readonly scopes?: readonly Scope[]
}

export interface Checked {
  /** One record of checked values for each set of fields, in their order. */
  readonly options: readonly Record<string, unknown>[]
  readonly given: readonly Given[]
}

/** Checks `entries` against several sets of fields at once; a name that two of them declare goes to both. */
export function checkOptions(
  entries: readonly Entry[],
  sets: readonly Fields[],
  owner: Owner,
  checking: Checking
): Checked {
  const found = sets.map(() => new Map<string, unknown[]>())
  const given: Given[] = []
  for (const entry of entries) {
    const written = entry.key.toLowerCase()
    if (owner.skip?.includes(written) === true) continue
    const homes = sets.map((fields) => findField(fields, written))
    const first = homes.find((home) => home !== undefined)
    if (first === undefined) {
      unknown(entry, sets, owner, checking)
      continue
    }
    const name = first.prefix ? written : first.name
    const values = readValues(entry, first.field, checking)
    given.push(...values.map(({ place, value }) => ({ name, value, place })))
    note(entry, first.field, checking)
    for (const [index, home] of homes.entries()) {
      if (home === undefined) continue
      const scope = owner.scopes?.[index] ?? 'own'
      keep(found[index] ?? new Map<string, unknown[]>(), { ...home, scope }, written, entry, values, owner, checking)
    }
  }
  return { options: sets.map((fields, index) => finish(fields, found[index] ?? new Map(), owner, checking)), given }
}

interface Home {
  readonly name: string
  readonly field: Field
  readonly prefix: boolean
}

interface Raw {
  readonly value: unknown
  readonly scalar: Scalar | undefined
  readonly place: Place
}

/** Names that the fields of `sets` may be given by, for proposals. */
export function namesOf(sets: readonly Fields[]): string[] {
  return sets.flatMap((fields) => Object.entries(fields).flatMap(([name, field]) => [name, ...(field.aliases ?? [])]))
}

/** Looks like the name of something that nobody should see. */
export function isSecretName(name: string): boolean {
  return /passw|secret|token|api_?key|shared_key|bearer|credential|cloud_auth|key\.pem/i.test(name) &&
    !/(_file|_path|_ttl|_command|_url)$/i.test(name)
}

function findField(fields: Fields, written: string): Home | undefined {
  const exact = own(fields, written)
  if (exact !== undefined) return { name: written, field: exact, prefix: exact.prefix === true }
  for (const [name, field] of Object.entries(fields)) {
    if (name.toLowerCase() === written) return { name, field, prefix: false }
    if (field.aliases?.some((alias) => alias.toLowerCase() === written) === true) return { name, field, prefix: false }
  }
  const prefixed = Object.entries(fields).find(([name, field]) => {
    return field.prefix === true && written.length > name.length && written.startsWith(name.toLowerCase())
  })
  return prefixed === undefined ? undefined : { name: prefixed[0], field: prefixed[1], prefix: true }
}

function unknown(entry: Entry, sets: readonly Fields[], owner: Owner, checking: Checking): void {
  const near = nearest(entry.key, namesOf(sets))
  const level = checking.tolerant && owner.lenient?.(entry.key.toLowerCase()) === true ? 'warning' : 'error'
  checking.problems[level]('unknown-option', { option: entry.key, owner: owner.title }, entry.place, {
    length: entry.key.length,
    hint: near === undefined ? undefined : `Did you mean ${near}?`
  })
  if (isSecretName(entry.key)) hide(entry.value, checking)
}

function note(entry: Entry, field: Field, checking: Checking): void {
  if (field.secret === true || isSecretName(entry.key)) hide(entry.value, checking)
  if (field.deprecated !== undefined) {
    checking.problems.warning('deprecated-option', { option: entry.key, reason: field.deprecated }, entry.place, {
      length: entry.key.length
    })
  }
}

function hide(value: Value, checking: Checking): void {
  if (value.kind === 'scalar') checking.hidden.push({ place: value.place, text: value.text })
  else if (value.kind === 'list') for (const item of value.items) hide(item, checking)
  else for (const entry of value.entries) hide(entry.value, checking)
}

/** The values of an entry: a YAML list is a property repeated. */
function readValues(entry: Entry, field: Field, checking: Checking): Raw[] {
  if (field.kind === 'any') return [{ value: plainOf(entry.value), scalar: undefined, place: entry.value.place }]
  const items = entry.value.kind === 'list' ? entry.value.items : [entry.value]
  return items.flatMap((item): Raw[] => {
    if (item.kind === 'scalar') {
      const scalar = field.secret === true ? readSecretValue(entry, item, checking) : item
      return [{ value: scalar.text, scalar, place: item.place }]
    }
    const details = { option: entry.key, expected: describeExpected(field), found: nounOf(item) }
    checking.problems.error('wrong-type', details, item.place)
    return []
  })
}

function readSecretValue(entry: Entry, scalar: Scalar, checking: Checking): Scalar {
  if (!scalar.text.startsWith('file://')) return scalar
  const secret = readSecret(scalar.text)
  if ('text' in secret) return { ...scalar, text: secret.text, plain: secret.text }
  checking.problems.error('secret-file', { what: entry.key, reason: secret.reason }, scalar.place)
  return scalar
}

function keep(
  found: Map<string, unknown[]>,
  home: Home & { readonly scope: Scope },
  written: string,
  entry: Entry,
  values: readonly Raw[],
  owner: Owner,
  checking: Checking
): void {
  const { field, name } = home
  const before = found.get(name) ?? []
  const single = field.multiple !== true && !home.prefix && field.kind !== 'any'
  const repeated = field.kind === 'list' ? before.length > 0 : before.length + values.length > 1
  if (single && repeated) {
    const level = checking.tolerant && toleratesRepetition(home.scope) ? 'warning' : 'error'
    checking.problems[level]('repeated-option', { option: entry.key, owner: owner.title }, entry.place, {
      length: entry.key.length
    })
    before.length = 0
  }
  let unset = values.length > 0
  for (const raw of values) {
    if (isUnset(raw, field, checking)) continue
    unset = false
    if (home.prefix) {
      before.push([written.slice(name.length), raw.value])
    } else if (raw.scalar === undefined) {
      before.push(raw.value)
    } else {
      const parsed = parseValue(field, raw.scalar.text)
      if (parsed.ok) before.push(parsed.value)
      else wrongValue(entry, raw.scalar, home, owner, checking)
    }
  }
  if (!unset || before.length > 0) found.set(name, before)
}

/**
 * A variable that is not set: the property counts as not given, as in Fluent Bit; the variable has been told. A strict
 * check goes on to refuse the empty text where it is none of the field's.
 */
function isUnset({ scalar }: Raw, field: Field, checking: Checking): boolean {
  return scalar?.text === '' && scalar.written !== undefined && (checking.tolerant || field.kind === 'string')
}

function wrongValue(entry: Entry, scalar: Scalar, home: Home & { readonly scope: Scope }, owner: Owner, checking: Checking): void {
  const { field, name, scope } = home
  const level = checking.tolerant && toleratesValue(scope, owner.plugin ?? '', name, field) ? 'warning' : 'error'
  const near = field.kind === 'choice' ? nearest(scalar.text, field.values) : undefined
  const used = level === 'warning' ? 'It is taken as not set.' : undefined
  checking.problems[level]('wrong-value', {
    option: entry.key,
    expected: describeExpected(field),
    found: describeFound(scalar, field.secret === true || isSecretName(entry.key))
  }, scalar.place, {
    length: (scalar.written ?? scalar.text).length,
    hint: near === undefined ? used : `Did you mean ${near}?`
  })
}

function describeFound(scalar: Scalar, secret: boolean): string {
  if (secret) return 'what it is'
  const from = scalar.written === undefined ? '' : ` (from ${scalar.written})`
  return `${JSON.stringify(scalar.text)}${from}`
}

function finish(
  fields: Fields,
  found: ReadonlyMap<string, unknown[]>,
  owner: Owner,
  checking: Checking
): Record<string, unknown> {
  const options: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(fields)) {
    const values = found.get(name)
    if (values === undefined && field.required === true) {
      checking.problems.error('missing-option', { owner: owner.title, option: name }, owner.place, {
        hint: field.example === undefined ? undefined : `For example: ${name}: ${field.example}`
      })
    }
    options[name] = values === undefined || values.length === 0 ? defaultOf(field) : combine(field, values)
  }
  return options
}

function combine(field: Field, values: readonly unknown[]): unknown {
  // Only readValues fills these, with pairs for prefixes.
  if (field.prefix === true) return new Map(values as [string, string][])
  if (field.multiple === true) return values
  return field.kind === 'list' ? values.flat() : values.at(-1)
}
