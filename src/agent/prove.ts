/** Makes every plugin of a plan once and lets go of it, so that what it refuses is told before anything that runs is touched. */
import type { Plan } from '../config/plan.ts'
import type { FrameStore } from '../buffer/store.ts'
import { SlabPool } from '../buffer/slab-pool.ts'
import type { AgentLog } from '../log.ts'
import { Metrics } from '../metrics/metrics.ts'
import { createFilters, createProcessors } from './filters.ts'
import { createInputs } from './inputs.ts'
import { outputContext } from './outputs.ts'
import { guarded, Workshop } from './workshop.ts'

/** `store` is that of the agent that runs: it is looked at, never written to. Throws what a start would throw. */
export async function provePlan(plan: Plan, store: FrameStore, log: AgentLog): Promise<void> {
  const workshop = new Workshop(plan, log, new Metrics(), () => {})
  try {
    for (const owner of plan.outputs) {
      const context = outputContext(owner, plan, workshop, store)
      const output = await guarded(owner, () => owner.spec.create(owner.options as never, context))
      workshop.closers.push(() => output.close?.())
    }
    for (const owner of plan.outputs) await createProcessors(owner.processors, workshop)
    const filters = await createFilters(plan, workshop)
    await createInputs(plan, workshop, {
      store, slabs: new SlabPool(), paths: new Map(), filters, destinations: [], processors: (plans) => createProcessors(plans, workshop)
    })
  } finally {
    await workshop.close()
  }
}
