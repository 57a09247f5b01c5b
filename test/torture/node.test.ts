/**
 * A node with a hundred pods: containers that log, restart and go, files rotated and compressed as the kubelet does it,
 * and an agent that is killed again and again. What the kubelet still has is delivered, and the ledger balances.
 */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Agent } from '../support/agent.ts'
import { Collector } from '../support/collector.ts'
import { NodeLayout } from '../support/node-layout.ts'
import type { ContainerLog, Pod } from '../support/node-layout.ts'
import { eventually, sleep } from '../support/wait.ts'
import { numbered } from '../support/writer.ts'
import { allDelivered, between, length, pick, settledLedger } from './torture.ts'

const pods = 100
const kills = length(3, 40)
/** Lines of a container before its pod is deleted, and between two kills. */
const portion = 20

let collector: Collector
const closers: (() => unknown)[] = []
beforeEach(async () => { collector = await Collector.start() })
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
  await collector.stop()
})

/** A pod with one container whose lines are numbered. */
class Load {
  readonly name: string
  readonly pod: Pod
  readonly container: ContainerLog
  count = 0

  constructor (node: NodeLayout, name: string) {
    this.name = name
    this.pod = node.pod({ namespace: 'load', name })
    this.container = this.pod.container('app')
  }

  write (lines: number): void {
    this.container.write(Array.from({ length: lines }, () => numbered(this.name, this.count++)))
  }
}

it(`${pods} pods, ${kills} times kill -9`, async () => {
  const agent = await Agent.create({
    storage: 'filesystem',
    service: 'scheduler.base: 1\nscheduler.cap: 2',
    pipeline: `
inputs:
  - name: tail
    path: '{dir}/node/var/log/containers/*.log'
    tag: kube.*
    multiline.parser: docker, cri
    read_from_head: on
    refresh_interval: 1
    storage.type: filesystem
outputs:
  - { name: http, match: '*', host: 127.0.0.1, port: ${collector.port}, uri: /in, format: json_lines, retry_limit: no_limits }`
  })
  closers.push(() => agent.alive && agent.kill())
  const node = new NodeLayout(`${agent.folder}/node`)
  closers.push(() => node.close())
  let made = 0
  const make = (): Load => new Load(node, `pod-${made++}`)
  const running = Array.from({ length: pods }, make)
  const all = [...running]
  const { checker } = collector

  const arrived = (loads: readonly Load[]): Promise<boolean> => eventually(
    () => `lines\n${checker.missing(loads).join('\n')}\n${agent.running.tail(5)}`,
    () => loads.every(({ name, count }) => checker.seen(name) === count), { timeout: 60_000 })

  /** Pods are deleted and others come, while the agent runs and has seen them. */
  const replaceSome = async (): Promise<void> => {
    const gone = Array.from({ length: pods / 10 }, () => running.splice(Math.floor(Math.random() * running.length), 1)[0]!)
    for (const load of gone) {
      load.write(portion)
      if (Math.random() < 0.5) load.container.rotate()
      load.write(1)
    }
    // what is deleted before anybody could open it is gone
    await arrived(gone)
    for (const load of gone) {
      load.write(portion)
      load.pod.delete()
    }
    for (let i = 0; i < gone.length; i++) {
      const load = make()
      load.write(1)
      running.push(load)
      all.push(load)
    }
    // a kill while a deleted file is unread is the end of its lines
    await arrived(gone)
  }

  for (const load of running) load.write(portion)
  for (let i = 0; i < kills; i++) {
    await agent.start()
    await arrived(running)
    // a second restart deletes what was written before the first: not before that could be read
    const restarted = new Set<Load>()
    const restart = (load: Load): void => {
      if (restarted.has(load)) return
      restarted.add(load)
      load.container.restart()
    }
    for (let n = 0; n < portion; n++) {
      for (const load of running) if (Math.random() < 0.5) load.write(2)
      pick(running).container.rotate()
      if (n % 5 === 0) restart(pick(running))
      await sleep(between(10, 60))
    }
    await replaceSome()
    for (const load of running) load.write(portion)
    await agent.kill()
    // while nobody looks: up to three rotations, so that some files are compressed
    for (const load of running) {
      for (let rotations = Math.floor(between(0, 4)); rotations > 0; rotations--) {
        load.write(portion)
        load.container.rotate()
      }
      load.write(portion)
      if (Math.random() < 0.1) restart(load)
      load.write(1)
    }
  }
  await agent.start()
  await allDelivered(checker, all, agent)
  expect(await settledLedger(agent, all.reduce((lines, { count }) => lines + count, 0))).toEqual([])
  expect((await agent.stop()).code).toBe(0)
})
