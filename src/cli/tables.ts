/** The plugins there are, as the configuration needs them. */

import type { Tables } from '../config/tables.ts'
import { Pool } from '../event/pool.ts'
import { compileRegex } from '../lib/onigmo/regex.ts'
import type { FilterSpec } from '../plugin/filter.ts'

/** Filters that only make sense as processors, as in Fluent Bit. */
const processorNames = new Set(['content_modifier'])

/** Loads the declarations of all plugins; their SDKs are loaded by the plugins that run. */
export async function loadTables(): Promise<Tables> {
  const [{ inputs }, { filters }, { outputs }, { createParser, stockMultilineParsers, stockParsers }] = await Promise.all([
    import('../inputs/index.ts'),
    import('../filters/index.ts'),
    import('../outputs/index.ts'),
    import('../parsers/index.ts')
  ])
  const all: readonly FilterSpec[] = Object.values(filters)
  return {
    inputs: byName(Object.values(inputs)),
    filters: byName(all.filter(({ name }) => !processorNames.has(name))),
    outputs: byName(Object.values(outputs)),
    processors: byName(all.filter(({ name }) => processorNames.has(name))),
    stockParsers,
    stockMultilineParsers,
    regexFault: (regex) => faultOf(() => compileRegex(regex)),
    parserFault: (options) => faultOf(() => createParser(options, new Pool()))
  }
}

function byName<Spec extends { readonly name: string }>(specs: readonly Spec[]): Readonly<Record<string, Spec>> {
  return Object.fromEntries(specs.map((spec) => [spec.name, spec]))
}

function faultOf(make: () => unknown): string | undefined {
  try {
    make()
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
