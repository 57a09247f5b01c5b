import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runAgent } from '../src/agent/run-agent.ts'
import { loadTables } from '../src/cli/tables.ts'
import { planFile } from '../src/config/make-plan.ts'
import type { Plan } from '../src/config/plan.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'agent-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

async function plan(pipeline: string): Promise<Plan> {
  const file = join(folder, 'config.yaml')
  writeFileSync(file, `service: {log_level: off, storage.path: ${folder}/state}\npipeline:\n${pipeline}`)
  const { plan: made, problems } = await planFile(file, process.env, await loadTables())
  if (made === undefined) throw new Error(JSON.stringify(problems))
  return made
}

const forever = { stop: new AbortController().signal, stopNow: new AbortController().signal }
const toFile = (): string => `  outputs: [{name: file, match: '*', path: ${folder}, file: out.txt, format: plain}]\n`
const output = (): string => readFileSync(join(folder, 'out.txt'), 'utf8')

describe('the agent', () => {
  it('takes files to an output and ends with them, and goes on where it was', async () => {
    const file = join(folder, 'in.log')
    writeFileSync(file, 'one\ntwo\n')
    const made = await plan(`  inputs: [{name: tail, path: ${file}, read_from_head: on, exit_on_eof: on}]\n${toFile()}`)
    expect(await runAgent(made, forever)).toBe(0)
    appendFileSync(file, 'three\n')
    expect(await runAgent(made, forever)).toBe(0)
    expect(output()).toBe('{"log":"one"}\n{"log":"two"}\n{"log":"three"}\n')
  })

  it('stops when it is told to, with everything delivered that was read', async () => {
    const made = await plan(`  inputs: [{name: dummy, rate: 50}]\n${toFile()}`)
    const stop = new AbortController()
    setTimeout(() => stop.abort(), 400)
    expect(await runAgent(made, { stop: stop.signal, stopNow: forever.stopNow })).toBe(0)
    expect(output().trimEnd().split('\n').length).toBeGreaterThan(5)
  })

  it('filters, in the order of the configuration', async () => {
    const file = join(folder, 'in.log')
    writeFileSync(file, 'keep me\ndrop me\n')
    const made = await plan(`  inputs: [{name: tail, path: ${file}, read_from_head: on, exit_on_eof: on}]
  filters:
    - {name: grep, match: '*', exclude: log drop}
    - {name: record_modifier, match: '*', record: cluster test}
${toFile()}`)
    await runAgent(made, forever)
    expect(output()).toBe('{"log":"keep me","cluster":"test"}\n')
  })

  it('refuses what a plugin finds wrong at its start, with nothing left open', async () => {
    const made = await plan(`  inputs: [{name: dummy}]
  filters: [{name: rewrite_tag, match: '*', rule: $a x new maybe}]
${toFile()}`)
    expect(await runAgent(made, forever)).toBe(1)
    expect(existsSync(join(folder, 'out.txt'))).toBe(false)
    const again = await plan(`  inputs: [{name: dummy, rate: 50, samples: 1}]\n${toFile()}`)
    const stop = new AbortController()
    setTimeout(() => stop.abort(), 200)
    expect(await runAgent(again, { stop: stop.signal, stopNow: forever.stopNow })).toBe(0)
  })
})
