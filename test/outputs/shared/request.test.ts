import { Agent } from 'node:http'
import { createServer, type AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { send } from '../../../src/outputs/shared/request.ts'
import { never } from '../output-context.ts'
import { TestServer, answer } from '../test-server.ts'

const request = { method: 'POST', path: '/', headers: {}, body: Buffer.from('x'), timeout: 1000, idleTimeout: 0 }

test('reads an answer of any length, keeps its beginning, and can be aborted', async () => {
  const server = new TestServer(answer(500, 'y'.repeat(1_000_000)))
  const endpoint = { secure: false, host: '127.0.0.1', port: await server.listen() }
  const agent = new Agent({ keepAlive: true })
  const got = await send(agent, endpoint, request, never)
  expect(got).toMatchObject({ status: 500, finished: true })
  expect(got.body.length).toBeGreaterThanOrEqual(65_536)
  expect(got.body.length).toBeLessThan(300_000)
  await expect(send(agent, endpoint, request, AbortSignal.abort())).rejects.toThrow()
  agent.destroy()
  await server.close()
})

test.each([
  ['says go on', '', 200], ['says no', 'HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n', 413], ['says nothing', undefined, 200]
])('asks first, and the server %s', async (_, word, status) => {
  const parts: Buffer[] = []
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', (part: Buffer) => {
      const first = parts.length === 0
      parts.push(part)
      if (first && word !== undefined) socket.write(word === '' ? 'HTTP/1.1 100 Continue\r\n\r\n' : word)
      if (Buffer.concat(parts).includes('the body')) socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n')
    })
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  const agent = new Agent({ keepAlive: true })
  const endpoint = { secure: false, host: '127.0.0.1', port: (server.address() as AddressInfo).port }
  const got = await send(agent, endpoint, { ...request, body: Buffer.from('the body'), asks: true, timeout: 10_000 }, never)
  expect(got.status).toBe(status)
  expect(parts[0]?.toString()).toContain('xpect: 100-continue')
  expect(Buffer.concat(parts).includes('the body')).toBe(status === 200)
  agent.destroy()
  await new Promise((resolve) => { server.close(resolve) })
})
