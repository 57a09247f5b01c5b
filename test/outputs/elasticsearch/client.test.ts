import { Agent } from 'node:http'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { BulkClient } from '../../../src/outputs/elasticsearch/client.ts'
import { never } from '../output-context.ts'
import { TestServer, answer } from '../test-server.ts'

let server: TestServer
let client: BulkClient

beforeEach(async () => {
  server = new TestServer(answer(200))
  const url = new URL(`http://127.0.0.1:${await server.listen()}`)
  client = new BulkClient({ url, agent: new Agent(), headers: { 'x-a': 'b' }, timeout: 1000, longestAnswer: 1_000_000 })
})
afterEach(async () => {
  await client.close()
  await server.close()
})

test.each([200, 400, 404, 429, 502, 503, 504])('a status %d is an answer, and asked for once', async (status) => {
  server.behaviour = answer(status, { status }, { 'retry-after': '5' })
  const got = await client.post('/_bulk', { q: 'a b' }, Buffer.from('{}\n'), never, { 'content-encoding': 'x' })
  expect(got).toMatchObject({ status, body: JSON.stringify({ status }), headers: { 'retry-after': '5' } })
  expect(server.received.length).toBe(1)
  expect(server.received[0]).toMatchObject({ url: '/_bulk?q=a%20b', headers: { 'x-a': 'b', 'content-encoding': 'x', 'content-length': '3' } })
})

test('a request that fails neither copies its body into the error nor shows its headers there', async () => {
  await server.close()
  const body = Buffer.from('{}\n')
  const error: unknown = await client.post('/_bulk', {}, body, never, { authorization: 'secret' }).catch((e: unknown) => e)
  expect((error as Error).message).toContain('ECONNREFUSED')
  const { params } = (error as { meta: { meta: { request: { params: { body: Buffer, headers?: unknown } } } } }).meta.meta.request
  expect(params.body).toBe(body)
  expect(params.headers).toBeUndefined()
})
