import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { es } from '../../../src/outputs/es.ts'
import type { NetworkOptions, Output } from '../../../src/plugin/output.ts'
import { makeBatch } from '../../event/make-batch.ts'
import { never, optionsOf, outputContext } from '../output-context.ts'
import { TestServer, answer } from '../test-server.ts'

test('nodes take turns, each with its own options; one that is down or fails is passed over', async () => {
  const servers = [new TestServer(answer(200, { errors: false })), new TestServer(answer(200, { errors: false }))]
  const ports = [await servers[0]!.listen(), await servers[1]!.listen()]
  const nodes: NetworkOptions['nodes'] = ports.map((port, i) => ({
    name: `n${i}`, network: { host: '127.0.0.1', port, net: {}, tls: {} }, options: { http_user: `u${i}`, http_passwd: 'p:q', path: `/x${i}` }
  }))
  const output: Output = await es.create(optionsOf(es), outputContext({ nodes }))
  const send = async (): Promise<string> => (await output.write(makeBatch([{ body: {} }]), never)).kind
  for (let i = 0; i < 4; i++) expect(await send()).toBe('delivered')
  expect(servers.map(({ received }) => received.length)).toEqual([2, 2])
  expect(servers.map(({ received }) => received[0]?.url.split('?')[0])).toEqual(['/x0/_bulk', '/x1/_bulk'])
  expect(servers[1]?.received[0]?.headers.authorization).toBe(`Basic ${Buffer.from('u1:p:q').toString('base64')}`)
  await servers[0]!.close()
  // a connection that was kept breaks under a request, which is tried again; then the node is known to be down
  const kinds = new Set<string>()
  for (let i = 0; i < 3; i++) kinds.add(await send())
  expect([await send(), await send(), await send()]).toEqual(['delivered', 'delivered', 'delivered'])
  servers[1]!.behaviour = answer(503)
  expect(await send()).toBe('retry')
  await output.close?.()
  await servers[1]!.close()
})

test('a node may name its own index, form and compression; a batch that it does not take goes to the next in that one\'s form', async () => {
  const servers = [new TestServer(answer(200, { errors: false })), new TestServer(answer(200, { errors: false }))]
  const options = [
    { index: 'own', generate_id: false, compress: 'gzip', http_api_key: 'k' },
    { logstash_format: true, logstash_prefix: 'p', type: '_doc', write_operation: 'index', generate_id: false, replace_dots: true }
  ]
  const nodes: NetworkOptions['nodes'] = await Promise.all(servers.map(async (server, i) => ({
    name: `n${i}`, network: { host: '127.0.0.1', port: await server.listen(), net: {}, tls: {} }, options: options[i]!
  })))
  const output: Output = await es.create(optionsOf(es, { index: 'common', generate_id: false }), outputContext({ nodes }))
  for (let i = 0; i < 2; i++) expect((await output.write(makeBatch([{ body: { 'a.b': 1 } }]), never)).kind).toBe('delivered')
  const [first, second] = servers.map(({ received }) => received[0]!)
  const time = '"@timestamp":"2026-11-22T10:00:00.123Z"'
  expect(gunzipSync(first!.body).toString()).toBe(`{"create":{"_index":"own"}}\n{${time},"a.b":1}\n`)
  expect(first!.headers.authorization).toBe('ApiKey k')
  expect(second!.body.toString()).toBe(`{"index":{"_index":"p-2026.11.22","_type":"_doc"}}\n{${time},"a_b":1}\n`)
  await servers[0]!.close()
  for (let i = 0; i < 4; i++) await output.write(makeBatch([{ body: { 'a.b': i } }]), never)
  expect(servers[1]!.received.every(({ body }) => body.includes('p-2026'))).toBe(true)
  await output.close?.()
  await servers[1]!.close()
})
