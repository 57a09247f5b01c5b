/** Plans from texts, for tests of the configuration. */
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Entry, Section, Value } from '../../src/config/document.ts'
import { planFile, type Result } from '../../src/config/make-plan.ts'
import type { Plan } from '../../src/config/plan.ts'
import { renderProblems } from '../../src/config/problem.ts'
import type { PlanOptions } from '../../src/config/tables.ts'
import { tables } from './tables.ts'
import { tempFolder } from './temp.ts'

export type Files = Readonly<Record<string, string | Uint8Array>>

/** Writes `files` into a new folder and plans the first of them. */
export async function planFiles(
  files: Files,
  options: PlanOptions = {},
  env: Readonly<Record<string, string>> = {}
): Promise<Result & { readonly folder: string }> {
  const folder = tempFolder('plan')
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
    writeFileSync(path.join(folder, name), text)
  }
  const [first = ''] = Object.keys(files)
  return { ...await planFile(path.join(folder, first), env, tables, options), folder }
}

export async function planYaml(text: string, options: PlanOptions = {}, env = {}): Promise<Result> {
  return await planFiles({ 'agent.yaml': text }, options, env)
}

/** The plan of a text that must be right. */
export async function rightPlan(text: string, env = {}): Promise<Plan> {
  const { plan, problems, sources } = await planYaml(text, {}, env)
  if (plan === undefined) throw new Error(renderProblems(problems, sources))
  return plan
}

/** Codes and places of all problems: `3:10 wrong-value`. */
export function told(result: Result): string[] {
  return result.problems.map(({ code, level, place }) => {
    const where = place === undefined ? '' : `${place.line}:${place.column} `
    return `${where}${code}${level === 'warning' ? ' (warning)' : ''}`
  })
}

/** A document's entries as plain pairs, for comparison. */
export function pairs(entries: readonly Entry[]): [string, unknown][] {
  return entries.map(({ key, value }) => [key, plain(value)])
}

export function shapes(sections: readonly Section[]): [string, [string, unknown][]][] {
  return sections.map(({ type, entries }) => [type, pairs(entries)])
}

function plain(value: Value): unknown {
  if (value.kind === 'scalar') return value.text
  return value.kind === 'list' ? value.items.map(plain) : pairs(value.entries)
}
