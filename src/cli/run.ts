/** `fantail run -c FILE`: the agent on a configuration, strictly checked. */

import { planFile, type Result } from '../config/make-plan.ts'
import type { Plan } from '../config/plan.ts'
import { renderProblems } from '../config/problem.ts'
import { FantailError } from '../errors.ts'
import type { Io } from './io.ts'
import type { Arguments } from './options.ts'
import { loadTables } from './tables.ts'

export async function run(args: Arguments, io: Io): Promise<number> {
  const path = args.value('config') ?? args.positionals[0]
  if (path === undefined) throw new FantailError('argument-missing', { command: 'run', what: 'a configuration: -c FILE' })
  return await start(() => planFile(path, io.env, loadTables), io, true)
}

/**
 * Tells the problems of a configuration, and runs the agent when it can be run; SIGHUP loads it again, where the
 * configuration does not say otherwise, if `hangupReloads`. Returns the exit code.
 */
export async function start(load: () => Promise<Result>, io: Io, hangupReloads: boolean): Promise<number> {
  const result = await load()
  tellProblems(result, io)
  if (result.plan === undefined) return 1
  const { runAgent } = await import('../run-agent.ts')
  const { stop, stopNow, onHangup } = io
  return await runAgent(result.plan, { stop, stopNow }, { load, onHangup, byDefault: hangupReloads })
}

/**
 * Tells what plugins would refuse at their start, without starting them; `elsewhere` when the configuration is for another
 * machine. Returns whether there was anything.
 */
export async function tellRefusals(plan: Plan, io: Io, elsewhere = false): Promise<boolean> {
  const { validatePlan } = await import('../run-agent.ts')
  const refused = await validatePlan(plan, elsewhere)
  if (refused.length > 0) io.err(`${renderProblems(refused, plan.sources)}\n`)
  return refused.length > 0
}

/** Writes all problems to standard error. */
export function tellProblems(result: Result, io: Io): void {
  if (result.problems.length > 0) io.err(`${renderProblems(result.problems, result.sources)}\n`)
}
