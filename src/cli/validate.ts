/** `fantail validate -c FILE`: all problems of a configuration, and with `--explain` what it would lose elsewhere. */

import { explain } from '../config/explain.ts'
import { planFile } from '../config/make-plan.ts'
import { FantailError } from '../errors.ts'
import { print, type Io } from './io.ts'
import type { Arguments } from './options.ts'
import { tellProblems, tellRefusals } from './run.ts'
import { loadTables } from './tables.ts'

export async function run(args: Arguments, io: Io): Promise<number> {
  const path = args.value('config') ?? args.positionals[0]
  if (path === undefined) {
    throw new FantailError('argument-missing', { command: 'validate', what: 'a configuration: -c FILE' })
  }
  const result = await planFile(path, io.env, loadTables, { elsewhere: args.has('elsewhere') })
  tellProblems(result, io)
  const { plan } = result
  if (plan === undefined) return 1
  if (await tellRefusals(plan, io, args.has('elsewhere'))) return 1
  if (args.has('explain')) {
    for (const { place, setting, there, here } of explain(plan)) {
      print(io, `${place.file}:${place.line}:${place.column}: ${setting}`, `  Fluent Bit: ${there}`, `  Fantail: ${here}`, '')
    }
  }
  const count = (noun: string, list: readonly unknown[]): string => `${list.length} ${noun}${list.length === 1 ? '' : 's'}`
  print(io, `${path} is right: ${count('input', plan.inputs)}, ${count('filter', plan.filters)}, ${count('output', plan.outputs)}.`)
  return 0
}
