/** Which plugins a configuration names, wherever a name may stand: known before it is checked, so that only they are loaded. */

import { entryOf, textOf, type Entry, type Section, type Value } from './document.ts'
import type { NamedPlugins } from './tables.ts'

export function namedPlugins(sections: readonly Section[]): NamedPlugins {
  const of = (type: string): Set<string> => new Set(sections.filter((section) => section.type === type).flatMap(({ entries }) => {
    return nameOf(entries)
  }))
  const processors = new Set(sections.flatMap(({ entries }) => entries.flatMap(processorNames)))
  return { inputs: of('input'), filters: of('filter'), outputs: of('output'), processors }
}

/** Names of the processors below an entry: `processors` may stand in an instance and in each of its routes. */
function processorNames({ key, value }: Entry): string[] {
  const name = key.toLowerCase()
  if (name === 'processors') return mappingsIn(value).flatMap(nameOf)
  return name === 'routes' ? mappingsIn(value).flatMap((entries) => entries.flatMap(processorNames)) : []
}

/** The entries of every map below a value. */
function mappingsIn(value: Value): (readonly Entry[])[] {
  switch (value.kind) {
    case 'scalar': return []
    case 'list': return value.items.flatMap(mappingsIn)
    case 'map': return [value.entries, ...value.entries.flatMap((entry) => mappingsIn(entry.value))]
  }
}

function nameOf(entries: readonly Entry[]): string[] {
  const text = textOf(entryOf(entries, 'name')?.value)?.trim().toLowerCase()
  return text === undefined || text === '' ? [] : [text]
}
