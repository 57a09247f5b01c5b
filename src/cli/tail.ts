/** `fantail tail FILE…`: any file, followed and shown, without a configuration and without a trace of state. */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

import type { Entry, Section } from '../config/document.ts'
import { planSections } from '../config/make-plan.ts'
import type { Place } from '../config/fields.ts'
import type { Io } from './io.ts'
import type { Arguments } from './options.ts'
import { tellProblems } from './run.ts'
import { loadTables } from './tables.ts'

const place: Place = { file: 'command line', line: 1, column: 1 }

export async function run(args: Arguments, io: Io): Promise<number> {
  const state = await mkdtemp(join(tmpdir(), 'fantail-tail-'))
  try {
    const sections = sectionsFor(args, state)
    const sources = new Map([[place.file, `fantail tail ${args.positionals.join(' ')}`]])
    const { plan, ...told } = await planSections(sections, sources, {}, await loadTables())
    tellProblems({ plan, ...told }, io)
    if (plan === undefined) return 1
    const { runAgent } = await import('../agent/run-agent.ts')
    return await runAgent(plan, { stop: io.stop, stopNow: io.stopNow })
  } finally {
    await rm(state, { recursive: true, force: true })
  }
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
