/** The input forward through kill -9: what was acknowledged is delivered, and a client that sends again what was not loses nothing. */
import { connect } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { readMsgpack } from '../outputs/shared/read-msgpack.ts'
import { Agent } from '../support/agent.ts'
import { Collector } from '../support/collector.ts'
import { imbalances, total } from '../support/ledger.ts'
import { pack } from '../support/msgpack.ts'
import { freePort } from '../support/temp.ts'
import { eventually, sleep } from '../support/wait.ts'
import { numbered } from '../support/writer.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** Sends one message; whether it was acknowledged before the connection ended. */
async function send (port: number, from: number, count: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const chunk = `chunk-${from}`
  const socket = connect(port, '127.0.0.1')
  socket.setTimeout(5000, () => socket.destroy())
  let answer = Buffer.alloc(0)
  socket.on('data', (bytes: Buffer) => {
    answer = Buffer.concat([answer, bytes])
    resolve((readMsgpack(answer).value as { ack?: string }).ack === chunk)
    socket.destroy()
  })
  socket.on('error', () => {})
  socket.on('close', () => resolve(false))
  const entries = Array.from({ length: count }, (_, i) => pack([1_795_534_312, { log: numbered('forward', from + i) }]))
  socket.write(pack(['app', Buffer.concat(entries), { chunk }]))
  return promise
}

it('an acknowledged record is delivered, whenever the agent is killed', async () => {
  const collector = await Collector.start()
  closers.push(() => collector.stop())
  const port = await freePort()
  const agent = await Agent.create({
    storage: 'filesystem',
    pipeline: `
inputs:
  - { name: forward, listen: 127.0.0.1, port: ${port} }
outputs:
  - { name: http, match: '*', host: 127.0.0.1, port: ${collector.port}, uri: /in, format: json_lines, retry_limit: no_limits }`
  })
  closers.push(() => agent.alive && agent.kill())
  let count = 0
  let on = true
  const client = (async () => {
    while (on) {
      if (await send(port, count, 50)) count += 50
      else await sleep(20)
    }
  })()
  for (let life = 0; life < 3; life++) {
    agent.launch()
    const before = count
    await eventually('some messages acknowledged', () => count >= before + 500)
    await agent.kill()
  }
  await agent.start()
  await eventually('more', () => count >= 2500)
  on = false
  await client
  await eventually(() => `all delivered\n${collector.checker.missing([{ name: 'forward', count }]).join()}`,
    () => collector.checker.seen('forward') >= count && collector.checker.missing([{ name: 'forward', count }]).length === 0)
  await eventually('the ledger settles', async () => total((await agent.ledger()).outputs['http.0']?.['waiting']) === 0)
  expect(imbalances(await agent.ledger())).toEqual([])
  expect((await agent.stop()).code).toBe(0)
})
