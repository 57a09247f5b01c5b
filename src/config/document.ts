/**
 * A configuration as data, whatever its language: a list of sections, each with the place of every key and value. The
 * readers of YAML and of the classic format both make it.
 */

import type { Place } from './fields.ts'

/** Text as written, and after `substitute` with its variables replaced. */
export interface Scalar {
  readonly kind: 'scalar'
  readonly text: string
  /** What an unquoted YAML scalar means (number, boolean, null); the text otherwise. */
  readonly plain: unknown
  /** The text with variables, when there were any. */
  readonly written?: string
  readonly place: Place
}

export interface List {
  readonly kind: 'list'
  readonly items: readonly Value[]
  readonly place: Place
}

export interface Mapping {
  readonly kind: 'map'
  readonly entries: readonly Entry[]
  readonly place: Place
}

export type Value = Scalar | List | Mapping

export interface Entry {
  /** As written. */
  readonly key: string
  readonly place: Place
  readonly value: Value
}

/**
 * `type` in lower case: env, service, parser, multiline_parser, input, filter, output, includes; another name for what
 * the format does not define (with `title` as written).
 */
export interface Section {
  readonly type: string
  readonly title: string
  readonly place: Place
  readonly entries: readonly Entry[]
}

/** Reads a property by name, in any case; the last one when it is repeated. */
export function entryOf(entries: readonly Entry[], name: string): Entry | undefined {
  return entries.findLast((entry) => entry.key.toLowerCase() === name)
}

/** The text of a scalar; undefined for a list or a map. */
export function textOf(value: Value | undefined): string | undefined {
  return value?.kind === 'scalar' ? value.text : undefined
}

/** A value as plain data, as options of kind `any` receive it. */
export function plainOf(value: Value): unknown {
  switch (value.kind) {
    case 'scalar':
      return value.plain
    case 'list':
      return value.items.map(plainOf)
    case 'map':
      return Object.fromEntries(value.entries.map((entry) => [entry.key, plainOf(entry.value)]))
  }
}

/** What a value is, for messages. */
export function nounOf(value: Value): string {
  if (value.kind === 'scalar') return value.text === '' ? 'nothing' : 'a text'
  return value.kind === 'list' ? 'a list' : 'a map'
}

/** A copy of `value` with `change` applied to every scalar. */
export function mapScalars(value: Value, change: (scalar: Scalar) => Scalar): Value {
  switch (value.kind) {
    case 'scalar':
      return change(value)
    case 'list':
      return { ...value, items: value.items.map((item) => mapScalars(item, change)) }
    case 'map':
      return { ...value, entries: mapEntries(value.entries, change) }
  }
}

/** A copy of `entries` with `change` applied to every scalar. */
export function mapEntries(entries: readonly Entry[], change: (scalar: Scalar) => Scalar): Entry[] {
  return entries.map((entry) => ({ ...entry, value: mapScalars(entry.value, change) }))
}
