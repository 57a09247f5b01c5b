import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { provePlan } from '../../src/agent/prove.ts'
import { openStore } from '../../src/buffer/open-store.ts'
import type { FrameStore } from '../../src/buffer/store.ts'
import type { Plan } from '../../src/config/plan.ts'
import { ConfigurationError } from '../../src/config/problem.ts'
import { AgentLog } from '../../src/log.ts'
import { loadTables } from '../../src/cli/tables.ts'
import { planFile } from '../../src/config/make-plan.ts'
import { tempFolder } from '../support/temp.ts'

const log = new AgentLog({ level: 'off' })
let store: FrameStore
beforeEach(async () => {
  store = await openStore({ directory: tempFolder('prove'), inputs: [], outputs: [], syncEveryFrame: false, keepsCorrupt: true, limit: 1e9 })
})
afterEach(() => store.close())

async function plan(pipeline: string): Promise<Plan> {
  const file = join(tempFolder('plan'), 'config.yaml')
  writeFileSync(file, `pipeline:\n${pipeline}`)
  const { plan: made, problems } = await planFile(file, {}, await loadTables())
  if (made === undefined) throw new Error(JSON.stringify(problems))
  return made
}

describe('a plan is proved by making each of its plugins', () => {
  it('beside a running store that knows none of them, which stays as it was', async () => {
    const made = await plan(`  inputs: [{name: dummy}, {name: tail, path: /nowhere/*.log}]
  filters: [{name: grep, match: '*', regex: a b}]
  outputs: [{name: 'null', match: '*'}, {name: es, match: '*'}]
`)
    await provePlan(made, store, log)
    expect([...store.ledger().inputs.keys(), ...store.ledger().outputs.keys()]).toEqual([])
  })

  it('and what one of them refuses is thrown with its place', async () => {
    const made = await plan(`  inputs: [{name: tail, path: /nowhere/*.log, parser: json, multiline.parser: cri}]
  outputs: [{name: 'null', match: '*'}]
`)
    await expect(provePlan(made, store, log)).rejects.toThrow(ConfigurationError)
  })
})
