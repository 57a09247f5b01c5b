import { expect, it } from 'vitest'
import { Metrics } from '../../src/metrics/metrics.ts'
import { deliveryMeter } from '../../src/pipeline/delivery-meter.ts'

it('the engine\'s figures stand under Fluent Bit\'s names, drops under their reasons', () => {
  const metrics = new Metrics()
  const meter = deliveryMeter(metrics.meter('up'))
  meter.records.value += 7
  meter.dropped('refused', 2)
  meter.dropped('refused', 1)
  meter.dropped('dead letters full', 4)
  meter.latency.observe(0.2)
  const found = new Map(metrics.collect().flatMap(({ name, samples }) => samples.map(({ labels, value }) => [`${name} ${labels['reason'] ?? ''}`.trim(), value])))
  expect(found.get('fluentbit_output_proc_records_total')).toBe(7)
  expect(found.get('fantail_output_drops_total refused')).toBe(3)
  expect(found.get('fantail_output_drops_total dead letters full')).toBe(4)
  expect(found.get('fluentbit_output_latency_seconds')).toMatchObject({ count: 1 })
})
