import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { AwsAuth } from '../../../../src/outputs/shared/aws/auth.ts'
import { http } from '../../../../src/outputs/http.ts'
import { opensearch } from '../../../../src/outputs/opensearch.ts'
import type { Output } from '../../../../src/plugin/output.ts'
import { makeBatch } from '../../../event/make-batch.ts'
import { checkSignature } from '../../../support/fakes/signature.ts'
import { never, optionsOf, outputContext } from '../../output-context.ts'
import { TestServer, answer } from '../../test-server.ts'

const SECRETS = new Map([['AKID', 'secret']])
const NONE = { aws_region: undefined, aws_sts_endpoint: undefined, aws_role_arn: undefined, aws_external_id: undefined, aws_profile: undefined }
const before = { ...process.env }
let server: TestServer
let port: number
let output: Output | undefined

beforeEach(async () => {
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 'secret' })
  delete process.env['AWS_REGION']
  delete process.env['AWS_DEFAULT_REGION']
  server = new TestServer((response, received) => {
    // as the service: the signature first, the answer then
    const refused = checkSignature(received, received.body, SECRETS)
    answer(refused === undefined ? 200 : 403, refused === undefined ? { errors: false, items: [] } : { message: refused[1] })(response, received)
  })
  port = await server.listen()
})
afterEach(async () => {
  await output?.close?.()
  await server.close()
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_REGION', 'AWS_DEFAULT_REGION']) delete process.env[name]
  Object.assign(process.env, before)
})

const context = (): ReturnType<typeof outputContext> => outputContext({ host: '127.0.0.1', port })

describe('aws_auth', () => {
  test.each([[undefined], ['gzip']])('signs bulk requests, compressed: %s', async (compress) => {
    output = await opensearch.create(optionsOf(opensearch, { aws_auth: true, aws_region: 'eu-central-1', compress, pipeline: 'a b+c' }), context())
    expect(await output.write(makeBatch([{ body: { text: 'é' } }]), never)).toEqual({ kind: 'delivered' })
    expect(server.received.map(({ method, url }) => `${method} ${url.split('?')[0]}`)).toEqual(['POST /_bulk'])
    expect(server.received[0]?.headers['x-amz-content-sha256']).toMatch(/^[0-9a-f]{64}$/)
    expect(server.received[0]?.headers.authorization).toContain('/eu-central-1/es/aws4_request')
  })

  test('Serverless gets no ids', async () => {
    output = await opensearch.create(optionsOf(opensearch, { aws_auth: true, aws_region: 'eu-central-1', aws_service_name: 'aoss' }), context())
    await output.write(makeBatch([{ body: { n: 1 } }]), never)
    expect(server.received[0]?.body.toString()).not.toContain('_id')
    expect(server.received[0]?.headers.authorization).toContain('/aoss/')
  })

  test('signs requests of http', async () => {
    output = await http.create(optionsOf(http, { aws_auth: true, aws_region: 'eu-central-1', aws_service: 'execute-api', uri: '/in/a?x=1', compress: 'gzip' }), context())
    expect(await output.write(makeBatch([{ body: { n: 1 } }]), never)).toEqual({ kind: 'delivered' })
  })

  test('a refused signature refuses no record, and the next one is made with fresh credentials', async () => {
    process.env['AWS_SECRET_ACCESS_KEY'] = 'ended'
    for (const make of [
      () => opensearch.create(optionsOf(opensearch, { aws_auth: true, aws_region: 'eu-central-1' }), context()),
      () => http.create(optionsOf(http, { aws_auth: true, aws_region: 'eu-central-1', aws_service: 's' }), context())
    ]) {
      output = await make()
      process.env['AWS_SECRET_ACCESS_KEY'] = 'ended'
      expect((await output.write(makeBatch([{ body: { n: 1 } }]), never)).kind).toBe('retry')
      process.env['AWS_SECRET_ACCESS_KEY'] = 'secret'
      expect((await output.write(makeBatch([{ body: { n: 1 } }]), never)).kind).toBe('delivered')
      await output.close?.()
    }
  })

  test('without credentials nothing is sent', async () => {
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) delete process.env[name]
    Object.assign(process.env, { AWS_EC2_METADATA_DISABLED: 'true', AWS_SHARED_CREDENTIALS_FILE: '/nowhere', AWS_CONFIG_FILE: '/nowhere' })
    output = await opensearch.create(optionsOf(opensearch, { aws_auth: true, aws_region: 'eu-central-1' }), context())
    const verdict = await output.write(makeBatch([{ body: { n: 1 } }]), never)
    expect(verdict.kind).toBe('retry')
    expect(verdict).not.toHaveProperty('unsure')
    expect(server.received).toEqual([])
  })

  test('the region is that of the option, of the host or of the environment', async () => {
    expect(() => new AwsAuth(NONE, 'es', { secure: true, host: 'search', port: 443 })).toThrow('aws_region')
    const auth = new AwsAuth(NONE, 'es', { secure: true, host: 'search-x.eu-west-1.es.amazonaws.com', port: 443 })
    const { authorization } = await auth.sign('GET', '/', {}, Buffer.alloc(0))
    expect(authorization).toContain('/eu-west-1/es/')
  })
})
