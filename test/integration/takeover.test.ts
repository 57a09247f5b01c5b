/** What Fluent Bit left is taken over by the agent as a process, which is killed while it does. */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { Agent } from '../support/agent.ts'
import { eventBytes, writeChunk } from '../support/fluent-bit-chunk.ts'
import { imbalances } from '../support/ledger.ts'
import { eventually } from '../support/wait.ts'

const CHUNKS = 8
const EACH = 2000

it('undelivered chunks arrive once in the buffer, whenever the agent is killed, and stay as they are', async () => {
  const agent = await Agent.create({
    storage: 'filesystem',
    pipeline: `inputs: [{ name: tail, tag: kube.new, path: '{dir}/logs/*.log' }]
outputs: [{ name: file, match: 'kube.*', path: '{dir}', file: out, format: plain }]`
  })
  const wanted: string[] = []
  const files = Array.from({ length: CHUNKS }, (_, chunk) => {
    const lines = Array.from({ length: EACH }, (_line, line) => `${chunk}-${line}`)
    wanted.push(...lines)
    return writeChunk(path.join(agent.folder, 'buffer'), `tail.${chunk % 2}`, { tag: 'kube.app', records: lines.map((log) => eventBytes({ log })), slack: 9000 })
  })
  const before = files.map((file) => readFileSync(file))
  for (const wait of [350, 500, 700]) {
    agent.launch()
    await new Promise((done) => setTimeout(done, wait))
    await agent.kill()
  }
  await agent.start()
  const out = (): string[] => (existsSync(path.join(agent.folder, 'out')) ? readFileSync(path.join(agent.folder, 'out'), 'utf8') : '').split('\n').filter((line) => line !== '').map((line) => (JSON.parse(line) as { log: string }).log)
  await eventually(() => `all has arrived, now ${new Set(out()).size}\n${agent.running.tail()}`, () => new Set(out()).size === wanted.length, { timeout: 60_000 })
  expect([...new Set(out())]).toEqual(wanted)
  const ledger = await agent.ledger()
  expect(imbalances(ledger)).toEqual([])
  expect(ledger.inputs['storage_backlog.0']).toMatchObject({ read: wanted.length, buffered: wanted.length })
  expect(files.map((file) => readFileSync(file))).toEqual(before)
  await agent.stop()
}, 120_000)
