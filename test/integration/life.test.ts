/** A life of the agent from its start to a good end: order, ledger, signals, what the next life takes over. */
import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Agent } from '../support/agent.ts'
import { Collector } from '../support/collector.ts'
import { imbalances, total } from '../support/ledger.ts'
import { cri, Writer } from '../support/writer.ts'
import { eventually, sleep } from '../support/wait.ts'

let agent: Agent
let collector: Collector
beforeEach(async () => { collector = await Collector.start() })
afterEach(async () => {
  if (agent.alive) await agent.kill()
  await collector.stop()
})

function tail (storage: string, more = ''): string {
  return `
inputs:
  - { name: tail, path: '{dir}/logs/*.log', tag: app, read_from_head: on, refresh_interval: 1, storage.type: ${storage}${more} }`
}

function http (): string {
  return `
outputs:
  - { name: http, match: '*', host: 127.0.0.1, port: ${collector.port}, format: json_lines, retry_limit: no_limits }`
}

describe.each(['memory', 'filesystem'] as const)('with a buffer in %s', (storage) => {
  it('every line comes once and in order, through a stop and a start', async () => {
    agent = await Agent.start({ storage, pipeline: tail(storage) + http() })
    const writer = new Writer(`${agent.logs}/a.log`)
    for (let life = 0; life < 3; life++) {
      writer.write(5000)
      if (life === 1) await eventually('some lines came', () => collector.checker.seen('a') > 5000)
      expect((await agent.stop()).code).toBe(0)
      writer.write(10)
      await agent.start()
    }
    await eventually('all lines came', () => collector.checker.seen('a') === writer.count)
    expect([collector.checker.repeated, collector.checker.disorder()]).toEqual([0, []])
    const ledger = await eventually('a balanced ledger with nothing waiting', async () => {
      const ledger = await agent.ledger()
      return Object.values(ledger.outputs).every(({ delivered, waiting }) => total(waiting) === 0 && total(delivered) === writer.count) && ledger
    })
    expect(imbalances(ledger)).toEqual([])
    expect(Object.values(ledger.inputs).map(({ read }) => total(read))).toEqual([writer.count])
  })

  it('a stop while the destination is gone keeps everything for the next life, and a second signal ends it at once', async () => {
    agent = await Agent.start({ storage, service: 'grace: 30\nscheduler.base: 1\nscheduler.cap: 2', pipeline: tail(storage) + http() })
    await collector.fail('refuse')
    const writer = new Writer(`${agent.logs}/a.log`)
    writer.write(2000)
    await sleep(1500)
    const begin = Date.now()
    agent.running.signal('SIGTERM')
    await sleep(500)
    agent.running.signal('SIGTERM')
    await agent.running.exited
    expect(Date.now() - begin).toBeLessThan(3000)
    await collector.fail('none')
    await agent.start()
    await eventually('all lines came', () => collector.checker.seen('a') === 2000)
    expect([collector.checker.repeated, collector.checker.disorder()]).toEqual([0, []])
  })
})

describe('several outputs', () => {
  it('stdout, file, null and http each get all of it', async () => {
    agent = await Agent.start({
      storage: 'filesystem',
      pipeline: `${tail('filesystem', ', multiline.parser: cri')}${http()}
  - { name: stdout, match: '*', format: json_lines }
  - { name: file, match: '*', path: '{dir}', file: out.jsonl, format: plain }
  - { name: 'null', match: '*' }`
    })
    const writer = new Writer(`${agent.logs}/a.log`, 'a', cri)
    writer.write(300)
    await eventually('all outputs delivered', async () =>
      Object.values((await agent.ledger()).outputs).every(({ delivered }) => total(delivered) === 300))
    expect(imbalances(await agent.ledger())).toEqual([])
    expect((await agent.stop()).code).toBe(0)
    const lines = (text: string): string[] => text.trim().split('\n')
    const out = lines(agent.stdout())
    expect([collector.checker.seen('a'), out.length, lines(readFileSync(`${agent.folder}/out.jsonl`, 'utf8')).length]).toEqual([300, 300, 300])
    expect(JSON.parse(out[7] ?? '')).toMatchObject({ stream: 'stdout', log: expect.stringMatching(/^a 7 x+$/) as string })
  })

  it('a record that no output wants, and one that a filter takes out, are counted by their reasons', async () => {
    agent = await Agent.start({
      pipeline: `
inputs:
  - { name: tail, path: '{dir}/logs/*.log', tag: app.*, read_from_head: on, refresh_interval: 1 }
filters:
  - { name: grep, match: '*', exclude: log ^a 7 }
outputs:
  - { name: http, match: '*.a.log', host: 127.0.0.1, port: ${collector.port}, format: json_lines }`
    })
    const writer = new Writer(`${agent.logs}/a.log`)
    writer.write(10)
    const other = new Writer(`${agent.logs}/b.log`)
    other.write(5)
    await eventually('lines came', () => collector.checker.seen('a') === 9)
    const ledger = await eventually('both files were read', async () => {
      const ledger = await agent.ledger()
      return Object.values(ledger.inputs).every(({ read }) => total(read) === 15) && ledger
    })
    expect(imbalances(ledger)).toEqual([])
    const [terms] = Object.values(ledger.inputs)
    expect([total(terms?.['filtered']), terms?.['dropped']]).toEqual([1, { 'no route': 5 }])
  })
})
