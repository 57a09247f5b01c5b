import { afterEach, expect, test } from 'vitest'
import { Pool } from '../../../src/event/pool.ts'
import { Target } from '../../../src/outputs/forward/target.ts'
import { forward } from '../../../src/outputs/forward.ts'
import { DELIVERED, UNSURE, type NetworkOptions } from '../../../src/plugin/output.ts'
import { makeBatch } from '../../event/make-batch.ts'
import { FakeForward } from '../fake-forward.ts'
import { never, optionsOf, outcomes } from '../output-context.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

async function start(set: { [name: string]: unknown } = {}, net: NetworkOptions['net'] = {}, server = new FakeForward()): Promise<{ server: FakeForward; target: Target; port: number }> {
  const port = await server.listen()
  const target = new Target(optionsOf(forward, set), { host: '127.0.0.1', port, net, tls: {} }, new Pool(), 'node a', 4)
  closers.push(() => target.close(), () => server.close())
  return { server, target, port }
}

const batch = (...tags: string[]): ReturnType<typeof makeBatch> => makeBatch(tags.map((tag, n) => ({ body: { n }, tag })))

test('exchanges at a time have connections of their own, which are used again', async () => {
  const { server, target } = await start()
  for (let round = 0; round < 3; round++) {
    const results = await Promise.all([1, 2, 3].map(async () => await target.send(batch('a'), never)))
    expect(results).toEqual(Array(3).fill({ verdict: { kind: 'delivered' }, unreached: false }))
  }
  expect([server.connections, server.messages.length]).toEqual([3, 9])
})

test('there are no more connections at once than net.max_worker_connections', async () => {
  const { server, target } = await start({}, { max_worker_connections: 1 })
  const results = await Promise.all([1, 2, 3].map(async () => await target.send(batch('a'), never)))
  expect(results.map(({ verdict }) => verdict.kind)).toEqual(['delivered', 'delivered', 'delivered'])
  expect(server.connections).toBe(1)
})

test.each([[{ keepalive: false }, 3], [{ keepalive_max_recycle: 2 }, 2], [{ keepalive_max_recycle: 0 }, 1]])('three exchanges with %o need %i connections', async (net, connections) => {
  const { server, target } = await start({}, net)
  for (let n = 0; n < 3; n++) await target.send(batch('a'), never)
  expect(server.connections).toBe(connections)
})

test('a connection that was cut while it was idle is not taken', async () => {
  const { server, target, port } = await start()
  await target.send(batch('a'), never)
  await server.close()
  const next = new FakeForward()
  await next.listen(port)
  closers.push(() => next.close())
  // until the news has come
  await new Promise((resolve) => { setTimeout(resolve, 100) })
  expect(await target.send(batch('a'), never)).toEqual({ verdict: { kind: 'delivered' }, unreached: false })
  expect(next.messages.length).toBe(1)
})

test('where nobody listens nothing was sent, and the node is named', async () => {
  const { server, target } = await start()
  await server.close()
  closers.length = 0
  const { verdict, unreached } = await target.send(batch('a'), never)
  expect([verdict.kind, unreached, 'unsure' in verdict]).toEqual(['retry', true, false])
  expect(verdict.kind === 'retry' && verdict.reason).toMatch(/^node a: cannot connect to /)
})

test('where the handshake fails nothing was sent', async () => {
  const { server, target } = await start({ shared_key: 'x' }, {}, new FakeForward({ key: 'y' }))
  expect(await target.send(batch('a'), never)).toEqual({ verdict: { kind: 'retry', reason: 'node a: the server does not let us in: wrong key' }, unreached: true })
  expect(server.messages).toEqual([])
})

test('a server that says no HELO is given up in time', async () => {
  const { target } = await start({ shared_key: 'x' }, { io_timeout: 60 })
  expect(await target.send(batch('a'), never)).toEqual({ verdict: { kind: 'retry', reason: 'node a: no answer within 0.06 s' }, unreached: true })
})

test('what was acknowledged is delivered, the rest may be, each with the reason', async () => {
  const { server, target } = await start()
  server.behaviour = (message) => message.tag === 'a' ? 'ack' : 'take and cut'
  const { verdict } = await target.send(batch('a', 'a', 'b', 'b'), never)
  expect(outcomes(verdict)).toEqual([DELIVERED, DELIVERED, UNSURE, UNSURE])
  expect(verdict.kind === 'partial' && [...verdict.reasons.keys()]).toEqual([2, 3])
})

test('the acknowledgement of something else is none, and the connection is not used again', async () => {
  const { server, target } = await start()
  server.behaviour = () => 'wrong'
  expect(await target.send(batch('a'), never)).toEqual({
    verdict: { kind: 'retry', reason: 'node a: the answer is no acknowledgement of what was sent', unsure: true }, unreached: false
  })
  server.behaviour = () => 'ack'
  expect((await target.send(batch('a'), never)).verdict.kind).toBe('delivered')
  expect(server.connections).toBe(2)
})

test('silence is no delivery: it ends in time as slow, and may be there', async () => {
  const { server, target } = await start({}, { io_timeout: 60 })
  server.behaviour = () => 'silence'
  expect((await target.send(batch('a'), never)).verdict).toEqual({ kind: 'retry', reason: 'node a: no answer within 0.06 s', unsure: true, slow: true })
})

test('an abort ends an exchange under way', async () => {
  const { server, target } = await start()
  server.behaviour = () => 'silence'
  const stop = new AbortController()
  const sent = target.send(batch('a'), stop.signal)
  await expect.poll(() => server.messages.length, { timeout: 10_000 }).toBe(1)
  stop.abort()
  expect((await sent).verdict).toEqual({ kind: 'retry', reason: 'node a: aborted', unsure: true })
})

test('closed, it holds no connection', async () => {
  const { server, target } = await start()
  await target.send(batch('a'), never)
  target.close()
  await target.send(batch('a'), never)
  expect(server.connections).toBe(2)
})
