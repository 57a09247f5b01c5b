import { expect, it } from 'vitest'
import { createProcessors } from '../../src/agent/filters.ts'
import { createInputs } from '../../src/agent/inputs.ts'
import { SlabPool } from '../../src/buffer/slab-pool.ts'
import { ConfigurationError } from '../../src/config/problem.ts'
import { scanObject } from '../../src/event/json-scan.ts'
import { BLOCK } from '../../src/event/record.ts'
import type { RunningInput } from '../../src/agent/inputs.ts'
import type { FrameStore } from '../../src/buffer/store.ts'
import { planOf, storeOf, workshopOf } from './plan-of.ts'

async function make(pipeline: string): Promise<{ readonly inputs: RunningInput[]; readonly store: FrameStore }> {
  const plan = await planOf(pipeline)
  const workshop = workshopOf(plan)
  const store = await storeOf(plan)
  const inputs = await createInputs(plan, workshop, {
    store, slabs: new SlabPool(), paths: new Map(), filters: [], destinations: [{ name: 'all', matches: () => true }],
    processors: (plans) => createProcessors(plans, workshop)
  })
  return { inputs, store }
}

function emit({ ingest, plan }: RunningInput, body: object): void {
  const block = Buffer.from(JSON.stringify(body))
  ingest.record.useBlock(block)
  scanObject(ingest.record, BLOCK, 0, block.length)
  ingest.emit(ingest.tag(plan.tag), ingest.openStream({ input: plan.label, path: '', marks: {} }), 0, 10)
  ingest.commit()
}

it('sends what an input reads through its processors, to the outputs by tag, or nowhere when it is not routable', async () => {
  const { inputs: [one, two], store } = await make(`  inputs:
    - {name: dummy, alias: one, processors: {logs: [{name: grep, exclude: log bad}]}}
    - {name: dummy, alias: two, routable: off}
  outputs: [{name: 'null', alias: all, match: '*'}]
`)
  for (const log of ['bad', 'good']) {
    emit(one!, { log })
    emit(two!, { log })
  }
  expect(store.ledger().outputs.get('all')).toMatchObject({ routed: 1, waiting: 1 })
  expect(store.ledger().inputs.get('one')).toMatchObject({ read: 2, buffered: 1, filtered: { 'dummy.0/grep.0': 1 } })
  expect(store.ledger().inputs.get('two')).toMatchObject({ read: 2, dropped: { 'no route': 2 } })
})

it('resolves routes to outputs by alias and name', async () => {
  const { inputs: [input], store } = await make(`  inputs:
    - name: dummy
      routes:
        logs:
          - {name: bad, condition: {rules: [{field: $log, op: eq, value: bad}]}, to: {outputs: [mine]}}
          - {name: rest, condition: {default: true}, to: {outputs: ['null.1', mine]}}
  outputs: [{name: 'null', alias: mine}, {name: 'null'}]
`)
  for (const log of ['bad', 'good']) emit(input!, { log })
  expect([...store.ledger().outputs].map(([name, { routed }]) => [name, routed])).toEqual([['mine', 2], ['null.1', 1]])
})

it('tells what an input refuses at its place', async () => {
  await expect(make("  inputs: [{name: tail, path: /x, parser: json, multiline.parser: cri}]\n  outputs: [{name: 'null', alias: all, match: '*'}]\n"))
    .rejects.toThrow(ConfigurationError)
})
