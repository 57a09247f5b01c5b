import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { oidcTokens } from '../../../src/lib/kafka/oidc.ts'

let server: Server
let answer: { status: number, body: string }
const asked: { authorization: string | undefined, body: string }[] = []

beforeEach(async () => {
  asked.length = 0
  answer = { status: 200, body: '{"access_token":"t1","expires_in":100}' }
  server = createServer((request: IncomingMessage, response) => {
    let body = ''
    request.on('data', (chunk) => { body += String(chunk) })
    request.on('end', () => {
      asked.push({ authorization: request.headers.authorization, body })
      response.writeHead(answer.status).end(answer.body)
    })
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
})
afterEach(() => { server.close() })

const settings = (): Parameters<typeof oidcTokens>[0] => ({
  url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`, clientId: 'id', clientSecret: 'se:cret', scope: 'kafka', extensions: undefined
})

it('asks with the client\'s credentials and keeps the token while it is good', async () => {
  const token = oidcTokens({ ...settings(), extensions: new Map([['a', 'b']]) })
  expect([await token(), await token()]).toEqual(Array.from({ length: 2 }, () => ({ value: 't1', extensions: new Map([['a', 'b']]) })))
  expect(asked).toEqual([{ authorization: `Basic ${Buffer.from('id:se%3Acret').toString('base64')}`, body: 'grant_type=client_credentials&scope=kafka' }])
})

it('asks again when the token ends', async () => {
  answer.body = '{"access_token":"t","expires_in":0}'
  const token = oidcTokens(settings())
  await token()
  await token()
  expect(asked.length).toBe(2)
})

it('says why there is none', async () => {
  const token = oidcTokens(settings())
  answer = { status: 401, body: 'wrong secret' }
  await expect(token()).rejects.toThrow(/no token from http:.*: HTTP 401 wrong secret/)
  answer = { status: 200, body: 'hello' }
  await expect(token()).rejects.toThrow('no access_token')
  await expect(oidcTokens({ ...settings(), url: 'http://127.0.0.1:1/' })()).rejects.toThrow('no token from http://127.0.0.1:1/')
})
