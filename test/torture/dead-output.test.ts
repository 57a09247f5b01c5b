/** One of two outputs is dead for the whole run: the other must not notice, and nothing is lost. */
import { afterEach, describe, expect, it } from 'vitest'
import { Agent } from '../support/agent.ts'
import { Collector } from '../support/collector.ts'
import { Writer } from '../support/writer.ts'
import { eventually, sleep } from '../support/wait.ts'
import { allDelivered, length, load, settledLedger, sum } from './torture.ts'

const seconds = length(8, 120)
const MB = 1024 * 1024

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function start (storage: 'memory' | 'filesystem', more = ''): Promise<{ agent: Agent, well: Collector, dead: Collector, writer: Writer }> {
  const [well, dead] = [await Collector.start(), await Collector.start()]
  closers.push(() => well.stop(), () => dead.stop())
  const agent = await Agent.create({
    storage,
    service: 'scheduler.base: 1\nscheduler.cap: 2',
    pipeline: `
inputs:
  - name: tail
    path: '{dir}/logs/*.log'
    tag: app
    read_from_head: on
    refresh_interval: 1
    storage.type: ${storage}
${more}
outputs:
  - { name: http, alias: well, match: '*', host: 127.0.0.1, port: ${well.port}, uri: /in, format: json_lines, retry_limit: no_limits }
  - { name: http, alias: dead, match: '*', host: 127.0.0.1, port: ${dead.port}, uri: /in, format: json_lines, retry_limit: no_limits }`
  })
  closers.push(() => agent.alive && agent.kill())
  const writer = new Writer(`${agent.logs}/a.log`)
  closers.push(() => writer.close())
  await agent.start()
  return { agent, well, dead, writer }
}

/** Milliseconds from a line's writing to its arrival, one line every 50 ms: the median and the worst of ten in a hundred. */
async function delays (collector: Collector, writer: Writer, milliseconds: number): Promise<{ median: number, p90: number }> {
  const taken: number[] = []
  const end = Date.now() + milliseconds
  while (Date.now() < end) {
    const [at, count] = [Date.now(), writer.count]
    writer.write(1)
    await eventually('the line came', () => collector.checker.seen(writer.name) > count, { interval: 2 })
    taken.push(Date.now() - at)
    await sleep(50)
  }
  taken.sort((a, b) => a - b)
  return { median: taken[taken.length >> 1] ?? 0, p90: taken[Math.floor(taken.length * 0.9)] ?? 0 }
}

describe('one of two outputs dead', () => {
  it.each(['refuse', '500', 'hang'] as const)('filesystem buffer (%s): the other is as quick as before, memory stays flat', async (fault) => {
    const { agent, well, dead, writer } = await start('filesystem')
    await delays(well, writer, 500)
    const before = await delays(well, writer, 1500)
    await dead.fail(fault)
    const stopLoad = load([writer], 5000)
    await sleep(seconds * 250)
    const early = agent.rss()
    await sleep(seconds * 750)
    const late = agent.rss()
    await stopLoad()
    await eventually('the living output has everything', () => well.checker.seen('a') >= writer.count)
    const after = await delays(well, writer, 1500)
    expect(after.median).toBeLessThan(Math.max(50, before.median * 3))
    expect(late - early).toBeLessThan(15 * MB)
    expect(dead.checker.total).toBeLessThan(writer.count)
    await dead.fail('none')
    await allDelivered(dead.checker, [writer], agent)
    expect(await settledLedger(agent, sum([writer]))).toEqual([])
    expect(well.checker.repeated).toBe(0)
  })

  it('memory buffer: the input waits for the slowest, memory is bounded, nothing is lost', async () => {
    const { agent, well, dead, writer } = await start('memory', '    mem_buf_limit: 4M')
    writer.write(1000)
    await eventually('the first lines came', () => dead.checker.seen('a') >= 1000 && well.checker.seen('a') >= 1000)
    await dead.fail('refuse')
    const before = agent.rss()
    const stopLoad = load([writer], 20_000)
    await sleep(seconds * 1000)
    await stopLoad()
    expect(agent.rss() - before).toBeLessThan(40 * MB)
    await dead.fail('none')
    await allDelivered(dead.checker, [writer], agent)
    await allDelivered(well.checker, [writer], agent)
    expect(await settledLedger(agent, sum([writer]))).toEqual([])
    expect([well.checker.disorder(), dead.checker.disorder()]).toEqual([[], []])
  })
})
