/** Where the state of an agent lies that a command looks at: named with --state, by a configuration, or the default place. */

import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'

import { deadLetterFolder } from '../agent/outputs.ts'
import { defaultStateDirectory, stateDirectory } from '../agent/state-directory.ts'
import { planFile } from '../config/make-plan.ts'
import { ConfigurationError } from '../config/problem.ts'
import type { Io } from './io.ts'
import type { Arguments } from './options.ts'
import { loadTables } from './tables.ts'

/** Folders of an agent's state. */
export interface State {
  readonly directory: string
  readonly deadLetters: string
}

/** `--state` takes the state directory itself, or the `storage.path` that it lies in. */
export async function stateOf(args: Arguments, io: Io): Promise<State> {
  const named = args.value('state')
  if (named !== undefined) {
    const within = join(resolve(named), 'fantail')
    return usual(existsSync(within) ? within : resolve(named))
  }
  const path = args.value('config')
  if (path === undefined) return usual(defaultStateDirectory({ ...io.env }))
  const { plan, problems } = await planFile(path, io.env, loadTables, { tolerant: true, elsewhere: true })
  if (plan === undefined) throw new ConfigurationError(problems)
  const directory = stateDirectory(plan, { ...io.env })
  return { directory, deadLetters: deadLetterFolder(plan, directory) }
}

function usual(directory: string): State {
  return { directory, deadLetters: join(directory, 'dlq') }
}
