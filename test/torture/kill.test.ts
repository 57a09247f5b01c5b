/** kill -9 at random moments, again and again, under load, while the destination is up, down and everything between. */
import { afterEach, describe, expect, it } from 'vitest'
import { Agent } from '../support/agent.ts'
import { Collector } from '../support/collector.ts'
import { Writer } from '../support/writer.ts'
import { sleep } from '../support/wait.ts'
import { allDelivered, between, flap, length, load, settledLedger, sum } from './torture.ts'

const kills = length(6, 200)
const linesPerSecond = 5000
/** An acknowledgement older than this at a kill is known to the next life. */
const inFlight = 1000

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const outputs = {
  http: 'name: http\n    uri: /in\n    format: json_lines',
  es: 'name: es\n    index: torture'
}

function pipeline (output: keyof typeof outputs, port: number, storage: string): string {
  return `
inputs:
  - name: tail
    path: '{dir}/logs/*.log'
    tag: app.*
    read_from_head: on
    refresh_interval: 1
    storage.type: ${storage}
outputs:
  - ${outputs[output]}
    match: '*'
    host: 127.0.0.1
    port: ${port}
    retry_limit: no_limits`
}

describe.each(['memory', 'filesystem'] as const)(`${kills} times kill -9 with a buffer in %s`, (storage) => {
  async function run (output: keyof typeof outputs): Promise<{ agent: Agent, collector: Collector, writers: Writer[], killed: number[] }> {
    const collector = await Collector.start()
    closers.push(() => collector.stop())
    const agent = await Agent.create({ pipeline: pipeline(output, collector.port, storage), storage, service: 'scheduler.base: 1\nscheduler.cap: 2' })
    closers.push(() => agent.alive && agent.kill())
    const writers = ['a', 'b', 'c', 'd', 'e'].map((name) => new Writer(`${agent.logs}/${name}.log`))
    closers.push(() => writers.forEach((writer) => writer.close()))
    const stopLoad = load(writers, linesPerSecond)
    const stopFlapping = flap(collector)
    const killed: number[] = []
    for (let i = 0; i < kills; i++) {
      agent.launch()
      // Some lives end before the agent has read its configuration, most of them under full load.
      await sleep(i % 8 === 7 ? between(0, 300) : between(300, 2000))
      expect(agent.alive, agent.running.tail()).toBe(true)
      killed.push(collector.checker.now)
      await agent.kill()
    }
    await stopLoad()
    await stopFlapping()
    await agent.start()
    await allDelivered(collector.checker, writers, agent)
    expect(await settledLedger(agent, sum(writers))).toEqual([])
    expect(await agent.stop()).toEqual({ code: 0, signal: null })
    return { agent, collector, writers, killed }
  }

  it('http: every line comes, first occurrences in order, and only what was in flight comes again', async () => {
    const { collector, killed } = await run('http')
    expect(collector.checker.disorder()).toEqual([])
    expect(collector.checker.unexplained([...killed, ...collector.spoiled], inFlight).slice(0, 5)).toEqual([])
  })

  it('es: every line is there exactly once, by its id', async () => {
    const { collector, writers } = await run('es')
    expect([collector.ids.size, collector.checker.repeated]).toEqual([sum(writers), 0])
  })
})
