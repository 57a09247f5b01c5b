import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createOutputs, deadLetterFolder, outputContext } from '../../src/agent/outputs.ts'
import type { FrameStore } from '../../src/buffer/store.ts'
import { ProcessedQueue } from '../../src/pipeline/processed-queue.ts'
import { planOf, storeOf, workshopOf } from './plan-of.ts'

const dummy = '  inputs: [{name: dummy}]\n'

it('puts dead letters below the state directory, unless another place is named', async () => {
  const output = "  outputs: [{name: 'null', match: '*'}]\n"
  expect(deadLetterFolder(await planOf(dummy + output), '/state')).toBe('/state/dlq')
  expect(deadLetterFolder(await planOf(dummy + output, 'service: {storage.rejected.path: bad}'), '/state')).toBe('/state/bad')
})

it('gives an output its own folder, the service\'s times and the network\'s options without their prefixes', async () => {
  const plan = await planOf(`${dummy}  outputs: [{name: http, alias: a/b, match: '*', host: h, port: 81, workers: 3, tls: on, tls.verify: off, net.connect_timeout: 3}]
`, 'service: {flush: 0.2, grace: 7}')
  const context = outputContext(plan.outputs[0]!, plan, workshopOf(plan), { directory: '/state' } as FrameStore)
  expect([context.stateDirectory(), context.workers, context.service]).toEqual([join('/state/outputs', 'a%2Fb'), 3, { flush: 200, grace: 7000 }])
  expect(context.network).toMatchObject({ host: 'h', port: 81, tls: { enabled: true, verify: false }, net: { connect_timeout: 3000 } })
})

it('makes each output with its queue and delivery; only one with processors takes its frames through them', async () => {
  const plan = await planOf(`${dummy}  outputs:
    - {name: 'null', alias: plain, match: '*'}
    - {name: 'null', alias: own, match: '*', processors: {logs: [{name: grep, exclude: a b}]}}
`)
  const store = await storeOf(plan)
  const outputs = await createOutputs(plan, workshopOf(plan), store, () => undefined)
  expect(outputs.map(({ plan: { label }, delivery, queue }) => [label, delivery.name, queue instanceof ProcessedQueue])).toEqual([
    ['plain', 'plain', false], ['own', 'own', false]
  ])
  for (const { delivery } of outputs) await delivery.stop()
})
