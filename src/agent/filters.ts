/** The filters of the configuration, and processors, which are filters at work for one input, output or route only. */
import type { FilterPlan, Plan, ProcessorPlan } from '../config/plan.ts'
import { compileCondition } from '../event/condition.ts'
import type { Record } from '../event/record.ts'
import { compileTagMatcher } from '../event/tag.ts'
import { FilterUnit } from '../pipeline/tag-path.ts'
import { KEEP, type Filter, type FilterContext } from '../plugin/filter.ts'
import { guarded, type Workshop } from './workshop.ts'

export async function createFilters(plan: Plan, workshop: Workshop): Promise<FilterUnit[]> {
  const units: FilterUnit[] = []
  for (const filter of plan.filters) {
    const matches = compileTagMatcher(filter.common.match, filter.common.match_regex)
    units.push(await createUnit(filter, filter.label, matches, workshop))
  }
  return units
}

export async function createProcessors(processors: readonly ProcessorPlan[], workshop: Workshop): Promise<FilterUnit[]> {
  const units: FilterUnit[] = []
  for (const processor of processors) {
    const unit = await createUnit({ ...processor, label: processor.name }, processor.name, () => true, workshop)
    units.push(processor.condition === undefined ? unit : await guarded({ ...processor, label: processor.name }, () => conditional(unit, processor, workshop)))
  }
  return units
}

async function createUnit(
  plan: Pick<FilterPlan, 'spec' | 'options' | 'given' | 'place' | 'label'>,
  name: string,
  matches: (tag: string) => boolean,
  workshop: Workshop
): Promise<FilterUnit> {
  // the context needs the unit for `emit`, and the unit needs the filter that is made with the context
  const made: { unit?: FilterUnit } = {}
  const context: FilterContext = {
    ...workshop.context(plan),
    finish: workshop.finish,
    emit(tag: string, record: Record) {
      if (made.unit !== undefined) workshop.active.ingest?.take(tag, record, made.unit)
    }
  }
  const filter: Filter = await guarded(plan, () => plan.spec.create(plan.options as never, context))
  workshop.closers.push(() => filter.close?.())
  return (made.unit = new FilterUnit(name, matches, filter))
}

/** A processor with a condition: records that do not fulfil it pass untouched. */
function conditional(unit: FilterUnit, plan: ProcessorPlan, workshop: Workshop): FilterUnit {
  const holds = compileCondition(plan.condition!, workshop.pool)
  const { filter } = unit
  const { joins } = filter
  return new FilterUnit(unit.name, unit.matches, {
    ...(filter.prepare === undefined ? {} : { prepare: (tag: string) => filter.prepare?.(tag) }),
    ...(joins === undefined ? {} : { joins: { key: joins.key, forTag: (tag: string) => where(holds, joins.forTag(tag), undefined) } }),
    forTag: (tag) => where(holds, filter.forTag(tag), KEEP),
    close: () => filter.close?.()
  })
}

/** `work` on the records for which the condition holds, `otherwise` for the others. */
function where<T>(holds: (record: Record) => boolean, work: (record: Record) => T, otherwise: T): (record: Record) => T {
  return (record) => (holds(record) ? work(record) : otherwise)
}
