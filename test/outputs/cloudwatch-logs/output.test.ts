import { afterEach, beforeEach, expect, test } from 'vitest'
import { cloudwatchLogs } from '../../../src/outputs/cloudwatch-logs.ts'
import { DELIVERED, REFUSED, UNSURE, type Output, type Verdict } from '../../../src/plugin/output.ts'
import { makeBatch, type RecordSpec } from '../../event/make-batch.ts'
import { CloudwatchLogsFake, KEYS } from '../../support/fakes/cloudwatch-logs.ts'
import { tempFolder } from '../../support/temp.ts'
import { never, optionsOf, outcomes, outputContext, type TestContext } from '../output-context.ts'

const now = Math.floor(Date.now() / 1000)
const POD = JSON.stringify({ pod_name: 'web-1', labels: { app: 'w"eb', tier: 'front'.repeat(20) } })
const specs: readonly RecordSpec[] = [1, 2, 3].map((n) => ({ body: { n }, constant: POD, seconds: now, nanos: 0 }))

let fake: CloudwatchLogsFake
let context: TestContext
let output: Output

async function make(set: { readonly [name: string]: unknown } = {}): Promise<void> {
  context = outputContext()
  output = await cloudwatchLogs.create(optionsOf(cloudwatchLogs, {
    region: 'eu-central-1', endpoint: `http://127.0.0.1:${port}`, log_group_name: 'g', log_stream_prefix: 's-', ...set
  }), context)
}

let port = 0
beforeEach(async () => {
  process.env['AWS_ACCESS_KEY_ID'] = KEYS.accessKeyId
  process.env['AWS_SECRET_ACCESS_KEY'] = KEYS.secretAccessKey
  process.env['AWS_CONFIG_FILE'] = process.env['AWS_SHARED_CREDENTIALS_FILE'] = `${tempFolder('aws')}/none`
  fake = new CloudwatchLogsFake()
  fake.group('g', ['s-app', 's-b'])
  port = await fake.listen()
})

afterEach(async () => {
  await output.close?.()
  await fake.close()
})

const write = async (records = specs): Promise<Verdict> => await output.write(makeBatch(records), never)
const encodings = (): unknown[] => fake.asks('PutLogEvents').map(({ headers }) => headers['content-encoding'])
const bodies = makeBatch(specs)
const texts = [0, 1, 2].map((i) => bodies.bodyText(i))
/** An endpoint that takes no gzip, and says so in this way. */
function refuseGzip(name: string, status: number): void {
  fake.fault = ({ action, headers }) => (action === 'PutLogEvents' && headers['content-encoding'] === 'gzip' ? { kind: 'error', name, status } : undefined)
}

test('what records repeat is sent once, as gzip', async () => {
  await make()
  expect((await write()).kind).toBe('delivered')
  expect((await write()).kind).toBe('delivered')
  expect(fake.messages('g', 's-app')).toEqual([...texts, ...texts])
  expect(encodings()).toEqual(['gzip', 'gzip'])
})

test('records that repeat nothing are sent as they are, and all are when asked', async () => {
  await make()
  expect((await write([{ body: { n: 1 }, seconds: now }])).kind).toBe('delivered')
  await make({ compress: 'none' })
  expect((await write()).kind).toBe('delivered')
  expect(encodings()).toEqual([undefined, undefined])
})

test('an endpoint that does not understand gzip gets the same events as they are, and no gzip again', async () => {
  await make()
  refuseGzip('SerializationException', 400)
  expect((await write()).kind).toBe('delivered')
  expect((await write()).kind).toBe('delivered')
  expect(fake.messages('g', 's-app')).toEqual([...texts, ...texts])
  expect(encodings()).toEqual(['gzip', undefined, undefined])
  expect(context.logged).toEqual([expect.stringContaining('does not read gzip')])
})

test('one that fails over gzip gets the events as they are at the next try', async () => {
  await make()
  refuseGzip('InternalFailure', 500)
  expect(outcomes(await write())).toEqual([UNSURE, UNSURE, UNSURE])
  expect((await write()).kind).toBe('delivered')
  expect(fake.messages('g', 's-app')).toEqual(texts)
  expect(encodings()).toEqual(['gzip', undefined])
})

test('an endpoint that has read gzip is believed when it refuses events', async () => {
  await make()
  expect((await write()).kind).toBe('delivered')
  fake.fault = ({ action, input }) => (action === 'PutLogEvents' && JSON.stringify(input).includes('bad') ? { kind: 'error', name: 'InvalidParameterException', status: 400 } : undefined)
  const verdict = await write([specs[0]!, { ...specs[1]!, body: { bad: 1 } }, specs[2]!])
  expect(outcomes(verdict)).toEqual([DELIVERED, REFUSED, DELIVERED])
  expect(new Set(encodings())).toEqual(new Set(['gzip']))
})

test('streams go beside each other, and each in its order over several requests', async () => {
  await make()
  const many = Array.from({ length: 40 }, (_, n) => ({ body: { n, m: 'x'.repeat(60_000) }, tag: n % 2 === 0 ? 'app' : 'b', seconds: now, nanos: 0 }))
  expect((await write(many)).kind).toBe('delivered')
  const sent = (stream: string): number[] => fake.messages('g', stream).map((text) => (JSON.parse(text) as { n: number }).n)
  expect(sent('s-app')).toEqual(Array.from({ length: 20 }, (_, i) => i * 2))
  expect(sent('s-b')).toEqual(Array.from({ length: 20 }, (_, i) => i * 2 + 1))
  expect(fake.asks('PutLogEvents').length).toBe(4)
})
