/** Looks a plugin up by the name that a configuration gives, and says what is wrong when there is none. */

import { nearest } from '../lib/edit-distance.ts'
import { own } from '../lib/own.ts'
import type { Checking } from './check-options.ts'
import { textOf, type Entry } from './document.ts'
import type { Place } from './fields.ts'
import { fluentBitNames, replacements } from './fluent-bit-names.ts'

export type Kind = 'input' | 'filter' | 'output' | 'processor'

/** The plugin that `name` names, in any case; undefined, with a problem, when there is none. */
export function findPlugin<Spec>(
  kind: Kind,
  name: Entry | undefined,
  place: Place,
  table: Readonly<Record<string, Spec>>,
  checking: Checking
): { readonly plugin: string; readonly spec: Spec } | undefined {
  const text = textOf(name?.value)?.trim() ?? ''
  if (name === undefined || text === '') {
    checking.problems.error('plugin-unnamed', { kind }, place, { hint: 'Begin it with "name:" and the name of a plugin.' })
    return undefined
  }
  const plugin = text.toLowerCase()
  const spec = own(table, plugin)
  if (spec !== undefined) return { plugin, spec }
  const extra = { length: text.length }
  const theirs = kind === 'processor' ? [...fluentBitNames.processor, ...fluentBitNames.filter] : fluentBitNames[kind]
  const names = Object.keys(table)
  if (theirs.includes(plugin)) {
    checking.problems.error('missing-plugin', { kind, name: text }, name.value.place, {
      ...extra,
      hint: replacementOf(plugin, names) ?? `Fantail has ${names.toSorted().join(', ')}.`
    })
    return undefined
  }
  const near = nearest(text, names) ?? nearest(text, theirs)
  checking.problems.error('unknown-plugin', { kind, name: text }, name.value.place, {
    ...extra,
    hint: near === undefined ? `Fantail has ${names.toSorted().join(', ')}.` : `Did you mean ${near}?`
  })
  return undefined
}

function replacementOf(plugin: string, names: readonly string[]): string | undefined {
  const sentence = replacements[plugin]
  return sentence !== undefined && names.some((name) => sentence.includes(` ${name}`)) ? sentence : undefined
}
