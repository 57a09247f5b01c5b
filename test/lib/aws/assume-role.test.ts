import { afterEach, beforeEach, expect, test } from 'vitest'
import { assumeRole, endpointUrl, type Role } from '../../../src/lib/aws/assume-role.ts'
import { TestServer, answer } from '../../outputs/test-server.ts'
import { checkSignature } from '../../support/fakes/signature.ts'

const XML = '<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>s+/=</SecretAccessKey>'
  + '<SessionToken>t&amp;t</SessionToken><Expiration>2030-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>'

let server: TestServer
let role: Role
beforeEach(async () => {
  server = new TestServer(answer(200, XML))
  role = {
    roleArn: 'arn:aws:iam::123456789012:role/logs', externalId: 'id', endpoint: `http://127.0.0.1:${await server.listen()}`, region: 'eu-central-1',
    base: async () => ({ accessKeyId: 'AKID', secretAccessKey: 'secret' })
  }
})
afterEach(async () => { await server.close() })

test('asks STS with a signature, and reads what it gives', async () => {
  expect(await assumeRole(role)).toEqual({ accessKeyId: 'ASIA', secretAccessKey: 's+/=', sessionToken: 't&t', expiration: new Date('2030-01-01T00:00:00Z') })
  const [request] = server.received
  expect(checkSignature(request!, request!.body, new Map([['AKID', 'secret']]))).toBeUndefined()
  const form = new URLSearchParams(request!.body.toString())
  expect(Object.fromEntries(form)).toMatchObject({ Action: 'AssumeRole', RoleArn: role.roleArn, ExternalId: 'id' })
  expect(form.get('RoleSessionName')).toMatch(/^fantail-[\w+=,.@-]+$/)
})

test('says what STS says when it refuses, and when it gives nothing', async () => {
  server.behaviour = answer(403, '<ErrorResponse><Error><Code>AccessDenied</Code><Message>not you</Message></Error></ErrorResponse>')
  await expect(assumeRole(role)).rejects.toThrow('cannot assume the role arn:aws:iam::123456789012:role/logs: AccessDenied: not you')
  server.behaviour = answer(200, '<html/>')
  await expect(assumeRole(role)).rejects.toThrow('without credentials')
})

test('an endpoint is a host or a URL', () => {
  expect([endpointUrl('sts.example.com').href, endpointUrl('http://a:1').href]).toEqual(['https://sts.example.com/', 'http://a:1/'])
})
