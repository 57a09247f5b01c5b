/** `fantail tail FILE…`: any file, followed and shown, without a configuration and without a trace of state. */

import { statSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

import type { Entry, Section } from '../config/document.ts'
import { planSections } from '../config/make-plan.ts'
import type { Place } from '../config/fields.ts'
import { FantailError } from '../errors.ts'
import type { Io } from './io.ts'
import type { Arguments } from './options.ts'
import { tellProblems } from './run.ts'
import { loadTables } from './tables.ts'

/** The command as problems show it; the expression, which is what may be wrong with it, stands behind this. */
const COMMAND = 'fantail tail --grep '
const place: Place = { file: 'command line', line: 1, column: COMMAND.length + 1 }

export async function run(args: Arguments, io: Io): Promise<number> {
  for (const file of args.positionals) tellMissing(file, io)
  const state = await mkdtemp(join(tmpdir(), 'fantail-tail-'))
  try {
    const sections = sectionsFor(args, state)
    const sources = new Map([[place.file, `${COMMAND}${args.value('grep') ?? ''} ${args.positionals.join(' ')}`]])
    const { plan, ...told } = await planSections(sections, sources, {}, loadTables)
    tellProblems({ plan, ...told }, io)
    if (plan === undefined) return 1
    const { runAgent } = await import('../run-agent.ts')
    return await runAgent(plan, { stop: io.stop, stopNow: io.stopNow })
  } finally {
    await rm(state, { recursive: true, force: true })
  }
}

/** Says that a file is waited for; a folder is none. */
function tellMissing(file: string, io: Io): void {
  if (/[*?[]/.test(file)) return
  const stats = statSync(file, { throwIfNoEntry: false })
  if (stats === undefined) io.err(`fantail: ${file} is not there yet; it is shown when it is\n`)
  else if (stats.isDirectory()) throw new FantailError('argument-folder', { path: file })
}

/** The configuration that `fantail tail` stands for. */
export function sectionsFor(args: Arguments, state: string): Section[] {
  const files = args.positionals.map((file) => resolve(file))
  const regex = args.value('grep')
  return [
    section('service', [['flush', '0.05'], ['grace', '1'], ['log_level', 'warn'], ['storage.path', state]]),
    section('input', [
      ['name', 'tail'],
      ['path', files.join(',')],
      ['tag', 'tail'],
      ['read_from_head', args.has('since-start') ? 'on' : 'off'],
      ['refresh_interval', '1'],
      ...(files.length > 1 || /[*?[]/.test(files.join()) ? [['path_key', 'file'] as const] : [])
    ]),
    ...(regex === undefined ? [] : [section('filter', [['name', 'grep'], ['match', '*'], ['regex', `log ${regex}`]])]),
    section('output', [['name', 'pretty'], ['match', '*'], ['format', args.has('json') ? 'json' : 'pretty']])
  ]
}

function section(type: string, properties: readonly (readonly [string, string])[]): Section {
  const entries = properties.map(([key, text]): Entry => {
    return { key, place, value: { kind: 'scalar', text, plain: text, place } }
  })
  return { type, title: type, place, entries }
}
