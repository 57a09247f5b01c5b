import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runAgent } from '../src/run-agent.ts'
import { readLedger } from '../src/buffer/tools.ts'
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

  it('lets the processors of an output and of a route work on what goes there, and on nothing else', async () => {
    const file = join(folder, 'in.log')
    writeFileSync(file, 'one\ntwo\nerror\n')
    const made = await plan(`  inputs:
    - name: tail
      path: ${file}
      read_from_head: on
      exit_on_eof: on
      routes:
        logs:
          - name: errors
            condition: {rules: [{field: $log, op: eq, value: error}]}
            processors: {logs: [{name: content_modifier, action: insert, key: route, value: errors}]}
            to: {outputs: [one]}
          - {name: rest, condition: {default: true}, to: {outputs: [one, two]}}
  outputs:
    - {name: file, alias: one, path: ${folder}, file: out.txt, format: plain}
    - name: file
      alias: two
      path: ${folder}
      file: two.txt
      format: plain
      processors:
        logs:
          - {name: grep, exclude: log two}
          - {name: content_modifier, action: insert, key: output, value: two}
`)
    expect(await runAgent(made, forever)).toBe(0)
    expect(output().trimEnd().split('\n').sort()).toEqual(['{"log":"error","route":"errors"}', '{"log":"one"}', '{"log":"two"}'])
    expect(readFileSync(join(folder, 'two.txt'), 'utf8')).toBe('{"log":"one","output":"two"}\n')
    const ledger = readLedger(join(folder, 'state/fantail'))
    expect(ledger.outputs['two']).toMatchObject({ routed: 2, delivered: 1, filtered: { 'file.1/grep.0': 1 }, waiting: 0 })
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
