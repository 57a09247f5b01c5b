/** The agent as its metrics page shows it: read when somebody asks. */
import type { FrameStore } from '../buffer/store.ts'
import type { Plan } from '../config/plan.ts'
import { emptyInputTerms, emptyOutputTerms } from '../event/ledger.ts'
import type { Emit } from '../metrics/metrics.ts'
import type { AgentView, InputView, OutputView } from '../metrics/view.ts'
import type { FilterUnit } from '../pipeline/tag-path.ts'
import type { RunningInput } from './inputs.ts'
import type { RunningOutput } from './outputs.ts'

/** A loop that has not turned for so long stands still. */
const STALLED_MS = 30_000

export interface Running {
  readonly store: FrameStore
  readonly inputs: readonly RunningInput[]
  readonly outputs: readonly RunningOutput[]
  readonly filters: readonly FilterUnit[]
  /** Unix milliseconds at which the process started. */
  readonly startedAt: number
  readonly reloads: () => { readonly done: number; readonly failed: number }
  /** Every input reads or listens. */
  readonly started: () => boolean
  /** `performance.now()` of the last turn of the agent's heartbeat. */
  readonly lastBeat: () => number
}

export function agentView(plan: Plan, version: string, running: Running): AgentView {
  const { store } = running
  return {
    version,
    startedAt: running.startedAt,
    configWarnings: plan.warnings.length,
    reloads: running.reloads,
    notReady: () => (running.started() ? undefined : 'the inputs are being started'),
    stalled: () => (performance.now() - running.lastBeat() > STALLED_MS ? 'the event loop' : undefined),
    inputs: () => running.inputs.map((input) => inputView(input, store)),
    filters: () => plan.filters.map(({ label, plugin }) => ({ name: label, plugin })),
    outputs: () => running.outputs.map((output) => outputView(output, store)),
    storage() {
      const { memoryFrames, memoryBytes, diskFrames, diskBytes, diskFull, corruptFrames } = store.usage()
      return { memoryFrames, memoryBytes, diskFrames, diskBytes, diskLimit: plan.service['storage.total_limit_size'], diskFull, corruptFrames }
    }
  }
}

function inputView({ plan, ingest }: RunningInput, store: FrameStore): InputView {
  const terms = store.ledger().inputs.get(plan.label) ?? emptyInputTerms()
  const memoryBytes = store.memoryOf(plan.label)
  const { memoryFrames, diskFrames } = store.usage()
  const onDisk = plan.storage === 'filesystem'
  return {
    name: plan.label,
    plugin: plan.plugin,
    paused: !ingest.hasRoom(),
    memoryBytes,
    memoryLimit: onDisk ? Infinity : plan.common.mem_buf_limit,
    memoryFrames: onDisk ? 0 : memoryFrames,
    diskFrames: onDisk ? diskFrames : 0,
    ringDrops: plan.storage === 'memrb' ? store.ringDropsOf(plan.label) : undefined,
    // lines that a joiner holds were read, and are not in any frame yet
    ledger: { ...terms, read: terms.read + ingest.held, held: ingest.held }
  }
}

function outputView({ plan, queue, delivery }: RunningOutput, store: FrameStore): OutputView {
  const { bytes, oldest } = queue.waiting()
  const { requests, concurrency, answering, parkedRecords } = delivery.status
  return {
    name: plan.label,
    plugin: plan.plugin,
    waitingBytes: bytes,
    limitBytes: plan.common['storage.total_limit_size'],
    oldest,
    requests,
    concurrency,
    answering,
    parkedRecords,
    ledger: delivery.ledger(store.ledger().outputs.get(plan.label) ?? emptyOutputTerms())
  }
}

/** What inputs and filters count of the way in. */
export function collectWayIn({ inputs, filters }: Pick<Running, 'inputs' | 'filters'>, emit: Emit): void {
  for (const { plan, ingest } of inputs) {
    emit('fluentbit_input_records_total', { name: plan.label }, ingest.records)
    emit('fluentbit_input_bytes_total', { name: plan.label }, ingest.bytes)
  }
  for (const unit of filters) {
    const labels = { name: unit.name }
    emit('fluentbit_filter_records_total', labels, unit.records)
    emit('fluentbit_filter_drop_records_total', labels, unit.dropped)
    emit('fluentbit_filter_add_records_total', labels, unit.emitted)
    emit('fluentbit_filter_emit_records_total', labels, unit.emitted)
    emit('fantail_filter_failures_total', labels, unit.failures)
  }
}
