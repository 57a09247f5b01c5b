/** What plugins are made with: the pool of constants, the parsers, a log and a meter for each. */
import type { AgentLog, Level } from '../log.ts'
import type { Given, Place } from '../config/fields.ts'
import type { Plan } from '../config/plan.ts'
import { ConfigurationError } from '../config/problem.ts'
import { message } from '../errors.ts'
import { Pool } from '../event/pool.ts'
import type { Metrics } from '../metrics/metrics.ts'
import { createParsers, type Parsers } from '../parsers/index.ts'
import type { InputIngest } from '../pipeline/ingest.ts'
import { PluginError, type PluginContext } from '../plugin/context.ts'

/** Whose plugin it is and where it stands in the configuration. */
export interface Owner {
  readonly label: string
  readonly given: readonly Given[]
  readonly place: Place
  readonly common?: { readonly log_level: string | undefined }
}

export class Workshop {
  readonly pool = new Pool()
  readonly log: AgentLog
  readonly metrics: Metrics
  /** Asks the agent to end in good order. */
  readonly finish: (code: number) => void
  /** What was made and is to be let go of at the end. */
  readonly closers: (() => unknown)[] = []
  readonly #parsers: Parsers
  readonly #trial: boolean
  /** The way in that emits at this moment; filters that make records hand them to it. */
  readonly active: { ingest: InputIngest | undefined } = { ingest: undefined }

  /** `trial`: what is made runs never; see PluginContext. */
  constructor(plan: Plan, log: AgentLog, metrics: Metrics, finish: (code: number) => void, trial = false) {
    this.#trial = trial
    this.log = log
    this.metrics = metrics
    this.finish = finish
    this.#parsers = createParsers(plan.parsers, plan.multilineParsers, this.pool, { bufferLimit: plan.service.multiline_buffer_limit })
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.closers.splice(0).map(async (close) => { await close() }))
  }

  context(owner: Owner): PluginContext {
    return {
      name: owner.label,
      log: this.log.child(owner.label, owner.common?.log_level as Level | undefined),
      meter: this.metrics.meter(owner.label),
      trial: this.#trial,
      pool: this.pool,
      given: owner.given,
      parser: (name) => this.#parsers.parser(name),
      joiner: (names, options) => this.#parsers.joiner(names, options)
    }
  }
}

/** Runs what may complain about its configuration; the complaint is told at the option's place. */
export async function guarded<T>(owner: Owner, make: () => T | Promise<T>): Promise<T> {
  try {
    return await make()
  } catch (error) {
    if (!(error instanceof PluginError)) throw error
    const option = owner.given.find((given) => given.name === error.option?.toLowerCase())
    const place = option?.place ?? owner.place
    throw new ConfigurationError([
      { code: 'invalid-option', level: 'error', message: message('invalid-option', { owner: owner.label, reason: error.message }), place }
    ], error)
  }
}
