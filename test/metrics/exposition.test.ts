import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { plainText, prometheusText, prometheusV1Text } from '../../src/metrics/exposition.ts'
import { Metrics } from '../../src/metrics/metrics.ts'
import { collectView } from '../../src/metrics/view.ts'
import { parsePrometheus, viewOf } from './view-of.ts'

function hasPromtool(): boolean {
  try {
    execFileSync('promtool', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

function everything(): Metrics {
  const metrics = new Metrics()
  metrics.collector((emit) => collectView(viewOf(), 'node-1', Date.now(), emit))
  metrics.meter('tail.0').counter('fluentbit_input_records_total').value = 12
  metrics.meter('up').counter('fluentbit_output_proc_records_total').value = 7
  metrics.meter('up').histogram('fluentbit_output_latency_seconds').observe(0.7)
  return metrics
}

describe('the Prometheus text', () => {
  it('reads back as what was put in, whatever the labels hold', () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.string({ unit: 'binary' }), fc.double({ noNaN: true, noDefaultInfinity: true })), { maxLength: 8 }), (rows) => {
      const metrics = new Metrics()
      const paths = new Map(rows.map(([path, value]) => [path.replaceAll('\r', '').replaceAll(/[\u2028\u2029]/g, ''), value]))
      for (const [path, value] of paths) metrics.meter('tail.0').gauge('fantail_file_lag_bytes', () => value, { path })
      const found = new Map(parsePrometheus(prometheusText(metrics.collect())).map(({ labels, value }) => [labels['path'], value]))
      expect(found.size).toBe(paths.size)
      for (const [path, value] of paths) expect(found.get(path)! + 0).toBe(value + 0)
    }))
  })

  it('gives a histogram cumulative buckets, the last one infinite', () => {
    const metrics = new Metrics()
    const latency = metrics.meter('up').histogram('fluentbit_output_latency_seconds')
    for (const seconds of [0.1, 0.7, 100]) latency.observe(seconds)
    const samples = parsePrometheus(prometheusText(metrics.collect()))
    const buckets = samples.filter(({ name }) => name.endsWith('_bucket')).map(({ labels, value }) => [labels['le'], value])
    expect(buckets.slice(0, 2)).toEqual([['0.5', 1], ['1', 2]])
    expect(buckets.at(-1)).toEqual(['+Inf', 3])
    expect(samples.find(({ name }) => name.endsWith('_sum'))?.value).toBeCloseTo(100.8)
    expect(samples.find(({ name }) => name.endsWith('_count'))?.value).toBe(3)
  })

  it.runIf(hasPromtool())('is without fault for promtool, in both generations', () => {
    const families = everything().collect()
    for (const page of [prometheusText(families), prometheusV1Text(families, Date.now())]) {
      expect(execFileSync('promtool', ['check', 'metrics'], { input: page, encoding: 'utf8' })).toBe('')
    }
  })
})

describe('the first generation', () => {
  it('has its metrics only, with the time in milliseconds', () => {
    const samples = parsePrometheus(prometheusV1Text(everything().collect(), 1_700_000_000_123))
    expect(samples.find(({ name }) => name === 'fluentbit_input_records_total')).toEqual({
      name: 'fluentbit_input_records_total', labels: { name: 'tail.0' }, value: 12, time: 1_700_000_000_123
    })
    expect(samples.every(({ name }) => !name.startsWith('fantail_'))).toBe(true)
    expect(samples.every(({ labels }) => labels['hostname'] === undefined)).toBe(true)
  })
})

describe('the plain listing', () => {
  it('is one line a sample', () => {
    expect(plainText(everything().collect(), 1_700_000_000_123)).toContain(
      '2023-11-14T22:13:20.123000000Z fluentbit_output_proc_records_total{name="up"} = 7\n'
    )
  })
})
