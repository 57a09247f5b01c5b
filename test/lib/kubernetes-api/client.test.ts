import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ApiClient } from '../../../src/lib/kubernetes-api/client.ts'
import { ApiFailure } from '../../../src/lib/kubernetes-api/failure.ts'
import { FakeKubernetes, json, status } from '../../support/fake-kubernetes.ts'
import { tempFolder } from '../../support/temp.ts'

let fake: FakeKubernetes
let client: ApiClient
beforeEach(async () => {
  fake = await FakeKubernetes.start()
  client = fake.client()
})
afterEach(async () => {
  client.close()
  await fake.stop()
})

async function failureOf (promise: Promise<unknown>): Promise<ApiFailure> {
  const error = await promise.then(() => undefined, (reason: unknown) => reason)
  if (!(error instanceof ApiFailure)) throw new Error('no ApiFailure', { cause: error })
  return error
}

describe('a request', () => {
  it('sends its body as JSON and gives the answer', async () => {
    fake.answer = ({ method, body }, response) => json({ method, body })({} as never, response)
    expect(await client.request('PUT', '/x', { body: { a: 'ä' } })).toEqual({ method: 'PUT', body: '{"a":"ä"}' })
  })

  it('that is refused is told with the server\'s words', async () => {
    fake.answer = status(403, 'Forbidden', 'pods is forbidden: User "a" cannot list')
    const failure = await failureOf(client.request('GET', '/api/v1/pods?x=1'))
    expect(failure.message).toBe(`GET ${fake.url}/api/v1/pods: 403 Forbidden: pods is forbidden: User "a" cannot list`)
    expect(failure.refused).toBe(true)
  })

  it('tells how long the server asks to wait', async () => {
    fake.answer = status(429, 'TooManyRequests', 'later', { 'retry-after': '3' })
    expect(await failureOf(client.request('GET', '/x'))).toMatchObject({ status: 429, retryAfter: 3000 })
  })

  it('ends when the answer hangs, before it or within', async () => {
    fake.answer = () => undefined
    expect((await failureOf(client.request('GET', '/x', { timeout: 50 }))).message).toContain('no answer in time')
    fake.answer = (_request, response) => { response.writeHead(200).write('{') }
    await failureOf(client.request('GET', '/x', { timeout: 50 }))
  })

  it('fails on an answer that is torn, or no JSON', async () => {
    fake.answer = (_request, response) => {
      response.writeHead(200, { 'content-length': 100 }).write('{"a":')
      setTimeout(() => response.destroy(), 10)
    }
    expect((await failureOf(client.request('GET', '/x'))).status).toBe(0)
    fake.answer = (_request, response) => { response.end('<html>') }
    expect((await failureOf(client.request('GET', '/x'))).message).toContain('not JSON')
  })

  it('names the reason when nobody answers', async () => {
    await fake.stop()
    expect((await failureOf(client.request('GET', '/x'))).message).toContain('ECONNREFUSED')
    fake = await FakeKubernetes.start()
  })

  it('uses one connection for many', async () => {
    const ports = new Set<number | undefined>()
    fake.answer = (_request, response) => {
      ports.add(response.socket?.remotePort)
      response.end('{}')
    }
    for (let i = 0; i < 5; i++) await client.request('GET', '/x')
    expect(ports.size).toBe(1)
  })
})

describe('the token', () => {
  it('that is refused is read anew, and the request made once more', async () => {
    const file = path.join(tempFolder('client'), 'token')
    writeFileSync(file, 'old')
    client = fake.client({ file })
    fake.answer = (request, response) => (request.token === 'new' ? json({ ok: true }) : status(401, 'Unauthorized', 'Unauthorized'))(request, response)
    await failureOf(client.request('GET', '/x'))
    expect(fake.requests).toHaveLength(1)
    writeFileSync(file, 'new')
    expect(await client.request('GET', '/x')).toEqual({ ok: true })
  })

  it('that is refused in the midst of its time is told from a new one at once', async () => {
    const file = path.join(tempFolder('client'), 'token')
    writeFileSync(file, 'old')
    client = fake.client({ file })
    fake.answer = json({})
    await client.request('GET', '/x')
    writeFileSync(file, 'new')
    fake.answer = (request, response) => (request.token === 'new' ? json({ ok: true }) : status(401, 'Unauthorized', 'Unauthorized'))(request, response)
    expect(await client.request('GET', '/x')).toEqual({ ok: true })
    expect(fake.requests.map(({ token }) => token)).toEqual(['old', 'old', 'new'])
  })
})
