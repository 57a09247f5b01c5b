import { describe, expect, it } from 'vitest'
import * as ledger from '../../src/event/ledger.ts'
import { Metrics } from '../../src/metrics/metrics.ts'
import { collectView, inputImbalance, outputImbalance } from '../../src/metrics/view.ts'
import { inputLedger, outputLedger, viewOf } from './view-of.ts'

function figures(): Map<string, number> {
  const found = new Map<string, number>()
  collectView(viewOf(), 'node-1', Date.now(), (metric, labels, value) => found.set(`${metric} ${Object.values(labels).join(' ')}`.trim(), value))
  return found
}

describe('the view as metrics', () => {
  it('tells the terms of both equations, by reason where there is one', () => {
    const found = figures()
    expect(found.get('fantail_ledger_input_records_total tail.0 read')).toBe(10)
    expect(found.get('fantail_ledger_input_records_total tail.0 filtered grep.0')).toBe(1)
    expect(found.get('fantail_ledger_output_records_total up dropped dead letters full')).toBe(1)
    expect(found.get('fantail_ledger_output_waiting up')).toBe(1)
    expect(found.get('fantail_ledger_imbalance input tail.0')).toBe(0)
    expect(found.get('fantail_ledger_imbalance output up')).toBe(0)
  })

  it('tells the age of the oldest unsent record and the room that is left', () => {
    const found = figures()
    expect(found.get('fantail_output_oldest_unsent_seconds up')).toBeGreaterThanOrEqual(30)
    expect(found.get('fluentbit_output_chunk_available_capacity_percent up')).toBe(75)
  })

  it('emits no metric twice with the same labels', () => {
    const metrics = new Metrics()
    metrics.collector((emit) => collectView(viewOf(), 'node-1', Date.now(), emit))
    for (const { name, samples } of metrics.collect()) {
      expect(new Set(samples.map(({ labels }) => JSON.stringify(labels))).size, name).toBe(samples.length)
    }
  })

  it('balances as the ledger does', () => {
    expect(inputImbalance({ ...inputLedger, read: 13 })).toBe(ledger.inputImbalance({ ...inputLedger, filtered: { 'grep.0': 1 }, dropped: { x: 1 }, read: 13 }))
    expect(outputImbalance({ ...outputLedger, routed: 4 })).toBe(ledger.outputImbalance({ ...outputLedger, filtered: {}, dropped: { x: 1 }, routed: 4 }))
  })
})
