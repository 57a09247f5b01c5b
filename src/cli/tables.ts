/** The plugins there are, as the configuration needs them. */

import type { NamedPlugins, Tables } from '../config/tables.ts'
import { Pool } from '../event/pool.ts'
import { filters, processors } from '../filters/index.ts'
import { inputs } from '../inputs/index.ts'
import { compileRegex } from '../lib/onigmo/regex.ts'
import { outputs } from '../outputs/index.ts'
import { createParser, stockMultilineParsers, stockParsers } from '../parsers/index.ts'
import { loadPlugins, type Catalog } from '../plugin/catalog.ts'

/** Loads the declarations of the plugins that are named, of all when nothing is given; their SDKs are loaded by those that run. */
export async function loadTables(named?: NamedPlugins): Promise<Tables> {
  const both = { ...filters, ...processors }
  const filterNames = known(filters, named?.filters) && known(both, named?.filters.union(named.processors))
  return {
    inputs: await loadPlugins(inputs, known(inputs, named?.inputs)),
    filters: await loadPlugins(filters, filterNames),
    outputs: await loadPlugins(outputs, known(outputs, named?.outputs)),
    processors: await loadPlugins(processors, filterNames),
    stockParsers,
    stockMultilineParsers,
    regexFault: (regex) => faultOf(() => compileRegex(regex)),
    parserFault: (options) => faultOf(() => createParser(options, new Pool()))
  }
}

/** The names, when there are such plugins; undefined (all of them) when there is none of one of the names. */
function known(catalog: Catalog<unknown>, names: ReadonlySet<string> | undefined): ReadonlySet<string> | undefined {
  return names?.isSubsetOf(new Set(Object.keys(catalog))) === true ? names : undefined
}

function faultOf(make: () => unknown): string | undefined {
  try {
    make()
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
