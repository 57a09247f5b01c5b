/** What plugins do with their options at start. */
import type { Given } from '../config/fields.ts'
import { PluginError } from './context.ts'

export interface Ordered {
  readonly name: string
  /** The checked value. */
  readonly value: unknown
}

/**
 * The values of repeatable options in the order in which they were written, across the options: where rules are options,
 * their order matters.
 */
export function inOrder(given: readonly Given[], options: { readonly [name: string]: unknown }): Ordered[] {
  const next = new Map<string, number>()
  const ordered: Ordered[] = []
  for (const { name } of given) {
    const values = options[name]
    if (!Array.isArray(values)) continue
    const at = next.get(name) ?? 0
    next.set(name, at + 1)
    if (at < values.length) ordered.push({ name, value: values[at] as unknown })
  }
  return ordered
}

/** Runs what compiles the value of an option; its failure becomes a complaint about that option. */
export function compiling<T>(option: string, compile: () => T): T {
  try {
    return compile()
  } catch (error) {
    if (error instanceof PluginError) throw error
    throw new PluginError(error instanceof Error ? error.message : String(error), option)
  }
}
