/**
 * What Fluent Bit 5.1.1 lets pass, asked of the real one option by option. Started by its command line, these are
 * warnings; all the rest is an error there, too.
 */

import type { Field } from './fields.ts'

/** Whose option it is: the service's, one that all plugins of a kind have, or the plugin's own. */
export type Scope = 'service' | 'common' | 'own'

const fatalInService = new Set(['log_level', 'flush', 'storage.sync'])
const looseBooleans = /^(routable|tls|tls\..*)$/

/** Does Fluent Bit go on when the value of this option is wrong? */
export function toleratesValue(scope: Scope, plugin: string, name: string, field: Field): boolean {
  if (field.required === true) return false
  if (scope === 'service') return !fatalInService.has(name)
  switch (field.kind) {
    case 'integer':
    case 'number':
    case 'duration':
      // Read as far as there are digits.
      return true
    case 'size':
      return scope === 'own'
    case 'boolean':
      return looseBooleans.test(name)
    case 'choice':
      return name === 'json_date_format' || (plugin === 'stdout' && name === 'format')
    case 'string':
    case 'list':
    case 'words':
    case 'any':
      return false
  }
}

/** Does Fluent Bit go on, with the last value, when this option stands twice? */
export function toleratesRepetition(scope: Scope): boolean {
  return scope !== 'own'
}
