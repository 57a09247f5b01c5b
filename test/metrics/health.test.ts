import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Health } from '../../src/metrics/health.ts'
import { Metrics } from '../../src/metrics/metrics.ts'

describe('health', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('is lost above a limit within the period, over all outputs, and comes back after it', () => {
    const metrics = new Metrics()
    const health = new Health({ errors: 2, retryFailures: 5, period: 60_000 }, metrics)
    metrics.meter('a').counter('fluentbit_output_errors_total').value = 100
    health.start()
    expect(health.report()).toEqual({ healthy: true, errors: 0, retriesFailed: 0 })
    metrics.meter('a').counter('fluentbit_output_errors_total').value += 1
    metrics.meter('b').counter('fluentbit_output_errors_total').value += 1
    expect(health.report()).toMatchObject({ healthy: true, errors: 2 })
    metrics.meter('b').counter('fluentbit_output_errors_total').value += 1
    expect(health.report()).toMatchObject({ healthy: false, errors: 3 })
    vi.advanceTimersByTime(30_000)
    expect(health.report().healthy).toBe(false)
    vi.advanceTimersByTime(32_000)
    expect(health.report()).toEqual({ healthy: true, errors: 0, retriesFailed: 0 })
    health.stop()
  })

  it('counts exhausted retries against their own limit', () => {
    const metrics = new Metrics()
    const health = new Health({ errors: 0, retryFailures: 1, period: 60_000 }, metrics)
    health.start()
    const failed = metrics.meter('a').counter('fluentbit_output_retries_failed_total')
    failed.value = 1
    expect(health.report().healthy).toBe(true)
    failed.value = 2
    expect(health.report()).toEqual({ healthy: false, errors: 0, retriesFailed: 2 })
    health.stop()
  })
})
