import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { decompressSnappy } from '../../src/lib/snappy.ts'
import { http } from '../../src/outputs/http.ts'
import { PluginError } from '../../src/plugin/context.ts'
import { DELIVERED, REFUSED, RETRY, UNSURE, type Output, type Verdict } from '../../src/plugin/output.ts'
import { makeBatch, type RecordSpec } from '../event/make-batch.ts'
import { never, optionsOf, outcomes, outputContext } from './output-context.ts'
import { readAllMsgpack } from './shared/read-msgpack.ts'
import { TestServer, answer } from './test-server.ts'

let server: TestServer
let port: number
let output: Output

beforeEach(async () => {
  server = new TestServer(answer(200))
  port = await server.listen()
})
afterEach(async () => {
  await output.close?.()
  await server.close()
})

const TWO: readonly RecordSpec[] = [{ body: { n: 1 }, nanos: 0 }, { body: { n: 2 }, nanos: 0, tag: 'b' }]

async function post(set: { [name: string]: unknown } = {}, records = TWO, network: object = {}): Promise<Verdict> {
  output = await http.create(optionsOf(http, { json_date_format: 'epoch', ...set }), outputContext({ host: '127.0.0.1', port, ...network }))
  return await output.write(makeBatch(records), never)
}

test.each([
  ['json', '[{"date":1795341600,"n":1},{"date":1795341600,"n":2}]'],
  ['json_lines', '{"date":1795341600,"n":1}\n{"date":1795341600,"n":2}\n'],
  ['json_stream', '{"date":1795341600,"n":1}{"date":1795341600,"n":2}']
])('posts the format %s', async (format, body) => {
  expect(await post({ format, uri: '/in?x=1' })).toEqual({ kind: 'delivered' })
  const [request] = server.received
  expect([request?.method, request?.url, request?.body.toString()]).toEqual(['POST', '/in?x=1', body])
  expect(request?.headers['content-type']).toBe('application/json')
})

test('posts MessagePack', async () => {
  await post({ format: 'msgpack', http_method: 'PUT' })
  expect(server.received[0]?.method).toBe('PUT')
  expect(server.received[0]?.headers['content-type']).toBe('application/msgpack')
  expect(readAllMsgpack(server.received[0]!.body)).toMatchObject([[{}, { n: 1 }], [{}, { n: 2 }]])
})

test('posts GELF, and refuses what cannot be it', async () => {
  const verdict = await post({ format: 'gelf', gelf_short_message_key: 'log' }, [
    { body: { log: 'hi', host: 'h', level: '3', k: { a: true, 'b c': [1] } }, nanos: 500_000_000 }, { body: { n: 1 } }
  ])
  expect(outcomes(verdict)).toEqual([DELIVERED, REFUSED])
  expect(JSON.parse(server.received[0]!.body.toString())).toEqual({
    version: '1.1', short_message: 'hi', host: 'h', level: 3, timestamp: 1_795_341_600.5, _k_a: 'true', _k_b_c_0: 1
  })
})

test('compresses', async () => {
  await post({ compress: 'gzip' })
  await output.close?.()
  await post({ compress: 'zstd' })
  await output.close?.()
  await post({ compress: 'snappy' })
  expect(server.received.map(({ headers }) => headers['content-encoding'])).toEqual(['gzip', 'zstd', 'snappy'])
  const [first, second, third] = server.received.map(({ body }) => body)
  expect(new Set([gunzipSync(first!), zstdDecompressSync(second!), decompressSnappy(third!, 1e6)].map(String)).size).toBe(1)
})

test('sends header fields and credentials', async () => {
  const header = [['X-A', 'one'], ['x-a', 'two words'], ['Content-Type', 'text/x']]
  await post({ header, http_user: 'u', http_passwd: 'p' })
  expect(server.received[0]?.headers).toMatchObject({
    'x-a': 'one, two words', 'content-type': 'text/x', authorization: 'Basic ' + Buffer.from('u:p').toString('base64')
  })
  await output.close?.()
  await post({ header, allow_duplicated_headers: false })
  expect(server.received[1]?.headers['x-a']).toBe('two words')
})

test('header_tag: a request per tag', async () => {
  expect((await post({ header_tag: 'X-Tag', format: 'json_lines' }, [...TWO, { body: { n: 3 }, nanos: 0 }])).kind).toBe('delivered')
  expect(server.received.map((request) => [request.headers['x-tag'], request.body.toString().match(/"n":\d/g)])).toEqual([
    ['app', ['"n":1', '"n":3']], ['b', ['"n":2']]
  ])
})

test('body_key and headers_key: a request per record, in order, and none behind one that must wait', async () => {
  const records = ['a', undefined, 'c', 'd', 'e'].map((text, i) => ({ body: { text, head: { 'X-N': i, 'bad name': 'x' } } }))
  server.behaviour = (response, received) => { answer(received.body.toString() === 'd' ? 503 : 200)(response, received) }
  const verdict = await post({ body_key: '$text', headers_key: '$head' }, records)
  expect(outcomes(verdict)).toEqual([DELIVERED, REFUSED, DELIVERED, RETRY, RETRY])
  expect(server.received.map((request) => [request.headers['x-n'], request.body.toString()])).toEqual([['0', 'a'], ['2', 'c'], ['3', 'd']])
})

test('of several requests, only the records of the one whose answer was lost may have arrived', async () => {
  server.behaviour = (response, received) => {
    if (received.body.toString() === 'b') response.destroy()
    else answer(200)(response, received)
  }
  const verdict = await post({ body_key: '$text' }, ['a', 'b', 'c'].map((text) => ({ body: { text } })))
  expect(outcomes(verdict)).toEqual([DELIVERED, UNSURE, RETRY])
})

test.each([
  [200, { kind: 'delivered' }], [204, { kind: 'delivered' }], [400, { kind: 'refused', reason: 'HTTP 400: why' }],
  [401, { kind: 'retry' }], [403, { kind: 'refused' }], [407, { kind: 'retry' }], [408, { kind: 'retry' }], [413, { kind: 'too_large' }], [429, { kind: 'retry', throttled: true, after: 2000 }],
  [302, { kind: 'retry' }], [500, { kind: 'retry', reason: 'HTTP 500: why' }], [504, { kind: 'retry', unsure: true }]
])('status %d', async (status, expected) => {
  server.behaviour = answer(status, status === 204 ? '' : 'why', status === 429 ? { 'retry-after': '2' } : {})
  expect(await post()).toMatchObject(expected)
})

test('an answer that is cut, hangs or never comes', async () => {
  server.behaviour = (response) => {
    response.writeHead(200, { 'content-length': '10' })
    response.write('x')
    setTimeout(() => response.destroy(), 10)
  }
  expect(await post()).toMatchObject({ kind: 'retry', unsure: true })
  server.behaviour = () => {}
  await output.close?.()
  expect(await post({ 'http.response_timeout': 60 })).toMatchObject({ kind: 'retry', reason: 'no answer within 0.06 s', unsure: true, slow: true })
  await output.close?.()
  expect(await post({ 'http.read_idle_timeout': 60 })).toMatchObject({ kind: 'retry', reason: 'the connection was silent for 0.06 s' })
})

test('nobody listens', async () => {
  await server.close()
  const verdict = await post()
  expect(verdict).toMatchObject({ kind: 'retry', reason: `cannot connect to 127.0.0.1:${port}: connect ECONNREFUSED 127.0.0.1:${port}` })
  expect(verdict).not.toHaveProperty('unsure')
})

test.each([
  ['says 413 when it is asked', true], ['does not even answer when it is asked', false]
])('a server that closes at a large body before it has read it, and %s', async (_, answers) => {
  const { createServer } = await import('node:net')
  const rude = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', (head) => {
      if (answers && head.includes('100-continue')) socket.end('HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n')
      else if (!head.includes('100-continue')) socket.resetAndDestroy()
      else socket.once('data', () => { socket.resetAndDestroy() })
    })
  })
  await new Promise<void>((resolve) => { rude.listen(0, '127.0.0.1', resolve) })
  const records = ['x', 'y'].map((letter) => ({ body: { text: letter.repeat(1_500_000) } }))
  const network = { port: (rude.address() as { port: number }).port }
  expect(await post({}, records, network)).toMatchObject({ kind: 'retry', unsure: true })
  expect((await output.write(makeBatch(records), never)).kind).toBe('too_large')
  const alone = await output.write(makeBatch(records.slice(1)), never)
  expect(alone.kind).toBe(answers ? 'too_large' : 'retry')
  await new Promise((resolve) => { rude.close(resolve) })
})

test('connections are used again, but not for ever', async () => {
  const ports = new Set<number>()
  server.behaviour = (response, received) => {
    ports.add(response.req.socket.remotePort ?? 0)
    answer(200)(response, received)
  }
  await post({}, TWO, { net: { keepalive_max_recycle: 3 } })
  for (let i = 0; i < 5; i++) {
    await output.write(makeBatch(TWO), never)
    await new Promise((resolve) => { setTimeout(resolve, 5) })
  }
  expect(ports.size).toBe(2)
})

test('a proxy is asked for the whole URL', async () => {
  expect(await post({ proxy: `http://127.0.0.1:${port}`, uri: '/x' }, TWO, { host: 'collector.test', port: 81 })).toEqual({ kind: 'delivered' })
  expect(server.received[0]?.url).toBe('http://collector.test:81/x')
})

test('a token of OAuth2 goes along, and one that is not accepted is fetched anew', async () => {
  let tokens = 0
  server.behaviour = (response, received) => {
    if (received.url === '/token') answer(200, { access_token: `t${++tokens}`, expires_in: 3600 })(response, received)
    else answer(received.headers.authorization === 'Bearer t2' ? 200 : 401, 'who')(response, received)
  }
  const set = {
    'oauth2.enable': true, 'oauth2.token_url': `http://127.0.0.1:${port}/token`, 'oauth2.client_id': 'c', 'oauth2.client_secret': 's'
  }
  expect(await post(set)).toMatchObject({ kind: 'retry', reason: 'HTTP 401: who' })
  expect(await output.write(makeBatch(TWO), never)).toEqual({ kind: 'delivered' })
  await output.close?.()
  await server.close()
  const verdict = await post(set)
  expect(verdict).toMatchObject({ kind: 'retry', reason: expect.stringContaining('cannot connect') as unknown })
  expect(verdict).not.toHaveProperty('unsure')
})

test('a fixed token', async () => {
  await post({ bearer_token: 'abc' })
  expect(server.received[0]?.headers.authorization).toBe('Bearer abc')
})

test('aws_auth wants a service and a region', async () => {
  await post()
  expect(() => http.create(optionsOf(http, { aws_auth: true, aws_region: 'eu-central-1' }), outputContext())).toThrow(PluginError)
})
