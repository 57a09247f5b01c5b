import { afterEach, beforeEach, expect, test } from 'vitest'
import { call } from '../../../src/lib/aws/call.ts'
import { TestServer, answer } from '../../outputs/test-server.ts'

let server: TestServer
let url: URL
beforeEach(async () => {
  server = new TestServer(answer(200, 'yes'))
  url = new URL(`http://127.0.0.1:${await server.listen()}/path?a=b`)
})
afterEach(async () => { await server.close() })

test('sends what it is given and gives what comes, whatever the status', async () => {
  server.behaviour = answer(404, 'no')
  expect(await call({ method: 'PUT', url, headers: { 'x-a': 'b' }, body: Buffer.from('body'), timeout: 5000 })).toEqual({ status: 404, body: 'no' })
  expect(server.received).toMatchObject([{ method: 'PUT', url: '/path?a=b', headers: { 'x-a': 'b' }, body: Buffer.from('body') }])
})

test('fails in time when nobody answers, and when the answer is cut', async () => {
  server.behaviour = () => {}
  await expect(call({ method: 'GET', url, timeout: 100 })).rejects.toThrow('within 0.1 s')
  server.behaviour = (response) => {
    response.writeHead(200, { 'content-length': 10 })
    response.write('half', () => { response.destroy() })
  }
  await expect(call({ method: 'GET', url, timeout: 5000 })).rejects.toThrow()
})
