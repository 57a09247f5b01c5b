/** Inputs, their way into the buffer, and the processors and routes that belong to them. */
import type { SlabPool } from '../buffer/slab-pool.ts'
import type { FrameStore } from '../buffer/store.ts'
import type { InputPlan, Plan, ProcessorPlan } from '../config/plan.ts'
import { compileCondition } from '../event/condition.ts'
import { Record } from '../event/record.ts'
import { InputIngest } from '../pipeline/ingest.ts'
import type { ConditionalRoute, Destination, FilterUnit } from '../pipeline/tag-path.ts'
import type { Input } from '../plugin/input.ts'
import { guarded, type Workshop } from './workshop.ts'

export interface RunningInput {
  readonly plan: InputPlan
  readonly ingest: InputIngest
  readonly input: Input
}

export interface InputParts {
  readonly store: FrameStore
  readonly slabs: SlabPool
  readonly paths: Map<string, string>
  readonly filters: readonly FilterUnit[]
  readonly destinations: readonly Destination[]
  /** Makes the units of processors; see agent/filters.ts. */
  readonly processors: (plans: readonly ProcessorPlan[]) => Promise<FilterUnit[]>
}

export async function createInputs(plan: Plan, workshop: Workshop, parts: InputParts): Promise<RunningInput[]> {
  const record = new Record(workshop.pool)
  const labels = new Map(plan.outputs.flatMap((output) => [[output.name, output.label], [output.label, output.label]] as const))
  const running: RunningInput[] = []
  for (const input of plan.inputs) {
    const ingest = new InputIngest({
      input: input.label,
      store: parts.store,
      slabs: parts.slabs,
      paths: parts.paths,
      record,
      processors: await parts.processors(input.processors),
      filters: input.spec.behindFilters === true ? [] : parts.filters,
      destinations: input.common.routable ? parts.destinations : [],
      routes: await routesOf(input, workshop, labels, parts),
      active: workshop.active
    })
    const context = {
      ...workshop.context(input),
      ingest,
      tag: input.tag,
      recovered: parts.store.recovered.filter((stream) => stream.identity.input === input.label),
      firstStart: parts.store.firstStart,
      finish: workshop.finish
    }
    running.push({ plan: input, ingest, input: await guarded(input, () => input.spec.create(input.options as never, context)) })
  }
  return running
}

async function routesOf(
  input: InputPlan, workshop: Workshop, labels: ReadonlyMap<string, string>, parts: InputParts
): Promise<ConditionalRoute[]> {
  const routes: ConditionalRoute[] = []
  for (const { name, condition, processors, to } of input.routes) {
    routes.push({
      name,
      condition: condition === undefined ? undefined : compileCondition(condition, workshop.pool),
      processors: await parts.processors(processors),
      outputs: to.map(({ output }) => labels.get(output) ?? output)
    })
  }
  return routes
}
