/** `fantail describe PLUGIN`: a plugin's page in the terminal; without a name, the plugins there are. */

import type { Tables } from '../config/tables.ts'
import { terminalPage, type Described } from '../config/reference.ts'
import { FantailError } from '../errors.ts'
import { nearest } from '../lib/edit-distance.ts'
import { print, table, type Io } from './io.ts'
import type { Arguments } from './options.ts'
import { loadTables } from './tables.ts'

type Kind = 'input' | 'filter' | 'output' | 'processor'

export async function run(args: Arguments, io: Io): Promise<number> {
  const tables = await loadTables()
  const name = args.positionals[0]
  if (name !== undefined) return describePlugin(name, undefined, tables, io)
  for (const [kind, plugins] of kindsOf(tables)) {
    const rows = Object.values(plugins).map((plugin) => [plugin.name, plugin.summary] as const)
    if (rows.length > 0) print(io, `${kind}s`, ...table(rows.toSorted(([a], [b]) => a < b ? -1 : 1)), '')
  }
  return 0
}

/** Prints the page of the plugin `name`; of all kinds that have one of that name when `kind` is not given. */
export function describePlugin(name: string, kind: Kind | undefined, tables: Tables, io: Io): number {
  const kinds = kindsOf(tables).filter(([one]) => kind === undefined || one === kind)
  const pages = kinds.flatMap(([one, plugins]) => {
    const plugin = plugins[name.toLowerCase()]
    return plugin === undefined ? [] : [terminalPage(one, plugin)]
  })
  if (pages.length === 0) {
    const near = nearest(name, kinds.flatMap(([, plugins]) => Object.keys(plugins)))
    const proposal = near === undefined ? name : `${name} (did you mean ${near}?)`
    throw new FantailError('unknown-plugin', { kind: kind ?? 'input, filter or output', name: proposal })
  }
  print(io, pages.join('\n\n'))
  return 0
}

function kindsOf(tables: Tables): [Kind, Readonly<Record<string, Described>>][] {
  return [
    ['input', tables.inputs],
    ['filter', tables.filters],
    ['output', tables.outputs],
    ['processor', tables.processors ?? {}]
  ]
}
