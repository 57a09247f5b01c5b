import { afterEach, beforeEach, expect, test } from 'vitest'
import { fixedAuthorization, type Authorization } from '../../../src/outputs/shared/authorization.ts'
import { Sender } from '../../../src/outputs/shared/sender.ts'
import { never, outputContext } from '../output-context.ts'
import { TestServer, answer } from '../test-server.ts'

let server: TestServer
let sender: Sender
beforeEach(() => { server = new TestServer(answer(200, 'fine')) })
afterEach(async () => {
  sender.close()
  await server.close()
})

async function start(set: { authorization?: Authorization; compression?: 'gzip'; timeout?: number } = {}): Promise<void> {
  sender = new Sender({
    network: outputContext().network, endpoint: { secure: false, host: '127.0.0.1', port: await server.listen() },
    authorization: fixedAuthorization({}), compression: undefined, timeout: 5000, ...set
  })
}

const posting = { method: 'POST', path: '/', headers: { 'x-a': 'b' }, body: Buffer.from('x'), records: 1 }

test('sends with everything that belongs to it, and gives the answer', async () => {
  await start({ authorization: fixedAuthorization({ token: 't' }), compression: 'gzip' })
  expect((await sender.send(posting, never)).answer).toMatchObject({ status: 200, body: 'fine', finished: true })
  expect(server.received[0]?.headers).toMatchObject({ authorization: 'Bearer t', 'content-encoding': 'gzip', 'x-a': 'b' })
})

test('what cannot be authorized now was not sent', async () => {
  await start({ authorization: { header: () => Promise.reject(new Error('no token')) } })
  expect(await sender.send(posting, never)).toEqual({ verdict: { kind: 'retry', reason: 'no token' } })
  expect(server.received).toEqual([])
})

test('a 401 is told to whom it concerns', async () => {
  let refused = 0
  server.behaviour = answer(401)
  await start({ authorization: { header: () => 'x', refused: () => { refused++ } } })
  await sender.send(posting, never)
  expect(refused).toBe(1)
})

test('no answer in time', async () => {
  server.behaviour = () => {}
  await start({ timeout: 50 })
  expect(await sender.send(posting, never)).toEqual({ verdict: { kind: 'retry', reason: 'no answer within 0.05 s', unsure: true, slow: true } })
})
