/** What the agent shows of itself, and the metrics made of it. */
import type { Emit } from './metrics.ts'

interface Reasons {
  readonly [reason: string]: number
}

/** Terms of an input's ledger (event/ledger.ts). */
export interface InputLedger {
  readonly read: number
  readonly created: number
  readonly buffered: number
  readonly joined: number
  readonly filtered: Reasons
  readonly dropped: Reasons
  readonly held: number
}

/** Terms of an output's ledger, `waiting` included. */
export interface OutputLedger {
  readonly routed: number
  readonly delivered: number
  readonly filtered: Reasons
  readonly dead_lettered: number
  readonly dropped: Reasons
  readonly fallback: number
  readonly waiting: number
  readonly repeated: number
}

export interface InstanceView {
  /** Alias if set, else the instance name: the label in metrics. */
  readonly name: string
  /** `tail` */
  readonly plugin: string
}

export interface InputView extends InstanceView {
  readonly paused: boolean
  /** Bytes in memory, and the limit (Infinity for none). */
  readonly memoryBytes: number
  readonly memoryLimit: number
  /** Frames that wait in memory and on disk. */
  readonly memoryFrames: number
  readonly diskFrames: number
  /** Frames given up, and their bytes; undefined where `storage.type` is not memrb. */
  readonly ringDrops: { readonly frames: number; readonly bytes: number } | undefined
  readonly ledger: InputLedger
}

export interface OutputView extends InstanceView {
  readonly waitingBytes: number
  /** `storage.total_limit_size` in bytes; undefined for none. */
  readonly limitBytes: number | undefined
  /** Unix seconds of the oldest record that waits; 0 when none does. */
  readonly oldest: number
  readonly requests: number
  readonly concurrency: number
  readonly answering: boolean
  readonly parkedRecords: number
  readonly ledger: OutputLedger
}

export interface StorageView {
  readonly memoryFrames: number
  readonly diskFrames: number
  readonly memoryBytes: number
  readonly diskBytes: number
  readonly diskLimit: number
  readonly diskFull: boolean
  readonly corruptFrames: number
}

/** Read when somebody asks; nothing is kept. */
export interface AgentView {
  readonly version: string
  /** Unix milliseconds. */
  readonly startedAt: number
  readonly configWarnings: number
  /** Reloads of the configuration since the process started: those that took effect and those that left all as it was. */
  reloads(): { readonly done: number; readonly failed: number }
  /** Undefined when ready, else what is missing. Never about destinations. */
  notReady(): string | undefined
  /** Undefined when all loops turn, else which one stands still. Never about destinations. */
  stalled(): string | undefined
  inputs(): readonly InputView[]
  filters(): readonly InstanceView[]
  outputs(): readonly OutputView[]
  storage(): StorageView
}

/** What an input's equation lacks; 0 when it balances. */
export function inputImbalance(t: InputLedger): number {
  return t.read + t.created - t.buffered - t.joined - total(t.filtered) - total(t.dropped) - t.held
}

/** What an output's equation lacks; 0 when it balances. */
export function outputImbalance(t: OutputLedger): number {
  return t.routed - t.delivered - total(t.filtered) - t.dead_lettered - total(t.dropped) - t.fallback - t.waiting
}

function total(reasons: Reasons): number {
  return Object.values(reasons).reduce((sum, one) => sum + one, 0)
}

/** Emits all that the view shows as metrics. `hostname` is the label that Fluent Bit puts on the agent's own. */
export function collectView(view: AgentView, hostname: string, now: number, emit: Emit): void {
  const uptime = Math.floor((now - view.startedAt) / 1000)
  const started = Math.floor(view.startedAt / 1000)
  const cpu = process.cpuUsage()
  emit('fluentbit_uptime', { hostname }, uptime)
  emit('fluentbit_process_start_time_seconds', { hostname }, started)
  emit('process_start_time_seconds', {}, started)
  emit('process_cpu_seconds_total', {}, (cpu.user + cpu.system) / 1e6)
  emit('process_resident_memory_bytes', {}, process.memoryUsage.rss())
  emit('fluentbit_build_info', { hostname, version: view.version, os: process.platform }, 1)
  emit('fantail_ready', {}, view.notReady() === undefined ? 1 : 0)
  const reloads = view.reloads()
  emit('fluentbit_hot_reloaded_times', { hostname }, reloads.done)
  emit('fantail_reloads_failed_total', {}, reloads.failed)
  emit('fantail_config_warnings', {}, view.configWarnings)
  for (const input of view.inputs()) collectInput(input, emit)
  for (const output of view.outputs()) collectOutput(output, now, emit)
  collectStorage(view.storage(), emit)
}

function collectInput(input: InputView, emit: Emit): void {
  const { name, ledger } = input
  emit('fluentbit_input_ingestion_paused', { name }, input.paused ? 1 : 0)
  emit('fluentbit_input_storage_overlimit', { name }, input.memoryBytes >= input.memoryLimit ? 1 : 0)
  emit('fluentbit_input_storage_memory_bytes', { name }, input.memoryBytes)
  emit('fluentbit_input_storage_chunks', { name }, input.memoryFrames + input.diskFrames)
  emit('fluentbit_input_storage_chunks_up', { name }, input.memoryFrames)
  emit('fluentbit_input_storage_chunks_down', { name }, input.diskFrames)
  if (input.ringDrops !== undefined) {
    emit('fluentbit_input_memrb_dropped_chunks', { name }, input.ringDrops.frames)
    emit('fluentbit_input_memrb_dropped_bytes', { name }, input.ringDrops.bytes)
  }
  const term = (term: string, value: number, reason = ''): void => {
    emit('fantail_ledger_input_records_total', { input: name, term, reason }, value)
  }
  term('read', ledger.read)
  term('created', ledger.created)
  term('buffered', ledger.buffered)
  term('joined', ledger.joined)
  for (const filter in ledger.filtered) term('filtered', ledger.filtered[filter]!, filter)
  for (const reason in ledger.dropped) term('dropped', ledger.dropped[reason]!, reason)
  emit('fantail_ledger_input_held', { input: name }, ledger.held)
  emit('fantail_ledger_imbalance', { kind: 'input', name }, inputImbalance(ledger))
}

function collectOutput(output: OutputView, now: number, emit: Emit): void {
  const { name, ledger, limitBytes } = output
  emit('fluentbit_output_upstream_busy_connections', { name }, output.requests)
  const used = limitBytes === undefined ? 0 : Math.min(1, output.waitingBytes / limitBytes)
  emit('fluentbit_output_chunk_available_capacity_percent', { name }, (1 - used) * 100)
  emit('fantail_output_concurrency', { name }, output.concurrency)
  emit('fantail_output_answering', { name }, output.answering ? 1 : 0)
  emit('fantail_output_waiting_records', { name }, ledger.waiting)
  emit('fantail_output_waiting_bytes', { name }, output.waitingBytes)
  emit('fantail_output_oldest_unsent_seconds', { name }, output.oldest === 0 ? 0 : Math.max(0, now / 1000 - output.oldest))
  emit('fantail_output_parked', { name }, output.parkedRecords)
  const term = (term: string, value: number, reason = ''): void => {
    emit('fantail_ledger_output_records_total', { output: name, term, reason }, value)
  }
  term('routed', ledger.routed)
  term('delivered', ledger.delivered)
  term('dead_lettered', ledger.dead_lettered)
  term('fallback', ledger.fallback)
  term('repeated', ledger.repeated)
  for (const filter in ledger.filtered) term('filtered', ledger.filtered[filter]!, filter)
  for (const reason in ledger.dropped) term('dropped', ledger.dropped[reason]!, reason)
  emit('fantail_ledger_output_waiting', { output: name }, ledger.waiting)
  emit('fantail_ledger_imbalance', { kind: 'output', name }, outputImbalance(ledger))
}

function collectStorage(storage: StorageView, emit: Emit): void {
  emit('fluentbit_storage_chunks', {}, storage.memoryFrames + storage.diskFrames)
  emit('fluentbit_storage_mem_chunks', {}, storage.memoryFrames)
  emit('fluentbit_storage_fs_chunks', {}, storage.diskFrames)
  emit('fluentbit_storage_fs_chunks_up', {}, 0)
  emit('fluentbit_storage_fs_chunks_down', {}, storage.diskFrames)
  emit('fantail_buffer_disk_bytes', {}, storage.diskBytes)
  emit('fantail_buffer_disk_limit_bytes', {}, storage.diskLimit)
  emit('fantail_buffer_memory_bytes', {}, storage.memoryBytes)
  emit('fantail_buffer_disk_full', {}, storage.diskFull ? 1 : 0)
  emit('fantail_buffer_corrupt_frames', {}, storage.corruptFrames)
}
