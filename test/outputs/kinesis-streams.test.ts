import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { decompressSnappy } from '../../src/lib/snappy.ts'
import { kinesisStreams } from '../../src/outputs/kinesis-streams.ts'
import { DELIVERED, REFUSED, RETRY, UNSURE, type Output, type Verdict } from '../../src/plugin/output.ts'
import { makeBatch, type RecordSpec } from '../event/make-batch.ts'
import { KEYS, KinesisFake } from '../support/fakes/kinesis.ts'
import { never, optionsOf, outcomes, outputContext, type TestContext } from './output-context.ts'
import { answer } from './test-server.ts'

let fake: KinesisFake
let port: number
let output: Output
let context: TestContext

beforeEach(async () => {
  process.env['AWS_ACCESS_KEY_ID'] = KEYS.accessKeyId
  process.env['AWS_SECRET_ACCESS_KEY'] = KEYS.secretAccessKey
  fake = new KinesisFake()
  port = await fake.listen()
})
afterEach(async () => {
  await output.close?.()
  await fake.close()
})

async function put(records: readonly RecordSpec[], set: { [name: string]: unknown } = {}): Promise<Verdict> {
  context = outputContext({ net: { io_timeout: 500 } })
  output = await kinesisStreams.create(optionsOf(kinesisStreams, { stream: 'logs', region: 'eu-central-1', endpoint: `http://127.0.0.1:${port}`, ...set }), context)
  return await output.write(makeBatch(records), never)
}

const numbered = (count: number, pad = ''): readonly RecordSpec[] => Array.from({ length: count }, (_, n) => ({ body: { n, ...(pad === '' ? {} : { pad }) } }))
const texts = (): string[] => fake.taken.map(({ data }) => data.toString())

describe('records', () => {
  test('are lines of JSON, each with a key of its own', async () => {
    expect(await put([{ body: { a: 'é"', n: 12345678901234567890n.toString() }, constant: '{"pod":"p"}' }, { body: '{"n":1.10}' }])).toEqual({ kind: 'delivered' })
    expect(texts()).toEqual(['{"a":"é\\"","n":"12345678901234567890","shared":{"pod":"p"}}\n', '{"n":1.10}\n'])
    const keys = fake.taken.map(({ key }) => key)
    expect(new Set(keys).size).toBe(2)
  })

  test('have their time under time_key', async () => {
    await put([{ body: { a: 1 } }, { body: { t: 'own' } }, { body: {} }], { time_key: 't', time_key_format: '%H:%M:%S.%3N %9N %L' })
    expect(texts()).toEqual(['{"a":1,"t":"10:00:00.123 123456789 123456789"}\n', ...[0, 1].map(() => '{"t":"10:00:00.123 123456789 123456789"}\n')])
  })

  test('are one value each with log_key; one without it is refused', async () => {
    const verdict = await put([{ body: { log: 'a"b' } }, { body: { n: 1 } }, { body: { log: [1] } }], { log_key: 'log' })
    expect(outcomes(verdict)).toEqual([DELIVERED, REFUSED, DELIVERED])
    expect(texts()).toEqual(['a"b\n', '[1]\n'])
  })

  test('are compressed', async () => {
    for (const [compression, open] of [['gzip', gunzipSync], ['zstd', zstdDecompressSync], ['snappy', (data: Buffer) => decompressSnappy(data, 1e6)]] as const) {
      await put([{ body: { a: compression } }], { compression })
      expect(open(fake.taken.at(-1)!.data).toString()).toBe(`{"a":"${compression}"}\n`)
      await output.close?.()
    }
  })

  test('go together with simple_aggregation, as many as one may hold, and the service\'s limits are kept', async () => {
    expect(await put(numbered(30, 'x'.repeat(100_000)), { simple_aggregation: true })).toEqual({ kind: 'delivered' })
    expect(fake.requests).toEqual([3])
    expect(texts().join('').trimEnd().split('\n').map((line) => (JSON.parse(line) as { n: number }).n)).toEqual(Array.from({ length: 30 }, (_, n) => n))
  })

  test('too long for the service are refused, the others are sent', async () => {
    const verdict = await put([{ body: { n: 1 } }, { body: { pad: 'x'.repeat(1024 * 1024) } }, { body: { n: 2 } }])
    expect(outcomes(verdict)).toEqual([DELIVERED, REFUSED, DELIVERED])
  })

  test('that are more than one request holds are sent in several', async () => {
    expect(await put(numbered(501))).toEqual({ kind: 'delivered' })
    expect(fake.requests).toEqual([500, 1])
    await output.close?.()
    await put(numbered(12, 'x'.repeat(900_000)))
    expect(fake.requests.slice(2)).toEqual([5, 5, 2])
  })
})

describe('a service that', () => {
  test('does not take some records: they alone are to be sent again', async () => {
    fake.refuses = ({ data }) => (/"n":[13]/.test(data.toString()) ? 'ProvisionedThroughputExceededException' : undefined)
    const verdict = await put(numbered(4))
    expect(outcomes(verdict)).toEqual([DELIVERED, RETRY, DELIVERED, RETRY])
    expect(verdict).toMatchObject({ throttled: true, reasons: new Map([1, 3].map((n) => [n, 'ProvisionedThroughputExceededException: as told'])) })
  })

  test.each([
    ['throttles', answer(400, { __type: 'ProvisionedThroughputExceededException', message: 'slowly' }), { kind: 'retry', throttled: true, reason: 'ProvisionedThroughputExceededException: slowly' }],
    ['has no such stream', answer(400, { __type: 'x#ResourceNotFoundException', message: 'no' }), { kind: 'retry', reason: 'ResourceNotFoundException: no' }],
    ['refuses credentials', answer(400, { __type: 'ExpiredTokenException', message: 'no' }), { kind: 'retry', reason: 'ExpiredTokenException: no' }],
    ['finds something wrong', answer(400, { __type: 'InvalidArgumentException', message: 'no' }), { kind: 'too_large' }],
    ['answers 413', answer(413), { kind: 'too_large' }],
    ['answers 500', answer(500, 'page'), { kind: 'retry', reason: 'HTTP 500: page' }],
    ['answers 503', answer(503, '', { 'retry-after': '3' }), { kind: 'retry', throttled: true, after: 3000 }],
    ['answers with a page', answer(200, '<html>'), { kind: 'retry', unsure: true }],
    ['answers for other records', answer(200, { Records: [] }), { kind: 'retry', unsure: true }],
    ['hangs', () => {}, { kind: 'retry', unsure: true }]
  ])('%s', async (_, behaviour, expected) => {
    fake.instead = () => behaviour
    expect(await put(numbered(2))).toMatchObject(expected)
    expect(fake.taken).toEqual([])
  })

  test('loses its answer may have the records', async () => {
    fake.loses = () => true
    expect(await put(numbered(2))).toMatchObject({ kind: 'retry', unsure: true })
  })

  test('fails in the middle of a batch: what was sent is told from what was not', async () => {
    fake.loses = (n) => n === 2
    const verdict = await put(numbered(12, 'x'.repeat(900_000)))
    expect(outcomes(verdict)).toEqual([...Array.from({ length: 5 }, () => DELIVERED), ...Array.from({ length: 5 }, () => UNSURE), RETRY, RETRY])
    expect(fake.requests).toHaveLength(2)
  })

  test('is not there', async () => {
    await fake.close()
    expect(await put(numbered(1))).toMatchObject({ kind: 'retry', reason: `cannot connect to 127.0.0.1:${port}: connect ECONNREFUSED 127.0.0.1:${port}` })
    fake = new KinesisFake()
    await fake.listen()
  })
})

test.each([[{ endpoint: 'http://' }, 'endpoint'], [{ region: undefined }, 'region']])('%j is refused', async (set, option) => {
  delete process.env['AWS_REGION']
  delete process.env['AWS_DEFAULT_REGION']
  await put(numbered(1))
  const wrong = { stream: 'logs', region: 'eu-central-1', ...set }
  expect(() => kinesisStreams.create(optionsOf(kinesisStreams, wrong), outputContext())).toThrow(expect.objectContaining({ option }))
})
