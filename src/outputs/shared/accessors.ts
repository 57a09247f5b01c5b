/** Accessors given as options. */
import { AccessorError, compileAccessor, type Accessor } from '../../event/accessor.ts'
import type { Pool } from '../../event/pool.ts'
import { PluginError } from '../../plugin/context.ts'

/** Undefined when the option is not set. Throws PluginError for what is no accessor. */
export function optionAccessor(text: string | undefined, pool: Pool, option: string): Accessor | undefined {
  return text === undefined ? undefined : atOption(option, () => compileAccessor(text, pool))
}

/** Runs a compiler of accessors or templates, turning its complaint into one about the option. */
export function atOption<T>(option: string, compile: () => T): T {
  try {
    return compile()
  } catch (error) {
    if (error instanceof AccessorError) throw new PluginError(error.message, option)
    throw error
  }
}
