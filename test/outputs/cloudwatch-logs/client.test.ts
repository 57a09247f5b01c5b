import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Pool } from '../../../src/event/pool.ts'
import { CredentialSource } from '../../../src/lib/aws/credentials.ts'
import { cloudwatchLogs } from '../../../src/outputs/cloudwatch-logs.ts'
import { LogsClient } from '../../../src/outputs/cloudwatch-logs/client.ts'
import { readSettings } from '../../../src/outputs/cloudwatch-logs/settings.ts'
import { SdkHandler } from '../../../src/outputs/shared/aws/sdk-handler.ts'
import { CloudwatchLogsFake, KEYS } from '../../support/fakes/cloudwatch-logs.ts'
import { tempFolder } from '../../support/temp.ts'
import { never, optionsOf } from '../output-context.ts'

let fake: CloudwatchLogsFake
let port = 0
let handler: SdkHandler
let client: LogsClient

function make(set: { readonly [name: string]: unknown } = {}): void {
  const network = { host: undefined, port: undefined, net: {}, tls: {} }
  const options = optionsOf(cloudwatchLogs, { region: 'eu-central-1', endpoint: `http://127.0.0.1:${port}`, log_group_name: 'g', log_stream_name: 's', ...set })
  const settings = readSettings(options, new Pool(), network)
  handler = new SdkHandler(network)
  client = new LogsClient(settings, new CredentialSource(settings.credentials), handler)
}

beforeEach(async () => {
  process.env['AWS_ACCESS_KEY_ID'] = KEYS.accessKeyId
  process.env['AWS_SECRET_ACCESS_KEY'] = KEYS.secretAccessKey
  process.env['AWS_CONFIG_FILE'] = process.env['AWS_SHARED_CREDENTIALS_FILE'] = `${tempFolder('aws')}/none`
  fake = new CloudwatchLogsFake()
  port = await fake.listen()
})

afterEach(async () => {
  client.close()
  handler.destroy()
  await fake.close()
})

function body(message: string, timestamp = Date.now()): { bytes: Buffer; gzip: boolean } {
  return { bytes: Buffer.from(JSON.stringify({ logGroupName: 'g', logStreamName: 's', logEvents: [{ timestamp, message }] })), gzip: false }
}

test('bodies are sent as they were given and signed, by the SDK and past it', async () => {
  fake.group('g', ['s'])
  make({ log_format: 'json/emf' })
  for (const message of ['one', 'two "é"', 'three']) await client.put(body(message), never)
  expect(fake.messages('g', 's')).toEqual(['one', 'two "é"', 'three'])
  const headers = fake.asks('PutLogEvents').map((asked) => asked.headers)
  for (const one of headers) {
    expect(one).toMatchObject({ 'content-type': 'application/x-amz-json-1.1', 'x-amzn-logs-format': 'json/emf', 'user-agent': expect.stringContaining('fantail') as string })
  }
})

test.each([[[true, false, true]], [[false, true, false]]])('each body has its own encoding, the first one too: gzip %j', async (kinds) => {
  fake.group('g', ['s'])
  make()
  for (const [n, gzip] of kinds.entries()) {
    const { bytes } = body(String(n))
    await client.put({ bytes: gzip ? gzipSync(bytes) : bytes, gzip }, never)
  }
  expect(fake.messages('g', 's')).toEqual(['0', '1', '2'])
  expect(fake.asks('PutLogEvents').map(({ headers }) => headers['content-encoding'])).toEqual(kinds.map((gzip) => (gzip ? 'gzip' : undefined)))
})

test('errors and rejected events are told as the SDK tells them, after the first request too', async () => {
  make()
  await expect(client.put(body('x'), never)).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
  await client.createGroup('g', { groups: true, streams: true, retentionDays: 0, retainExisting: false, groupClass: undefined, kmsKeyId: undefined, tags: { a: 'b' } }, never)
  await client.createStream('g', 's', never)
  await client.retain('g', 14)
  expect(fake.groups.get('g')).toMatchObject({ retentionInDays: 14, made: { tags: { a: 'b' } } })
  expect(await client.put(body('old', Date.now() - 20 * 86_400_000), never)).toMatchObject({ rejectedLogEventsInfo: { tooOldLogEventEndIndex: 1 } })
  fake.fault = () => ({ kind: 'error', name: 'ThrottlingException', status: 400, message: 'slow down' })
  await expect(client.put(body('x'), never)).rejects.toMatchObject({ name: 'ThrottlingException', message: 'slow down' })
})

test('a page that is not the service\'s answer is no success', async () => {
  fake.group('g', ['s'])
  make()
  await client.put(body('x'), never)
  fake.fault = () => ({ kind: 'page' })
  await expect(client.put(body('y'), never)).rejects.toThrow()
  expect(fake.messages('g', 's')).toEqual(['x'])
})
