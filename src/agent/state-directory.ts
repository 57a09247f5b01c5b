/** Where the agent keeps what must survive it: positions, the buffer, dead letters. */
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Plan } from '../config/plan.ts'

/**
 * `storage.path`, else beside the first `db` that an input names, else `$FANTAIL_STATE_DIR`, `/var/lib/fantail` for root,
 * `$XDG_STATE_HOME/fantail` for anybody else. Always a folder of our own, so that files of Fluent Bit in the same place
 * stay as they are and one can go back.
 */
export function stateDirectory(plan: Plan, env: NodeJS.ProcessEnv = process.env, root = process.getuid?.() === 0): string {
  const path = plan.service['storage.path']
  if (path !== undefined) return resolve(path, 'fantail')
  for (const input of plan.inputs) {
    const db = input.options['db']
    if (typeof db === 'string') return resolve(`${db}.fantail`)
  }
  return defaultStateDirectory(env, root)
}

/** The state directory when the configuration says nothing. */
export function defaultStateDirectory(env: NodeJS.ProcessEnv = process.env, root = process.getuid?.() === 0): string {
  const given = env['FANTAIL_STATE_DIR']
  if (given !== undefined && given !== '') return resolve(given)
  if (root) return '/var/lib/fantail'
  return join(env['XDG_STATE_HOME'] ?? join(homedir(), '.local', 'state'), 'fantail')
}
