/**
 * Fluent Bit's health: errors and exhausted retries of all outputs within a period, compared with two limits. It says
 * nothing of an agent that stands still or of a destination that is retried for ever: see readiness, liveness and
 * `fantail_output_oldest_unsent_seconds` for those.
 */
import type { Metrics } from './metrics.ts'

export interface HealthOptions {
  /** `hc_errors_count`, `hc_retry_failure_count`: more than these is unhealthy. */
  readonly errors: number
  readonly retryFailures: number
  /** `hc_period` in milliseconds. */
  readonly period: number
}

export interface HealthReport {
  readonly healthy: boolean
  /** Within the period. */
  readonly errors: number
  readonly retriesFailed: number
}

interface Snapshot {
  readonly at: number
  readonly errors: number
  readonly retriesFailed: number
}

/** Snapshots in a period. */
const STEPS = 60

export class Health {
  readonly options: HealthOptions
  readonly #metrics: Metrics
  #snapshots: Snapshot[] = []
  #timer: NodeJS.Timeout | undefined

  constructor(options: HealthOptions, metrics: Metrics) {
    this.options = options
    this.#metrics = metrics
  }

  start(): void {
    this.#take()
    this.#timer = setInterval(() => this.#take(), Math.max(1000, this.options.period / STEPS))
    this.#timer.unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #take(): Snapshot {
    const now = {
      at: performance.now(),
      errors: this.#metrics.sum('fluentbit_output_errors_total'),
      retriesFailed: this.#metrics.sum('fluentbit_output_retries_failed_total')
    }
    this.#snapshots.push(now)
    const begin = now.at - this.options.period
    // The newest one before the period stays: it is what the period is compared with.
    while (this.#snapshots.length > 1 && this.#snapshots[1]!.at <= begin) this.#snapshots.shift()
    return now
  }

  report(): HealthReport {
    const now = this.#take()
    const first = this.#snapshots[0]!
    const errors = now.errors - first.errors
    const retriesFailed = now.retriesFailed - first.retriesFailed
    return { healthy: errors <= this.options.errors && retriesFailed <= this.options.retryFailures, errors, retriesFailed }
  }
}
