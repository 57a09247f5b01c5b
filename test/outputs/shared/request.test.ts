import { Agent } from 'node:http'
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
