import { expect, it } from 'vitest'
import { createInputs } from '../../src/agent/inputs.ts'
import { createOutputs } from '../../src/agent/outputs.ts'
import { agentView, collectWayIn } from '../../src/agent/view.ts'
import { SlabPool } from '../../src/buffer/slab-pool.ts'
import { scanObject } from '../../src/event/json-scan.ts'
import { BLOCK } from '../../src/event/record.ts'
import { FilterUnit } from '../../src/pipeline/tag-path.ts'
import { KEEP } from '../../src/plugin/filter.ts'
import { planOf, storeOf, workshopOf } from './plan-of.ts'

it('shows what the parts say now: ledgers that balance with what waits and is held, limits, readiness', async () => {
  const plan = await planOf(`  inputs: [{name: dummy, alias: in, mem_buf_limit: 1M}]
  outputs: [{name: 'null', alias: out, match: '*', storage.total_limit_size: 5M}]
`)
  const workshop = workshopOf(plan)
  const store = await storeOf(plan)
  const unit = new FilterUnit('f.0', () => true, { forTag: () => () => KEEP })
  const inputs = await createInputs(plan, workshop, {
    store, slabs: new SlabPool(), paths: new Map(), filters: [unit], destinations: [{ name: 'out', matches: () => true }], processors: async () => []
  })
  const outputs = await createOutputs(plan, workshop, store, () => undefined)
  let started = false
  let beat = performance.now()
  const running = { store, inputs, outputs, filters: [unit], startedAt: 5, reloads: () => ({ done: 1, failed: 2 }), started: () => started, lastBeat: () => beat }
  const view = agentView(plan, '1.2.3', running)
  const { ingest } = inputs[0]!
  const block = Buffer.from('{"a":1}')
  ingest.record.useBlock(block)
  scanObject(ingest.record, BLOCK, 0, block.length)
  ingest.emit(ingest.tag('t'), ingest.openStream({ input: 'in', path: '', marks: {} }), 0, 8)
  ingest.commit()
  ingest.holding(2)
  expect(view.inputs()).toMatchObject([{ name: 'in', plugin: 'dummy', paused: false, memoryLimit: 1e6, memoryFrames: 1, diskFrames: 0, ledger: { read: 3, buffered: 1, held: 2 } }])
  expect(view.outputs()).toMatchObject([{ name: 'out', limitBytes: 5e6, answering: true, ledger: { routed: 1, waiting: 1 } }])
  expect([view.version, view.startedAt, view.reloads(), view.storage().memoryFrames]).toEqual(['1.2.3', 5, { done: 1, failed: 2 }, 1])
  expect([view.notReady(), view.stalled()]).toEqual(['the inputs are being started', undefined])
  started = true
  beat -= 60_000
  expect([view.notReady(), view.stalled()]).toEqual([undefined, 'the event loop'])
  const emitted: unknown[] = []
  collectWayIn(running, (name, labels, value) => emitted.push([name, labels['name'], value]))
  expect(emitted).toEqual(expect.arrayContaining([
    ['fluentbit_input_records_total', 'in', 1], ['fluentbit_input_bytes_total', 'in', 8], ['fluentbit_filter_records_total', 'f.0', 1]
  ]))
  for (const { delivery } of outputs) await delivery.stop()
})
