import { afterEach, beforeEach, expect, test } from 'vitest'
import { SdkHandler } from '../../../../src/outputs/shared/aws/sdk-handler.ts'
import { TestServer, answer } from '../../test-server.ts'

let server: TestServer
let handler: SdkHandler
let port: number
beforeEach(async () => {
  server = new TestServer(answer(200, 'yes', { 'x-a': 'b' }))
  port = await server.listen()
  handler = new SdkHandler({ host: undefined, port: undefined, net: { io_timeout: 200 }, tls: {} })
})
afterEach(async () => {
  handler.destroy()
  await server.close()
})

const request = (body?: unknown): Parameters<SdkHandler['handle']>[0] => ({
  method: 'POST', protocol: 'http:', hostname: '127.0.0.1', port, path: '/p', query: { a: 'b c', d: ['1', '2'], e: null }, headers: { 'x-b': 'c' }, body
})

test('sends as the SDK asks, and answers in its shape', async () => {
  const { response } = await handler.handle(request('text'))
  expect([response.statusCode, response.headers['x-a'], Buffer.from(response.body).toString()]).toEqual([200, 'b', 'yes'])
  await handler.handle(request(new Uint8Array([65])))
  expect(server.received.map(({ url, headers, body }) => [url, headers['x-b'], body.toString()])).toEqual([
    ['/p?a=b%20c&d=1&d=2&e', 'c', 'text'], ['/p?a=b%20c&d=1&d=2&e', 'c', 'A']
  ])
})

test('knows whether a body is done with', async () => {
  const body = Buffer.from('x')
  await handler.handle(request(body))
  expect(handler.holds(body)).toBe(false)
  server.behaviour = () => {}
  await expect(handler.handle(request(body))).rejects.toThrow('no answer within 0.2 s')
  expect(handler.holds(body)).toBe(true)
})

test('ends a request when it is told to', async () => {
  server.behaviour = () => {}
  const abort = new AbortController()
  const answered = handler.handle(request(), { abortSignal: abort.signal })
  abort.abort()
  await expect(answered).rejects.toThrow('aborted')
})
