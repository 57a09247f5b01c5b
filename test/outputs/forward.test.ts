import path from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { forward } from '../../src/outputs/forward.ts'
import { DELIVERED, UNSURE, type NetworkOptions, type Output, type Verdict } from '../../src/plugin/output.ts'
import { TEN, makeBatch, type RecordSpec } from '../event/make-batch.ts'
import { tempFolder } from '../support/temp.ts'
import { FakeForward } from './fake-forward.ts'
import { never, optionsOf, outcomes, outputContext, type TestContext } from './output-context.ts'

const closers: (() => unknown)[] = []
let output: Output
let context: TestContext
afterEach(async () => {
  await output.close?.()
  for (const close of closers.splice(0)) await close()
})

async function serve(server = new FakeForward()): Promise<{ server: FakeForward; port: number }> {
  const port = await server.listen()
  closers.push(() => server.close())
  return { server, port }
}

async function make(set: { [name: string]: unknown }, network: Partial<NetworkOptions>): Promise<Output> {
  context = outputContext({ host: '127.0.0.1', ...network })
  return (output = await forward.create(optionsOf(forward, set), context))
}

const THREE: RecordSpec[] = [{ body: { n: 1 } }, { body: { n: 2 }, metadata: '{"m":"x"}' }, { body: { n: 3 }, tag: 'b' }]
const time = { seconds: TEN, nanos: 123_456_789 }

async function write(set: { [name: string]: unknown }, network: Partial<NetworkOptions>, records = THREE): Promise<Verdict> {
  return await (await make(set, network)).write(makeBatch(records), never)
}

test('a message for each run of a tag, acknowledged', async () => {
  const { server, port } = await serve()
  expect(await write({}, { port })).toEqual({ kind: 'delivered' })
  expect(server.messages).toMatchObject([
    { mode: 'packed', tag: 'app', entries: [[time, { n: 1 }], [[time, { m: 'x' }], { n: 2 }]], options: { size: 2 } },
    { mode: 'packed', tag: 'b', entries: [[time, { n: 3 }]], options: { size: 1 } }
  ])
  expect(new Set(server.messages.map(({ options }) => options['chunk'])).size).toBe(2)
})

test('compressed, with options of one\'s own and without metadata', async () => {
  const { server, port } = await serve()
  await write({ compress: 'gzip', add_option: [['source', 'node 1']], retain_metadata_in_forward_mode: false, tag: 'x.$TAG' }, { port })
  expect(server.messages[0]).toMatchObject({
    mode: 'packed', tag: 'x.app', entries: [[time, { n: 1 }], [time, { n: 2 }]], options: { compressed: 'gzip', source: 'node 1', size: 2 }
  })
})

test('whole seconds, for old servers', async () => {
  const { server, port } = await serve()
  await write({ time_as_integer: true, compress: 'gzip' }, { port })
  expect(server.messages[0]).toMatchObject({ mode: 'forward', entries: [[TEN, { n: 1 }], [TEN, { n: 2 }]] })
})

test('a tag of each record makes a message of each', async () => {
  const { server, port } = await serve()
  expect(await write({ tag: '$n' }, { port })).toEqual({ kind: 'delivered' })
  expect(server.messages.map(({ mode, tag, entries, options }) => [mode, tag, entries[0], options['metadata']])).toEqual([
    ['message', '1', [time, { n: 1 }], undefined], ['message', '2', [time, { n: 2 }], { m: 'x' }], ['message', '3', [time, { n: 3 }], undefined]
  ])
})

test('without acknowledgement it is delivered when the system has it, and no options are sent', async () => {
  const { server, port } = await serve()
  server.behaviour = () => 'silence'
  expect(await write({ require_ack_response: false }, { port })).toEqual({ kind: 'delivered' })
  await expect.poll(() => server.messages.map(({ options }) => options)).toEqual([{}, {}])
})

test('a connection is used again, for as long as it may', async () => {
  const { server, port } = await serve()
  await make({}, { port, net: { keepalive_max_recycle: 2, keepalive_idle_timeout: 60_000 } })
  for (let i = 0; i < 5; i++) expect((await output.write(makeBatch(THREE), never)).kind).toBe('delivered')
  expect(server.connections).toBe(3)
})

test('an idle connection is closed after its time', async () => {
  const { server, port } = await serve()
  await make({}, { port, net: { keepalive_idle_timeout: 30 } })
  await output.write(makeBatch(THREE), never)
  await new Promise((resolve) => { setTimeout(resolve, 150) })
  await output.write(makeBatch(THREE), never)
  expect(server.connections).toBe(2)
})

test('what was acknowledged before the connection broke is delivered, the rest may be', async () => {
  const { server, port } = await serve()
  server.behaviour = (_, n) => (n === 0 ? 'ack' : 'take and cut')
  const verdict = await write({}, { port })
  expect(outcomes(verdict)).toEqual([DELIVERED, DELIVERED, UNSURE])
  server.behaviour = () => 'cut'
  expect(await output.write(makeBatch(THREE), never)).toMatchObject({ kind: 'retry', unsure: true })
  server.behaviour = () => 'ack'
  expect(await output.write(makeBatch(THREE), never)).toEqual({ kind: 'delivered' })
})

test('no acknowledgement in time, and a wrong one', async () => {
  const { server, port } = await serve()
  server.behaviour = () => 'silence'
  expect(await write({}, { port, net: { io_timeout: 80 } })).toMatchObject({ kind: 'retry', unsure: true, slow: true, reason: expect.stringContaining('no answer within 0.08 s') as unknown })
  server.behaviour = () => 'wrong'
  expect(await output.write(makeBatch(THREE), never)).toMatchObject({ kind: 'retry', unsure: true })
})

test('nobody listens: nothing was sent', async () => {
  const { server, port } = await serve()
  await server.close()
  closers.length = 0
  const verdict = await write({}, { port })
  expect(verdict).toMatchObject({ kind: 'retry', reason: expect.stringContaining(`cannot connect to 127.0.0.1:${port}`) as unknown })
  expect(verdict).not.toHaveProperty('unsure')
})

test('both sides prove the key, and the user its password', async () => {
  const { server, port } = await serve(new FakeForward({ key: 'k€y', user: 'u', password: 'p' }))
  expect(await write({ shared_key: 'k€y', self_hostname: 'nöde', username: 'u', password: 'p' }, { port })).toEqual({ kind: 'delivered' })
  expect(server.messages.length).toBe(2)
})

test.each([
  ['a wrong key', { shared_key: 'other' }, 'does not let us in: wrong key'], ['a wrong password', { shared_key: 'k', username: 'u', password: 'x' }, 'wrong key']
])('%s', async (_, set, reason) => {
  const { server, port } = await serve(new FakeForward({ key: 'k', user: 'u', password: 'p' }))
  const verdict = await write(set, { port })
  expect(verdict).toMatchObject({ kind: 'retry', reason: expect.stringContaining(reason) as unknown })
  expect(server.messages).toEqual([])
})

test('a server that does not have the key gets nothing', async () => {
  const { server, port } = await serve(new FakeForward({ key: '' }))
  server.lies = true
  expect(await write({ empty_shared_key: true }, { port })).toMatchObject({ reason: expect.stringContaining('does not have the shared key') as unknown })
  server.lies = false
  expect(await output.write(makeBatch(THREE), never)).toEqual({ kind: 'delivered' })
})

test('a Unix socket', async () => {
  const server = new FakeForward()
  const unix_path = path.join(tempFolder('forward'), 's')
  await server.listen(unix_path)
  closers.push(() => server.close())
  expect(await write({ unix_path }, {})).toEqual({ kind: 'delivered' })
  expect(server.messages.length).toBe(2)
})

test('nodes take turns, each with its own secrets; one that is down is passed over at once', async () => {
  const [one, two] = [await serve(new FakeForward({ key: 'a' })), await serve(new FakeForward({ key: 'b' }))]
  const node = (name: string, port: number, shared_key: string): NonNullable<NetworkOptions['nodes']>[number] => ({
    name, network: { host: '127.0.0.1', port, net: {}, tls: {} }, options: { shared_key }
  })
  await make({ shared_key: 'unused' }, { nodes: [node('one', one.port, 'a'), node('two', two.port, 'b')] })
  const send = async (): Promise<Verdict> => await output.write(makeBatch([{ body: {} }]), never)
  for (let i = 0; i < 4; i++) expect((await send()).kind).toBe('delivered')
  expect([one.server.messages.length, two.server.messages.length]).toEqual([2, 2])
  await one.server.close()
  closers.shift()
  for (let i = 0; i < 2; i++) await send()
  for (let i = 0; i < 4; i++) expect((await send()).kind).toBe('delivered')
  expect(two.server.messages.length).toBeGreaterThanOrEqual(6)
})

test('a user without a key is told', async () => {
  const { port } = await serve()
  await write({ username: 'u' }, { port })
  expect(context.logged.join()).toContain('together with a shared key')
})
