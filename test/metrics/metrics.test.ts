import { describe, expect, it } from 'vitest'
import { Histogram, Metrics } from '../../src/metrics/metrics.ts'

describe('metrics', () => {
  it('give one and the same counter for the same labels', () => {
    const meter = new Metrics().meter('http.0')
    meter.counter('fantail_output_drops_total', { reason: 'refused' }).value += 2
    meter.counter('fantail_output_drops_total', { reason: 'refused' }).value++
    meter.counter('fantail_output_drops_total', { reason: 'full' }).value++
    expect(meter.counter('fantail_output_drops_total', { reason: 'refused' }).value).toBe(3)
  })

  it('carry the label of the instance that the table of names says', () => {
    const metrics = new Metrics()
    metrics.meter('a').counter('fluentbit_output_proc_records_total').value = 5
    metrics.meter('b').histogram('fluentbit_output_latency_seconds').observe(1)
    const labels = metrics.collect().flatMap(({ samples }) => samples.map((sample) => sample.labels))
    expect(labels).toEqual([{ name: 'a' }, { output: 'b' }])
  })

  it('read gauges and collectors when asked, and forget labels that went', () => {
    const metrics = new Metrics()
    let files = ['/a', '/b']
    metrics.meter('tail.0').gauges('fantail_file_lag_bytes', () => files.map((path) => [{ path }, path.length] as const))
    let paused = 0
    metrics.gauge('fluentbit_input_ingestion_paused', () => paused, { name: 'tail.0' })
    const values = (): unknown[] => metrics.collect().flatMap(({ samples }) => samples.map(({ labels, value }) => [labels['path'], value]))
    expect(values()).toEqual([[undefined, 0], ['/a', 2], ['/b', 2]])
    files = ['/longer']
    paused = 1
    expect(values()).toEqual([[undefined, 1], ['/longer', 7]])
  })
})

describe('a histogram', () => {
  it('counts each observation in the first bucket that holds it', () => {
    const histogram = new Histogram([1, 5])
    for (const value of [0.5, 1, 2, 5, 6]) histogram.observe(value)
    expect(histogram).toMatchObject({ counts: [2, 2, 1], count: 5, sum: 14.5 })
  })
})
