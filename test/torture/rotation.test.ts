/** Rotation in every way, while it runs and while it is stopped; what can still be read is not lost. */
import { closeSync, ftruncateSync, openSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Agent } from '../support/agent.ts'
import { Collector } from '../support/collector.ts'
import { total } from '../support/ledger.ts'
import { cri, criPartial, plain, Writer } from '../support/writer.ts'
import type { LineFormat } from '../support/writer.ts'
import { eventually, sleep } from '../support/wait.ts'
import { allDelivered, between, length, load, pick, repeat, settledLedger, sum } from './torture.ts'

const seconds = length(6, 120)

let collector: Collector
const closers: (() => unknown)[] = []
beforeEach(async () => { collector = await Collector.start() })
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
  await collector.stop()
})

async function create (glob: string, more = ''): Promise<Agent> {
  const agent = await Agent.create({
    storage: 'filesystem',
    service: 'scheduler.base: 1\nscheduler.cap: 2',
    pipeline: `
inputs:
  - name: tail
    path: '${glob}'
    tag: app.*
    read_from_head: on
    refresh_interval: 1
    storage.type: filesystem
${more}
outputs:
  - { name: http, match: '*', host: 127.0.0.1, port: ${collector.port}, uri: /in, format: json_lines, retry_limit: no_limits }`
  })
  closers.push(() => agent.alive && agent.kill())
  return agent
}

/** Rotates at random under load for the length of the torture, with a kill -9 or a stop every now and then. */
async function torture (agent: Agent, writers: Writer[], rotate: (writer: Writer) => void, rest: [number, number] = [200, 1500]): Promise<void> {
  await agent.start()
  const stopLoad = load(writers, 3000)
  const stopRotating = repeat(() => {
    rotate(pick(writers))
    return between(...rest)
  })
  const end = Date.now() + seconds * 1000
  while (Date.now() < end) {
    await sleep(between(500, 2500))
    if (Math.random() < 0.5) await agent.kill()
    else await agent.stop()
    await sleep(between(0, 500))
    await agent.start()
  }
  await stopRotating()
  await stopLoad()
}

async function settle (agent: Agent, writers: readonly Writer[], lines = sum(writers)): Promise<void> {
  await allDelivered(collector.checker, writers, agent)
  expect(await settledLedger(agent, lines)).toEqual([])
  expect(collector.checker.disorder()).toEqual([])
  expect((await agent.stop()).code).toBe(0)
}

function writersOf (agent: Agent, names: readonly string[], format: LineFormat = plain): Writer[] {
  const writers = names.map((name) => new Writer(`${agent.logs}/${name}.log`, name, format))
  closers.push(() => writers.forEach((writer) => writer.close()))
  return writers
}

describe('rotation under load, with kills and stops', () => {
  it('by rename, the new name outside of the glob', async () => {
    const agent = await create('{dir}/logs/*.log')
    const writers = writersOf(agent, ['a', 'b', 'c'])
    await torture(agent, writers, (writer) => writer.rename())
    await settle(agent, writers)
  })

  it('by rename, the new name within the glob', async () => {
    const agent = await create('{dir}/logs/*.log*')
    const writers = writersOf(agent, ['a', 'b', 'c'])
    await torture(agent, writers, (writer) => writer.rename())
    await settle(agent, writers)
  })

  it('by copytruncate, when the reader is given time', async () => {
    const agent = await create('{dir}/logs/*.log')
    const writers = writersOf(agent, ['a', 'b', 'c'])
    await agent.start()
    for (let i = 0; i < length(5, 100); i++) {
      for (const writer of writers) writer.write(500)
      await eventually('the reader has caught up', () => writers.every(({ name, count }) => collector.checker.seen(name) >= count))
      // The position is durable with the data; the kill must not make the cut file look like the old one.
      if (i % 2 === 1) await agent.kill()
      for (const writer of writers) writer.copyTruncate(`${agent.folder}/copy-${i}`)
      for (const writer of writers) writer.write(pick([1, 400, 600]))
      if (i % 2 === 1) await agent.start()
      await eventually('the new lines came', () => writers.every(({ name, count }) => collector.checker.seen(name) >= count))
    }
    await settle(agent, writers)
  })

  it('of container logs whose lines come in parts', async () => {
    const agent = await create('{dir}/logs/*.log', '    multiline.parser: cri')
    const writers = writersOf(agent, ['a', 'b', 'c'], criPartial)
    await torture(agent, writers, (writer) => writer.rename())
    // A third of the messages has two lines.
    await settle(agent, writers, writers.reduce((lines, { count }) => lines + count + Math.ceil(count / 3), 0))
  })

  it('by a symbolic link switched to a new target, as the kubelet does at a restart of a container', async () => {
    const agent = await create('{dir}/containers/*.log')
    let generation = 0
    const target = (name: string): string => `${agent.folder}/pods/${name}/${generation++}.log`
    const writers = ['a', 'b', 'c'].map((name) => {
      const writer = new Writer(target(name), name, cri)
      Writer.link(`${agent.folder}/containers/${name}.log`, writer.file)
      return writer
    })
    closers.push(() => writers.forEach((writer) => writer.close()))
    await torture(agent, writers, (writer) => {
      const at = writers.indexOf(writer)
      const link = `${agent.folder}/containers/${writer.name}.log`
      // now and then several in a row: of those between nobody ever sees the link lead there, but they lie beside the last
      for (let switches = pick([1, 1, 1, 3]); switches > 0; switches--) {
        writers[at] = writers[at]!.switchLink(link, target(writer.name))
        writers[at].write(5)
      }
    }, [400, 2000])
    await settle(agent, writers)
  })
})

describe('files that come and go', () => {
  it('a file deleted with unread bytes is read to its end', async () => {
    const agent = await create('{dir}/logs/*.log')
    const writers = writersOf(agent, ['a', 'b'])
    await collector.fail('hang')
    await agent.start()
    for (const writer of writers) writer.write(50)
    await sleep(2000)
    for (const writer of writers) {
      writer.write(20_000)
      writer.delete()
      writer.write(100)
    }
    await sleep(1500)
    await collector.fail('none')
    await settle(agent, writers)
  })

  it('an inode used again is a new file', async () => {
    const agent = await create('{dir}/logs/*.log')
    await agent.start()
    const names: Writer[] = []
    const inodes = new Set<number>()
    for (let i = 0; i < length(8, 100); i++) {
      const writer = new Writer(`${agent.logs}/same.log`, `life-${i}`)
      names.push(writer)
      writer.write(pick([1, 3, 200]))
      inodes.add(statSync(writer.file).ino)
      await eventually('its lines came', () => collector.checker.seen(writer.name) >= writer.count)
      if (i % 4 === 3) await agent.stop()
      writer.close()
      rmSync(writer.file)
      if (i % 4 === 3) {
        writeFileSync(`${agent.logs}/same.log`, '')
        await agent.start()
      }
    }
    await settle(agent, names)
  })

  it.each([
    ['once, the new name outside of the glob', '{dir}/logs/*.log', 1],
    ['twice, the new names within the glob', '{dir}/logs/*.log*', 2]
  ])('rotation while it is stopped, %s: the rest of the rotated file and all of the new ones', async (_title, glob, renames) => {
    const agent = await create(glob)
    const writers = writersOf(agent, ['a', 'b', 'c'])
    await agent.start()
    for (let i = 0; i < length(3, 30); i++) {
      for (const writer of writers) writer.write(300)
      if (i % 2 === 0) await agent.stop()
      else await agent.kill()
      for (const writer of writers) {
        for (let rename = 0; rename < renames; rename++) {
          writer.write(300)
          writer.rename()
        }
        writer.write(100)
      }
      await agent.start()
      await allDelivered(collector.checker, writers, agent)
    }
    await settle(agent, writers)
  })

  it('bytes that were cut away before they were read are told', async () => {
    const agent = await create('{dir}/logs/*.log')
    const [writer] = writersOf(agent, ['a'])
    if (writer === undefined) return
    await agent.start()
    writer.write(100)
    await eventually('the first lines came', () => collector.checker.seen('a') === 100)
    await agent.stop()
    writer.write(1000)
    const descriptor = openSync(writer.file, 'r+')
    ftruncateSync(descriptor, 0)
    closeSync(descriptor)
    writer.write(10)
    await agent.start()
    await eventually('the new lines came', () => collector.checker.seen('a') === 110)
    const ledger = await agent.ledger()
    const metrics = await agent.get('/metrics')
    expect(readdirSync(path.dirname(writer.file))).toEqual(['a.log'])
    expect(metrics).toMatch(/truncated|rotated_away|destroyed/)
    expect(Object.values(ledger.inputs).map((terms) => total(terms['read']))).toEqual([110])
  })
})
