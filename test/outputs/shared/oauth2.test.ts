import { createVerify } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { http } from '../../../src/outputs/http.ts'
import { OAuth2 } from '../../../src/outputs/shared/oauth2.ts'
import { PluginError } from '../../../src/plugin/context.ts'
import { makeCertificate } from '../../support/certificate.ts'
import { tempFolder } from '../../support/temp.ts'
import { never, optionsOf, outputContext } from '../output-context.ts'
import { TestServer, answer } from '../test-server.ts'

let server: TestServer
let url: string
let now = 0
let tokens: OAuth2
beforeEach(async () => {
  let count = 0
  server = new TestServer((response, received) => { answer(200, { access_token: `t${++count}`, expires_in: 100 })(response, received) })
  url = `http://127.0.0.1:${await server.listen()}/token?x=1`
  now = 0
})
afterEach(async () => {
  tokens.close()
  await server.close()
})

function make(set: { [name: string]: unknown } = {}): OAuth2 {
  tokens = new OAuth2(optionsOf(http, {
    'oauth2.token_url': url, 'oauth2.client_id': 'me', 'oauth2.client_secret': 's&t', 'oauth2.refresh_skew_seconds': 20, ...set
  }), outputContext().network, () => now)
  return tokens
}

test('a token is fetched once, renewed before it ends, and when it was refused', async () => {
  make({ 'oauth2.scope': 'logs write', 'oauth2.audience': 'a', 'oauth2.resource': 'r', 'oauth2.user_agent': 'ua' })
  expect(await Promise.all([tokens.header(never), tokens.header(never)])).toEqual(['Bearer t1', 'Bearer t1'])
  const [request] = server.received
  expect([request?.method, request?.url, request?.headers['user-agent']]).toEqual(['POST', '/token?x=1', 'ua'])
  expect(request?.headers.authorization).toBe(`Basic ${Buffer.from('me:s&t').toString('base64')}`)
  expect(request?.body.toString()).toBe('grant_type=client_credentials&scope=logs+write&audience=a&resource=r')
  now = 79_999
  expect(await tokens.header(never)).toBe('Bearer t1')
  now = 80_000
  expect(await tokens.header(never)).toBe('Bearer t2')
  tokens.refused()
  expect(await tokens.header(never)).toBe('Bearer t3')
})

test('a token that cannot be renewed yet is used until it ends', async () => {
  make()
  await tokens.header(never)
  server.behaviour = answer(503, 'down')
  now = 90_000
  expect(await tokens.header(never)).toBe('Bearer t1')
  now = 100_000
  await expect(tokens.header(never)).rejects.toThrow('no token from 127.0.0.1: HTTP 503: down')
})

test('an endpoint that hangs is given up', async () => {
  make({ 'oauth2.timeout': 100 })
  server.behaviour = () => {}
  await expect(tokens.header(never)).rejects.toThrow('no answer within 0.1 s')
})

test('an answer without a token', async () => {
  make()
  server.behaviour = answer(200, 'not JSON')
  await expect(tokens.header(never)).rejects.toThrow('the answer holds none')
})

test('the secret in the body', async () => {
  make({ 'oauth2.auth_method': 'post' })
  await tokens.header(never)
  expect(server.received[0]?.headers.authorization).toBeUndefined()
  expect(server.received[0]?.body.toString()).toBe('grant_type=client_credentials&client_id=me&client_secret=s%26t')
})

test('a signed assertion', async () => {
  const folder = tempFolder('oauth2')
  const { key, certificate } = makeCertificate(folder)
  now = 1_000_000
  make({ 'oauth2.auth_method': 'private_key_jwt', 'oauth2.jwt_key_file': key, 'oauth2.jwt_cert_file': certificate, 'oauth2.jwt_header': 'x5t#S256' })
  await tokens.header(never)
  const form = new URLSearchParams(server.received[0]?.body.toString())
  const [head = '', claims = '', signature = ''] = (form.get('client_assertion') ?? '').split('.')
  const read = (part: string): object => JSON.parse(Buffer.from(part, 'base64url').toString()) as object
  expect(read(head)).toMatchObject({ alg: 'RS256', typ: 'JWT', 'x5t#S256': expect.stringMatching(/^[\w-]{43}$/) as unknown })
  expect(read(claims)).toMatchObject({ iss: 'me', sub: 'me', aud: url, iat: 1000, exp: 1300 })
  expect(createVerify('RSA-SHA256').update(`${head}.${claims}`).verify(readFileSync(certificate), signature, 'base64url')).toBe(true)
})

test.each([
  [{ 'oauth2.token_url': undefined }, 'needs oauth2.token_url'],
  [{ 'oauth2.token_url': 'x' }, 'x is no URL'],
  [{ 'oauth2.token_url': 'ftp://x' }, 'no URL of HTTP'],
  [{ 'oauth2.client_secret': undefined }, 'needs oauth2.client_secret'],
  [{ 'oauth2.auth_method': 'private_key_jwt' }, 'needs oauth2.jwt_key_file'],
  [{ 'oauth2.auth_method': 'private_key_jwt', 'oauth2.jwt_key_file': '/no/such', 'oauth2.jwt_cert_file': '/no/such' }, 'cannot read /no/such']
])('%o is refused', (set, reason) => {
  make()
  expect(() => make(set)).toThrow(PluginError)
  expect(() => make(set)).toThrow(reason)
})
