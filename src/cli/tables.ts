/** The plugins there are, as the configuration needs them. */

import type { Tables } from '../config/tables.ts'
import { compileRegex } from '../lib/onigmo/regex.ts'

/** Loads the declarations of all plugins; their SDKs are loaded by the plugins that run. */
export async function loadTables(): Promise<Tables> {
  const [{ inputs }, { filters }, { outputs }, parsers] = await Promise.all([
    import('../inputs/index.ts'),
    import('../filters/index.ts'),
    import('../outputs/index.ts'),
    import('../parsers/index.ts')
  ])
  return {
    inputs,
    filters,
    outputs,
    stockParsers: parsers.stockParsers,
    stockMultilineParsers: parsers.stockMultilineParsers,
    regexFault
  }
}

function regexFault(regex: string): string | undefined {
  try {
    compileRegex(regex)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
