/** Makes every plugin of a plan once and lets go of it, so that what it refuses is told before anything runs. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from '../buffer/open-store.ts'
import { SlabPool } from '../buffer/slab-pool.ts'
import type { FrameStore } from '../buffer/store.ts'
import type { Plan } from '../config/plan.ts'
import { ConfigurationError, type Problem } from '../config/problem.ts'
import { AgentLog } from '../log.ts'
import { Metrics } from '../metrics/metrics.ts'
import { PluginError } from '../plugin/context.ts'
import { createFilters, createProcessors } from './filters.ts'
import { createInputs } from './inputs.ts'
import { outputContext } from './outputs.ts'
import { guarded, Workshop } from './workshop.ts'

/** `store` is that of the agent that runs: it is looked at, never written to. Throws all that a start would refuse. */
export async function provePlan(plan: Plan, store: FrameStore, log: AgentLog): Promise<void> {
  const problems = await refusalsBeside(plan, store, log, false)
  if (problems.length > 0) throw new ConfigurationError(problems)
}

/**
 * What the plugins of a plan refuse, in the order inputs, filters, outputs. Nothing of the plan's own state is touched.
 * With `elsewhere` the configuration is for another machine: what this one lacks is no problem.
 */
export async function refusals(plan: Plan, elsewhere = false): Promise<Problem[]> {
  const directory = await mkdtemp(join(tmpdir(), 'fantail-'))
  const log = new AgentLog({ level: 'off' })
  try {
    const store = await openStore({ directory, inputs: [], outputs: [], syncEveryFrame: false, keepsCorrupt: false, limit: Infinity })
    try {
      return await refusalsBeside(plan, store, log, elsewhere)
    } finally {
      await store.close()
    }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

async function refusalsBeside(plan: Plan, store: FrameStore, log: AgentLog, elsewhere: boolean): Promise<Problem[]> {
  const problems: Problem[] = []
  const workshop = new Workshop(plan, log, new Metrics(), () => {}, true)
  const check = async (make: () => Promise<unknown>): Promise<void> => {
    try {
      await make()
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error
      if (!(elsewhere && error.cause instanceof PluginError && error.cause.local)) problems.push(...error.problems)
    }
  }
  const parts = {
    store, slabs: new SlabPool(), paths: new Map<string, string>(), filters: [], destinations: [],
    processors: (plans: Parameters<typeof createProcessors>[0]) => createProcessors(plans, workshop)
  }
  try {
    for (const input of plan.inputs) await check(() => createInputs({ ...plan, inputs: [input] }, workshop, parts))
    for (const filter of plan.filters) await check(() => createFilters({ ...plan, filters: [filter] }, workshop))
    for (const owner of plan.outputs) {
      await check(async () => {
        const context = outputContext(owner, plan, workshop, store)
        const output = await guarded(owner, () => owner.spec.create(owner.options as never, context))
        workshop.closers.push(() => output.close?.())
      })
      await check(() => createProcessors(owner.processors, workshop))
    }
  } finally {
    await workshop.close()
  }
  return problems
}
