/** Pods that choose multiline parsers by an annotation, in an agent that is killed while their messages are being written. */
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { Agent } from '../support/agent.ts'
import { Collector } from '../support/collector.ts'
import { imbalances } from '../support/ledger.ts'
import { NodeLayout, type ContainerLog } from '../support/node-layout.ts'
import { eventually, sleep } from '../support/wait.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

interface Sent {
  readonly log: string
  readonly stream: string
  readonly kubernetes: { readonly pod_name: string }
}

interface Setup {
  readonly collector: Collector
  readonly agent: Agent
  readonly containers: readonly { readonly name: string, readonly log: ContainerLog }[]
}

async function setUp(): Promise<Setup> {
  const collector = await Collector.start()
  closers.push(() => collector.stop())
  collector.keep = 100_000
  const agent = await Agent.create({
    storage: 'filesystem',
    pipeline: `
inputs:
  - { name: tail, path: '{dir}/node/var/log/containers/*.log', tag: 'kube.*', multiline.parser: cri, read_from_head: on, refresh_interval: 1, storage.type: filesystem }
filters:
  - { name: kubernetes, match: 'kube.*', k8s-logging.parser: on, kube_meta_preload_cache_dir: '{dir}/pods' }
outputs:
  - { name: http, match: '*', host: 127.0.0.1, port: ${collector.port}, uri: /in, format: json_lines, retry_limit: no_limits }`
  })
  closers.push(() => agent.alive && agent.kill())
  const pods = path.join(agent.folder, 'pods')
  mkdirSync(pods)
  const describe = (name: string, annotations: object): void => {
    writeFileSync(path.join(pods, `shop_${name}.meta`), JSON.stringify({ metadata: { name, uid: name, annotations } }))
  }
  describe('java', { 'fantail.io/multiline-parser_stderr': 'java' })
  describe('plain', {})
  writeFileSync(path.join(pods, 'shop.namespace_meta'), '{}')
  const node = new NodeLayout(path.join(agent.folder, 'node'))
  closers.push(() => node.close())
  const containers = ['java', 'plain'].map((name) => ({ name, log: node.pod({ namespace: 'shop', name }).container('app') }))
  return { collector, agent, containers }
}

it('joins what the pod chose, whole, whatever was being written when the agent was killed', async () => {
  const { collector, agent, containers } = await setUp()
  const expected = new Set<string>()
  let lines = 0
  let on = true
  const write = async (): Promise<void> => {
    for (let n = 0; on; n++) {
      const trace = [`java.lang.RuntimeException: number ${n}`, ...[1, 2, 3].map((k) => `\tat n${n}.f${k}(F.java:${k})`)]
      for (const line of trace) {
        for (const { name, log } of containers) {
          log.write([line], 'stderr')
          log.write([`beside ${line}`], 'stdout')
          lines += 2
          expected.add(`${name} stdout beside ${line}`)
          if (name === 'plain') expected.add(`plain stderr ${line}`)
        }
        await sleep(5)
      }
      expected.add(`java stderr ${trace.join('\n')}`)
    }
  }
  const writing = write()
  for (let kill = 0; kill < 4; kill++) {
    await agent.start()
    await sleep(300 + Math.random() * 500)
    containers[0]!.log.rotate()
    await agent.kill()
  }
  await agent.start()
  await sleep(500)
  on = false
  await writing
  const sent = (): Set<string> => new Set(collector.kept.map((text) => {
    const { log, stream, kubernetes } = JSON.parse(text) as Sent
    return `${kubernetes.pod_name} ${stream} ${log}`
  }))
  await eventually(() => `${expected.size} messages, found ${sent().size}: ${[...expected.difference(sent())].slice(0, 5).join('; ')}`, () => expected.difference(sent()).size === 0, { timeout: 30_000, interval: 200 })
  // no part of a message ever went alone
  expect([...sent().difference(expected)]).toEqual([])
  const ledger = await agent.ledger()
  expect(imbalances(ledger)).toEqual([])
  expect([ledger.inputs['tail.0']!['read'], ledger.inputs['tail.0']!['dropped'], ledger.inputs['tail.0']!['held']]).toEqual([lines, {}, 0])
  await agent.stop()
})

it('keeps what waits to be joined when the agent is killed after its file was rotated, read to its end and compressed', async () => {
  const { collector, agent, containers } = await setUp()
  const log = containers[0]!.log
  // what was on its way at a kill is sent again
  const kept = (): string[] => [...new Set(collector.kept.map((text) => (JSON.parse(text) as Sent).log))]
  log.write(['before'], 'stdout')
  log.write(['java.lang.RuntimeException: x', '\tat a'], 'stderr')
  log.raw(`${new Date().toISOString().replace('Z', '000000Z')} stdout P begun\n`)
  await agent.start()
  await eventually('the first line', () => kept().includes('before'))
  await agent.kill()
  for (let rotation = 0; rotation < 3; rotation++) {
    log.rotate()
    await agent.start()
    await sleep(500)
    await agent.kill()
  }
  await agent.start()
  await eventually(() => `found ${JSON.stringify(kept())}`, () => kept().length === 3)
  expect(kept().toSorted()).toEqual(['before', 'begun', 'java.lang.RuntimeException: x\n\tat a'])
  await agent.stop()
})
