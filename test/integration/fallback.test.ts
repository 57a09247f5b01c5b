/** An output with a fallback, in a whole agent: each line is at one of the two destinations, and the ledger says at which. */
import { afterEach, expect, it } from 'vitest'
import { Agent } from '../support/agent.ts'
import { Collector } from '../support/collector.ts'
import { imbalances, total } from '../support/ledger.ts'
import { eventually } from '../support/wait.ts'
import { Writer } from '../support/writer.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function start (after: string): Promise<{ agent: Agent, first: Collector, second: Collector, writer: Writer }> {
  const [first, second] = [await Collector.start(), await Collector.start()]
  closers.push(() => first.stop(), () => second.stop())
  const agent = await Agent.create({
    storage: 'filesystem',
    service: 'scheduler.base: 1\nscheduler.cap: 1',
    pipeline: `
inputs:
  - { name: tail, path: '{dir}/logs/*.log', tag: app, read_from_head: on, refresh_interval: 1, storage.type: filesystem }
outputs:
  - { name: es, alias: first, match: '*', host: 127.0.0.1, port: ${first.port}, index: x, fallback: second, fallback_after: ${after} }
  - { name: http, alias: second, host: 127.0.0.1, port: ${second.port}, uri: /in, format: json_lines }`
  })
  closers.push(() => agent.alive && agent.kill())
  await agent.start()
  const writer = new Writer(`${agent.logs}/a.log`)
  closers.push(() => writer.close())
  return { agent, first, second, writer }
}

async function terms (agent: Agent, output: string, term: string): Promise<number> {
  return total((await agent.ledger()).outputs[output]?.[term])
}

it('what the first refuses goes to the second, once, through a restart', async () => {
  const { agent, first, second, writer } = await start('1h')
  first.poison = '7 x'
  writer.write(1000)
  await eventually('all are somewhere', () => first.records + second.records >= 1000)
  await eventually('and settled', async () => await terms(agent, 'first', 'waiting') === 0)
  expect([first.records, second.records]).toEqual([900, 100])
  expect((await agent.stop()).code).toBe(0)
  await agent.start()
  const ledger = await agent.ledger()
  expect(imbalances(ledger)).toEqual([])
  expect(ledger.outputs).toMatchObject({
    first: { routed: 1000, delivered: 900, fallback: 100, dead_lettered: 0 }, second: { routed: 100, delivered: 100 }
  })
  expect(await agent.get('/metrics')).toContain('fantail_output_fallback_records_total{name="first"}')
})

it('while the first does not answer the second takes everything, through kill -9, and gives it back when it does', async () => {
  const { agent, first, second, writer } = await start('1s')
  await first.fail('refuse')
  writer.write(500)
  await eventually('the second has them', () => second.checker.seen('a') >= 500, { timeout: 20_000 })
  await agent.kill()
  await agent.start()
  writer.write(500)
  await eventually('the second has these, too', () => second.checker.seen('a') >= 1000, { timeout: 20_000 })
  await eventually('and they are settled', async () => await terms(agent, 'first', 'waiting') === 0)
  await first.fail('none')
  writer.write(1)
  await eventually('the first is asked again', () => first.records > 0 || second.checker.seen('a') > 1000, { timeout: 20_000 })
  await eventually('it answers', async () => {
    writer.write(1)
    return first.records > 0
  }, { timeout: 20_000, interval: 200 })
  await eventually('all is settled', async () => {
    const { outputs } = await agent.ledger()
    return total(outputs['first']?.['waiting']) === 0 && total(outputs['first']?.['routed']) >= writer.count
  })
  expect(imbalances(await agent.ledger())).toEqual([])
  expect(first.records + second.checker.total).toBeGreaterThanOrEqual(writer.count)
})
