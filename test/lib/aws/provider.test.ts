import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { chain } from '../../../src/lib/aws/provider.ts'
import { TestServer, answer } from '../../outputs/test-server.ts'
import { tempFolder } from '../../support/temp.ts'

const before = { ...process.env }
beforeEach(() => {
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name]
  process.env['AWS_CONFIG_FILE'] = process.env['AWS_SHARED_CREDENTIALS_FILE'] = '/nowhere'
  process.env['AWS_EC2_METADATA_DISABLED'] = 'true'
})
afterEach(() => {
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name]
  Object.assign(process.env, before)
})

test('the environment, asked anew each time', async () => {
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'A', AWS_SECRET_ACCESS_KEY: 'S' })
  const find = chain(undefined, 'eu-central-1')
  expect(await find()).toMatchObject({ accessKeyId: 'A', secretAccessKey: 'S' })
  process.env['AWS_ACCESS_KEY_ID'] = 'B'
  expect((await find()).accessKeyId).toBe('B')
})

test('a profile', async () => {
  const file = join(tempFolder('profile'), 'credentials')
  writeFileSync(file, '[logs]\naws_access_key_id = P\naws_secret_access_key = S\n')
  process.env['AWS_SHARED_CREDENTIALS_FILE'] = file
  expect((await chain('logs', undefined)()).accessKeyId).toBe('P')
})

test('the agent of EKS Pod Identity, with the token of its file', async () => {
  const server = new TestServer(answer(200, { AccessKeyId: 'I', SecretAccessKey: 'S', Token: 'T', Expiration: '2030-01-01T00:00:00Z' }))
  const file = join(tempFolder('token'), 'token')
  writeFileSync(file, 'the-token')
  process.env['AWS_CONTAINER_CREDENTIALS_FULL_URI'] = `http://127.0.0.1:${await server.listen()}/v1/credentials`
  process.env['AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE'] = file
  expect(await chain(undefined, undefined)()).toMatchObject({ accessKeyId: 'I', sessionToken: 'T', expiration: new Date('2030-01-01T00:00:00Z') })
  expect(server.received[0]?.headers.authorization).toBe('the-token')
  await server.close()
})

test('nothing anywhere', async () => {
  await expect(chain(undefined, undefined)()).rejects.toThrow()
})

test('a web identity (IRSA), by STS through the proxy of the environment', async () => {
  const token = join(tempFolder('identity'), 'token')
  writeFileSync(token, 'the-token')
  const proxy = new TestServer(answer(200, '<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult>'
    + '<Credentials><AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>S</SecretAccessKey><SessionToken>T</SessionToken><Expiration>2030-01-01T00:00:00Z</Expiration>'
    + '</Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>', { 'content-type': 'text/xml' }))
  Object.assign(process.env, {
    AWS_ROLE_ARN: 'arn:aws:iam::1:role/r', AWS_WEB_IDENTITY_TOKEN_FILE: token, AWS_ENDPOINT_URL_STS: 'http://sts.test',
    HTTP_PROXY: `http://127.0.0.1:${await proxy.listen()}`
  })
  try {
    expect(await chain(undefined, 'eu-central-1')()).toMatchObject({ accessKeyId: 'ASIA', secretAccessKey: 'S', sessionToken: 'T' })
    expect(proxy.received.map(({ method, url }) => `${method} ${url}`)).toEqual(['POST http://sts.test/'])
    expect(new URLSearchParams(proxy.received[0]!.body.toString()).get('WebIdentityToken')).toBe('the-token')
  } finally {
    delete process.env['HTTP_PROXY']
    await proxy.close()
  }
})
