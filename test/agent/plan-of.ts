/** The plan of a pipeline, with the plugins there are, and what agents are made of around it. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { Workshop } from '../../src/agent/workshop.ts'
import { openStore } from '../../src/buffer/open-store.ts'
import type { FrameStore } from '../../src/buffer/store.ts'
import { loadTables } from '../../src/cli/tables.ts'
import { planFile } from '../../src/config/make-plan.ts'
import type { Plan } from '../../src/config/plan.ts'
import { AgentLog } from '../../src/log.ts'
import { Metrics } from '../../src/metrics/metrics.ts'
import { tempFolder } from '../support/temp.ts'

export async function planOf(pipeline: string, sections = ''): Promise<Plan> {
  const file = join(tempFolder('plan'), 'agent.yaml')
  writeFileSync(file, `${sections}\npipeline:\n${pipeline}`)
  const { plan, problems } = await planFile(file, {}, await loadTables())
  if (plan === undefined) throw new Error(JSON.stringify(problems))
  return plan
}

export function workshopOf(plan: Plan, finish: (code: number) => void = () => {}): Workshop {
  return new Workshop(plan, new AgentLog({ level: 'off' }), new Metrics(), finish)
}

export async function storeOf(plan: Plan): Promise<FrameStore> {
  const store = await openStore({
    directory: tempFolder('store'), syncEveryFrame: false, keepsCorrupt: true, limit: 1e9,
    inputs: plan.inputs.map(({ label, storage, common }) => ({
      name: label, storage: storage === 'filesystem' ? 'filesystem' as const : 'memory' as const, memoryLimit: common.mem_buf_limit
    })),
    outputs: plan.outputs.map(({ label }) => ({ name: label, totalLimit: undefined }))
  })
  onTestFinished(() => store.close())
  return store
}
