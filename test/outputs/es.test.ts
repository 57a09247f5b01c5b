import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { es } from '../../src/outputs/es.ts'
import { PluginError } from '../../src/plugin/context.ts'
import { DELIVERED, REFUSED, RETRY, type Output, type Verdict } from '../../src/plugin/output.ts'
import { makeBatch } from '../event/make-batch.ts'
import { never, optionsOf, outcomes, outputContext, type TestContext } from './output-context.ts'
import { TestServer, answer, type Behaviour } from './test-server.ts'

let server: TestServer
let port: number
let output: Output
let context: TestContext

beforeEach(async () => {
  server = new TestServer(answer(200, { errors: false }))
  port = await server.listen()
})
afterEach(async () => {
  await output.close?.()
  await server.close()
})

async function make(set: { [name: string]: unknown } = {}, network: object = {}): Promise<Output> {
  context = outputContext({ host: '127.0.0.1', port, ...network })
  output = await es.create(optionsOf(es, set), context)
  await output.open?.()
  return output
}

async function write(behaviour: Behaviour, set: { [name: string]: unknown } = {}, network: object = {}): Promise<Verdict> {
  server.behaviour = behaviour
  await make(set, network)
  return await output.write(makeBatch([{ body: { a: 1 } }, { body: { a: 2 } }]), never)
}

test('posts records that any server of the kind takes', async () => {
  expect(await write(answer(200, { took: 1, errors: false, items: [] }), {
    path: '/es/', pipeline: 'p q', http_user: 'u', http_passwd: 'p', generate_id: false
  })).toEqual({ kind: 'delivered' })
  const [request] = server.received
  expect(request?.method).toBe('POST')
  expect(request?.url).toBe('/es/_bulk?filter_path=errors%2Citems.*.status%2Citems.*.error&pipeline=p%20q')
  expect(request?.headers).toMatchObject({
    'content-type': 'application/x-ndjson', accept: 'application/json', authorization: 'Basic ' + Buffer.from('u:p').toString('base64')
  })
  expect(request?.body.toString()).toBe(
    '{"create":{"_index":"fluent-bit"}}\n{"@timestamp":"2026-11-22T10:00:00.123Z","a":1}\n'
    + '{"create":{"_index":"fluent-bit"}}\n{"@timestamp":"2026-11-22T10:00:00.123Z","a":2}\n')
})

test('keys and cloud credentials', async () => {
  await write(answer(200, { errors: false }), { http_api_key: 'k' })
  await output.close?.()
  await write(answer(200, { errors: false }), { cloud_auth: 'a:b' })
  expect(server.received.map((request) => request.headers.authorization)).toEqual(['ApiKey k', 'Basic ' + Buffer.from('a:b').toString('base64')])
})

test('compresses', async () => {
  expect((await write(answer(200, { errors: false }), { compress: 'gzip' })).kind).toBe('delivered')
  expect(server.received[0]?.headers['content-encoding']).toBe('gzip')
  expect(gunzipSync(server.received[0]!.body).toString()).toContain('"a":2}\n')
})

test('each record has its own outcome', async () => {
  const verdict = await write(answer(200, {
    errors: true, items: [{ create: { status: 429, error: { type: 'busy', reason: 'later' } } }, { create: { status: 201 } }]
  }))
  expect(outcomes(verdict)).toEqual([RETRY, DELIVERED])
})

test('records that cannot be sent do not hold up the others', async () => {
  server.behaviour = answer(200, { errors: true, items: [{ create: { status: 500 } }] })
  await make({ index: '$a' })
  expect(outcomes(await output.write(makeBatch([{ body: {} }, { body: { a: 'x' } }]), never))).toEqual([REFUSED, RETRY])
  server.behaviour = answer(200, { errors: false })
  expect(outcomes(await output.write(makeBatch([{ body: {} }, { body: { a: 'x' } }]), never))).toEqual([REFUSED, DELIVERED])
  expect(outcomes(await output.write(makeBatch([{ body: {} }]), never))).toEqual([REFUSED])
  expect(server.received.length).toBe(2)
})

test('requests and failed answers are in the log when asked for', async () => {
  const failed = { errors: true, items: [{ create: { status: 201 } }, { create: { status: 400, error: { type: 'mapper_parsing_exception', reason: 'no' } } }] }
  await write(answer(200, failed), { trace_output: true })
  expect(context.logged).toEqual([expect.stringMatching(/^\{"create":\{"_index":"fluent-bit","_id":"[^"]+"\}\}\n\{"@timestamp":.*"a":1\}\n/) as unknown])
  await output.close?.()
  await write(answer(200, failed), { trace_error: true })
  expect(context.logged).toEqual([JSON.stringify(failed)])
  await output.close?.()
  await write(answer(200, { errors: false, items: [] }), { trace_error: true })
  expect(context.logged).toEqual([])
})

test('an answer is read in full whatever buffer_size says', async () => {
  const reason = 'x'.repeat(700_000)
  const verdict = await write(answer(200, {
    errors: true, items: [{ create: { status: 400, error: { type: 'mapper_parsing_exception', reason } } }, { create: { status: 429 } }]
  }), { buffer_size: 1024 })
  expect(outcomes(verdict)).toEqual([REFUSED, RETRY])
})

test('a clash of labels is told with its remedy, unless that is there', async () => {
  const clash = { create: { status: 400, error: { type: 'document_parsing_exception', reason: '[1:9] object mapping for [l.app] tried to parse field [app] as object, but found a concrete value' } } }
  await write(answer(200, { errors: true, items: [clash, clash] }))
  expect(context.logged).toEqual([expect.stringContaining('`replace_dots on`') as unknown])
  await output.close?.()
  await write(answer(200, { errors: true, items: [clash, clash] }), { replace_dots: true })
  expect(context.logged).toEqual([])
})

test('statuses of the whole request', async () => {
  expect(await write(answer(429, 'slow', { 'retry-after': '3' }))).toMatchObject({ kind: 'retry', after: 3000, throttled: true })
  server.behaviour = answer(413)
  expect((await output.write(makeBatch([{ body: {} }]), never)).kind).toBe('too_large')
  server.behaviour = answer(503, 'down')
  expect(await output.write(makeBatch([{ body: {} }]), never)).toMatchObject({ kind: 'retry', reason: 'HTTP 503: down' })
  server.behaviour = answer(401, { error: 'who are you' })
  expect((await output.write(makeBatch([{ body: {} }]), never)).kind).toBe('retry')
  expect(context.logged.join()).toContain('HTTP 401')
})

test('a reply that is cut may have been taken', async () => {
  const verdict = await write((response) => {
    response.writeHead(200, { 'content-length': '1000' })
    response.write('{"err')
    setTimeout(() => response.destroy(), 10)
  })
  expect(verdict).toMatchObject({ kind: 'retry', unsure: true })
})

test('a server that hangs is given up after the timeout', async () => {
  const verdict = await write(() => {}, {}, { net: { io_timeout: 100 } })
  expect(verdict).toMatchObject({ kind: 'retry', unsure: true })
})

test('a refused connection sent nothing', async () => {
  await server.close()
  const verdict = await write(() => {})
  expect(verdict).toMatchObject({ kind: 'retry' })
  expect(verdict).not.toHaveProperty('unsure')
  expect(verdict.kind === 'retry' && verdict.reason).toContain(`cannot connect to 127.0.0.1:${port}`)
})

test('a server that comes back is used at once', async () => {
  expect((await write(answer(200, { errors: false }))).kind).toBe('delivered')
  await server.close()
  for (let i = 0; i < 4; i++) expect((await output.write(makeBatch([{ body: {} }]), never)).kind).toBe('retry')
  server = new TestServer(answer(200, { errors: false }))
  await server.listen(port)
  expect((await output.write(makeBatch([{ body: {} }]), never)).kind).toBe('delivered')
})

test('an abort ends a request', async () => {
  const abort = new AbortController()
  server.behaviour = () => { abort.abort() }
  await make()
  expect((await output.write(makeBatch([{ body: {} }]), abort.signal)).kind).toBe('retry')
})

test('requests at once do not share memory', async () => {
  server.behaviour = (response) => { setTimeout(() => { answer(200, { errors: false })(response, server.received[0]!) }, 30) }
  await make({ generate_id: false })
  const bodies = ['x', 'y', 'z'].map((letter) => letter.repeat(300_000))
  await Promise.all(bodies.map((a) => output.write(makeBatch([{ body: { a } }]), never)))
  await Promise.all(bodies.map((a) => output.write(makeBatch([{ body: { a } }]), never)))
  const seen = server.received.map((request) => /"a":"(.*)"\}\n$/.exec(request.body.toString())?.[1])
  expect(seen.map((text) => text?.length)).toEqual(Array(6).fill(300_000))
  expect(seen.sort().map((text) => new Set(text).size)).toEqual(Array(6).fill(1))
})

test('what is not there is refused by name', () => {
  output = { write: () => Promise.reject(new Error('not used')) }
  expect(() => es.create(optionsOf(es, { cloud_id: 'x' }), outputContext())).toThrow(PluginError)
})

test('a server that closes at a large body says 413 when it is asked', async () => {
  const { createServer } = await import('node:net')
  const rude = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', (head) => {
      if (head.includes('100-continue')) socket.end('HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n')
      else socket.resetAndDestroy()
    })
  })
  await new Promise<void>((resolve) => { rude.listen(0, '127.0.0.1', resolve) })
  await make({}, { port: (rude.address() as { port: number }).port })
  const batch = makeBatch([{ body: { a: 'x'.repeat(1_000_000) } }])
  expect(await output.write(batch, never)).toMatchObject({ kind: 'retry', unsure: true })
  expect((await output.write(batch, never)).kind).toBe('too_large')
  await new Promise((resolve) => { rude.close(resolve) })
})
