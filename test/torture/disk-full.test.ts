/** The buffer's disk (a small tmpfs) runs full under load, and has room again later: the agent lives, nothing is lost. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import process from 'node:process'
import { afterEach, describe, expect, it } from 'vitest'
import { Agent } from '../support/agent.ts'
import { Collector } from '../support/collector.ts'
import { tempFolder } from '../support/temp.ts'
import { Writer } from '../support/writer.ts'
import { eventually, sleep } from '../support/wait.ts'
import { allDelivered, length, load, settledLedger, sum } from './torture.ts'

const rounds = length(2, 20)

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** A tmpfs of `megabytes`, or undefined where it may not be mounted. */
function smallDisk (megabytes: number): string | undefined {
  const folder = tempFolder('disk')
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder], { stdio: 'ignore' })
  } catch {
    return undefined
  }
  const unmount = (): void => {
    try {
      execFileSync('umount', ['-l', folder], { stdio: 'ignore' })
    } catch {
      // Unmounted already.
    }
  }
  process.once('exit', unmount)
  closers.push(unmount)
  return folder
}

/** Fills all of a disk but 300 KB, or all of it where the agent was quicker. */
function takeRest (disk: string, file: string): void {
  const free = statfsSync(disk)
  try {
    writeFileSync(file, Buffer.alloc(Math.max(0, Number(free.bavail) * Number(free.bsize) - 300_000)))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
  }
}

const mountable = smallDisk(1) !== undefined
for (const close of closers.splice(0)) await close()

describe.skipIf(!mountable)(`a full disk${mountable ? '' : ' [skipped: needs root to mount a tmpfs]'}`, () => {
  it('of the buffer, again and again, with a kill -9 while it is full', async () => {
    const disk = smallDisk(40) ?? ''
    const collector = await Collector.start()
    closers.push(() => collector.stop())
    const agent = await Agent.create({
      env: { FANTAIL_STATE_DIR: `${disk}/state` },
      service: `storage.path: ${disk}/buffer\nscheduler.base: 1\nscheduler.cap: 2`,
      pipeline: `
inputs:
  - { name: tail, path: '{dir}/logs/*.log', tag: app, read_from_head: on, refresh_interval: 1, storage.type: filesystem }
outputs:
  - { name: http, match: '*', host: 127.0.0.1, port: ${collector.port}, uri: /in, format: json_lines, retry_limit: no_limits }`
    })
    closers.push(() => agent.alive && agent.kill())
    const writers = ['a', 'b'].map((name) => new Writer(`${agent.logs}/${name}.log`))
    closers.push(() => writers.forEach((writer) => writer.close()))
    await agent.start()
    mkdirSync(`${disk}/others`)
    for (let i = 0; i < rounds; i++) {
      await collector.fail('500')
      const stopLoad = load(writers, 5000)
      // Somebody else takes the rest of the disk, so that it is full for certain and not only by our own limit.
      await sleep(1000)
      takeRest(disk, `${disk}/others/${i}`)
      await eventually('the disk is full or nearly so', () => Number(statfsSync(disk).bavail) * 4096 < 400_000)
      await sleep(3000)
      expect(agent.alive, agent.running.tail()).toBe(true)
      if (i % 2 === 1) {
        await agent.kill()
        agent.launch()
        await sleep(2000)
        expect(agent.alive, agent.running.tail()).toBe(true)
      }
      await stopLoad()
      // First the destination alone comes back: acknowledgements must get through while the disk is full.
      await collector.fail('none')
      await sleep(1000)
      rmSync(`${disk}/others/${i}`)
      await allDelivered(collector.checker, writers, agent)
    }
    expect(await settledLedger(agent, sum(writers))).toEqual([])
    expect(collector.checker.disorder()).toEqual([])
    expect((await agent.stop()).code).toBe(0)
  })
})
