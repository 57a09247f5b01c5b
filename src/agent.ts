/**
 * The agent: everything that starts, in the order of the data, and how it ends. Read this first.
 */
import { createFilters, createProcessors } from './agent/filters.ts'
import { createInputs, type RunningInput } from './agent/inputs.ts'
import { createOutputs, stopOutputs, type RunningOutput } from './agent/outputs.ts'
import { stateDirectory } from './agent/state-directory.ts'
import { storeOptions } from './agent/store-options.ts'
import { agentView, collectWayIn } from './agent/view.ts'
import { Workshop } from './agent/workshop.ts'
import { openStore } from './buffer/open-store.ts'
import { SlabPool } from './buffer/slab-pool.ts'
import type { FrameStore } from './buffer/store.ts'
import type { Plan } from './config/plan.ts'
import { sourcePath } from './event/stream.ts'
import { compileTagMatcher } from './event/tag.ts'
import { watchCompilers } from './lib/compilers.ts'
import { makeNativeBuffer } from './lib/native-buffer.ts'
import { version } from './lib/version.ts'
import type { AgentLog } from './log.ts'
import { Metrics } from './metrics/metrics.ts'
import { startServer, type MetricsServer, type ReloadAnswer } from './metrics/server.ts'
import type { FilterUnit } from './pipeline/tag-path.ts'

/** Milliseconds that requests under way are waited for at most when an agent hands over. */
const HAND_OVER = 10_000

/** What is there before an agent and after it. */
export interface Surroundings {
  /** Unix milliseconds at which the process started. */
  readonly startedAt: number
  /** The HTTP server, which goes on with the next agent as long as its address stays. */
  readonly server: { current: MetricsServer | undefined; address: string }
  readonly reloads: { readonly done: number; readonly failed: number }
  /** Loads the configuration again, for whoever asks over HTTP; undefined when that is not wanted. */
  readonly reload: (() => Promise<ReloadAnswer>) | undefined
}

export class Agent {
  readonly #plan: Plan
  readonly #log: AgentLog
  readonly #around: Surroundings
  readonly #metrics = new Metrics()
  #store: FrameStore | undefined
  #outputs: RunningOutput[] = []
  #workshop: Workshop | undefined
  #filters: FilterUnit[] = []
  #inputs: RunningInput[] = []
  /** Paths of streams by uid, for dead letters. */
  readonly #paths = new Map<string, string>()
  readonly #finished = Promise.withResolvers<number>()
  #finishing = false
  #started = false
  #beat = performance.now()
  #heart: NodeJS.Timeout | undefined

  constructor(plan: Plan, log: AgentLog, around: Surroundings) {
    this.#plan = plan
    this.#log = log
    this.#around = around
  }

  /** The buffer, once the agent has started. */
  get store(): FrameStore {
    return this.#store!
  }

  async start(): Promise<void> {
    watchCompilers()
    makeNativeBuffer()
    const plan = this.#plan
    const log = this.#log.child('agent')
    const directory = stateDirectory(plan)
    const store = (this.#store = await openStore(storeOptions(plan, directory, (output) => this.#log.child(output))))
    const workshop = (this.#workshop = new Workshop(plan, this.#log, this.#metrics, (code) => this.#finish(code)))
    const slabs = new SlabPool()

    for (const { uid, identity } of store.recovered) this.#paths.set(uid, sourcePath(identity))
    this.#outputs = await createOutputs(plan, workshop, store, (uid) => this.#paths.get(uid))
    this.#filters = await createFilters(plan, workshop)
    this.#inputs = await createInputs(plan, workshop, {
      store,
      slabs,
      paths: this.#paths,
      filters: this.#filters,
      destinations: plan.outputs.filter((output) => output.match !== undefined || output.common.match_regex !== undefined).map((output) => ({
        name: output.label,
        matches: compileTagMatcher(output.match, output.common.match_regex)
      })),
      processors: (plans) => createProcessors(plans, workshop)
    })

    // Probes are answered before the inputs start, and whatever the destinations do.
    await this.#serve(store)
    for (const { delivery } of this.#outputs) delivery.start()
    for (const { input } of this.#inputs) await input.start()
    this.#started = true
    const { recovery } = store
    log.info(`Started: ${plan.inputs.length} inputs, ${plan.filters.length} filters, ${plan.outputs.length} outputs; state in ${directory}.`, {
      recovery_ms: Math.round(recovery.milliseconds), torn_bytes: recovery.tornBytes, corrupt_frames: recovery.corruptFrames
    })
  }

  async #serve(store: FrameStore): Promise<void> {
    const { service } = this.#plan
    const { server, reloads, reload, startedAt } = this.#around
    const running = {
      store, inputs: this.#inputs, outputs: this.#outputs, filters: this.#filters,
      startedAt, reloads: () => reloads, started: () => this.#started, lastBeat: () => this.#beat
    }
    this.#metrics.collector((emit) => collectWayIn(running, emit))
    const address = service.http_server ? `${service.http_listen} ${service.http_port}` : ''
    const before = server.current
    const kept = address === server.address ? before : undefined
    let now = kept
    if (service.http_server) {
      this.#heart = setInterval(() => (this.#beat = performance.now()), 1000).unref()
      const view = agentView(this.#plan, version(), running)
      const health = {
        enabled: service.health_check, errors: service.hc_errors_count, retryFailures: service.hc_retry_failure_count, period: service.hc_period
      }
      const options = { host: service.http_listen, port: service.http_port, health, reload }
      kept?.show(view, this.#metrics, options)
      now ??= await startServer(view, this.#metrics, options)
    }
    server.current = now
    server.address = address
    // whoever asked for this there is answered yet
    if (before !== now) void before?.close(true)
  }

  #finish(code: number): void {
    this.#finishing = true
    this.#finished.resolve(code)
  }

  /** Resolves with the exit code when the agent shall end. */
  async ended(stop: AbortSignal): Promise<number> {
    const stopped = aborted(stop).then(() => 0)
    const code = await Promise.race([stopped, this.#finished.promise])
    if (this.#finishing) await Promise.race([this.#delivered(), stopped])
    return code
  }

  /** An input has come to its end (exit_on_eof): everything goes out first, as long as anything does. */
  async #delivered(): Promise<void> {
    for (const { ingest } of this.#inputs) ingest.flush()
    await this.#emptied(() => this.#outputs.reduce((sum, { queue }) => sum + queue.waiting().records, 0))
    for (const { delivery } of this.#outputs) void delivery.finish()
    await this.#emptied(() => this.#outputs.reduce((sum, { delivery }) => sum + delivery.kept, 0))
  }

  /** Resolves when nothing waits any more, or when nothing has gone out for `grace`. */
  async #emptied(waiting: () => number): Promise<void> {
    let left = waiting()
    let since = performance.now()
    while (left > 0 && performance.now() - since < this.#plan.service.grace) {
      await new Promise((done) => setTimeout(done, 20))
      const now = waiting()
      if (now < left) since = performance.now()
      left = now
    }
  }

  /**
   * Inputs stop reading and hand over what they hold, outputs deliver what they can within `grace`, the rest stays in the
   * buffer or is read again. `now` cuts the waiting short.
   */
  async stop(now: AbortSignal): Promise<void> {
    const begun = performance.now()
    const { grace } = this.#plan.service
    const cut = aborted(now)
    await Promise.race([Promise.allSettled(this.#inputs.map(({ input }) => input.stop(begun + grace / 2))), cut])
    for (const { ingest } of this.#inputs) ingest.flush()
    await Promise.race([Promise.allSettled(this.#outputs.map(({ delivery }) => delivery.drain(begun + grace))), cut])
    await this.abandon()
    this.#log.child('agent').info('Stopped.')
  }

  /**
   * Ends for the agent that goes on where this one stood: requests under way are waited for, what the buffer holds goes
   * over through the state directory, and files are read on from there.
   */
  async handOver(now: AbortSignal): Promise<void> {
    const deadline = performance.now() + Math.min(HAND_OVER, this.#plan.service.grace)
    await Promise.race([Promise.allSettled(this.#inputs.map(({ input }) => input.stop(deadline, true))), aborted(now)])
    for (const { ingest } of this.#inputs) ingest.flush()
    await Promise.race([Promise.allSettled(this.#outputs.map(({ delivery }) => delivery.rest(deadline))), aborted(now)])
    await this.abandon()
  }

  /** Lets go of everything that was opened, but for the HTTP server. */
  async abandon(): Promise<void> {
    clearInterval(this.#heart)
    await stopOutputs(this.#outputs)
    await this.#workshop?.close()
    await this.#store?.close()
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await new Promise((done) => signal.addEventListener('abort', done, { once: true }))
}
