import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { cloudwatchLogs } from '../../src/outputs/cloudwatch-logs.ts'
import { DELIVERED, REFUSED, RETRY, UNSURE, type Output, type Verdict } from '../../src/plugin/output.ts'
import { makeBatch, type RecordSpec } from '../event/make-batch.ts'
import { CloudwatchLogsFake, KEYS, type Fault } from '../support/fakes/cloudwatch-logs.ts'
import { tempFolder } from '../support/temp.ts'
import { never, optionsOf, outcomes, outputContext, type TestContext } from './output-context.ts'

let fake: CloudwatchLogsFake
let port = 0
const made: Output[] = []
let context: TestContext

beforeEach(async () => {
  process.env['AWS_ACCESS_KEY_ID'] = KEYS.accessKeyId
  process.env['AWS_SECRET_ACCESS_KEY'] = KEYS.secretAccessKey
  process.env['AWS_CONFIG_FILE'] = process.env['AWS_SHARED_CREDENTIALS_FILE'] = `${tempFolder('aws')}/none`
  fake = new CloudwatchLogsFake()
  port = await fake.listen()
})

afterEach(async () => {
  for (const output of made.splice(0)) await output.close?.()
  await fake.close()
})

async function make(set: { readonly [name: string]: unknown } = {}, net: { readonly [name: string]: number } = {}): Promise<Output> {
  context = outputContext({ net })
  const options = optionsOf(cloudwatchLogs, {
    region: 'eu-central-1', endpoint: `http://127.0.0.1:${port}`, log_group_name: 'g', ...('log_stream_name' in set ? {} : { log_stream_prefix: 's-' }), ...set
  })
  const output = await cloudwatchLogs.create(options, context)
  made.push(output)
  return output
}

const now = Math.floor(Date.now() / 1000)

function records(...bodies: readonly object[]): RecordSpec[] {
  return bodies.map((body) => ({ body, seconds: now, nanos: 0 }))
}

async function write(output: Output, specs: readonly RecordSpec[]): Promise<Verdict> {
  return await output.write(makeBatch(specs), never)
}

describe('places', () => {
  test('are made when they turn out to be missing, and not asked for otherwise', async () => {
    const output = await make({ auto_create_group: true, log_retention_days: 30, log_group_class: 'INFREQUENT_ACCESS', log_group_tags: ['a=b', 'c=d e'], log_group_kms_key_id: 'k' })
    expect((await write(output, records({ n: 1 }))).kind).toBe('delivered')
    expect((await write(output, records({ n: 2 }))).kind).toBe('delivered')
    expect(fake.messages('g', 's-app')).toEqual(['{"n":1}', '{"n":2}'])
    expect(fake.groups.get('g')).toMatchObject({ retentionInDays: 30, made: { logGroupClass: 'INFREQUENT_ACCESS', kmsKeyId: 'k', tags: { a: 'b', c: 'd e' } } })
    expect(fake.asked.map(({ action }) => action)).toEqual([
      'PutLogEvents', 'CreateLogStream', 'CreateLogGroup', 'PutRetentionPolicy', 'CreateLogStream', 'PutLogEvents', 'PutLogEvents'
    ])
  })

  test('that others make at the same moment are as good, and a conflict passes', async () => {
    const faults: Fault[] = [{ kind: 'error', name: 'OperationAbortedException' }, { kind: 'error', name: 'ResourceAlreadyExistsException' }]
    fake.fault = ({ action }) => {
      if (action !== 'CreateLogGroup') return undefined
      const fault = faults.shift()
      if (faults.length === 0) fake.group('g')
      return fault
    }
    const output = await make({ auto_create_group: true })
    expect((await write(output, records({ n: 1 }))).kind).toBe('delivered')
    expect(fake.messages('g', 's-app')).toEqual(['{"n":1}'])
  })

  test('that vanish are made again, and the same batch is sent again', async () => {
    const output = await make({ auto_create_group: true })
    await write(output, records({ n: 1 }))
    fake.groups.delete('g')
    expect((await write(output, records({ n: 2 }, { n: 3 }))).kind).toBe('delivered')
    expect(fake.messages('g', 's-app')).toEqual(['{"n":2}', '{"n":3}'])
  })

  test('that nobody may make are waited for', async () => {
    const output = await make()
    const verdict = await write(output, records({ n: 1 }))
    expect(verdict).toMatchObject({ kind: 'partial', down: true, reasons: new Map([[0, 'the group g is missing, and auto_create_group is off']]) })
    expect(context.logged.join()).toContain('the group g is missing')
    fake.group('g')
    expect((await write(output, records({ n: 1 }))).kind).toBe('delivered')
  })

  test('retention is given to existing groups when asked, once, and again when it failed', async () => {
    fake.group('g', ['s-app'])
    const output = await make({ log_retention_days: 7, put_retention_policy: true })
    for (let n = 0; n < 3; n++) await write(output, records({ n }))
    await expect.poll(() => fake.groups.get('g')?.retentionInDays).toBe(7)
    expect(fake.asks('PutRetentionPolicy')).toHaveLength(1)
  })

  test('names that the service refuses are mended, and records that lack a value go to the fixed names', async () => {
    const output = await make({ log_group_template: "/g/$kubernetes['ns']", log_stream_template: '$pod', auto_create_group: true })
    await write(output, records({ kubernetes: { ns: 'a b' }, pod: 'x:y*z' }, { kubernetes: { ns: 'a' } }, { pod: 'p' }))
    expect([...fake.groups].map(([group, { streams }]) => [group, ...streams.keys()])).toEqual([['/g/a.b', 'x.y.z'], ['/g/a', 's-app'], ['g', 'p']])
  })

  test('a template over a constant is filled in once per constant', async () => {
    const output = await make({ log_stream_template: "$shared['pod'].$shared['c']", auto_create_group: true })
    const specs = [1, 2, 3, 4].map((n) => ({ body: { n }, constant: JSON.stringify({ pod: `p${n % 2}`, c: 'c' }), seconds: now }))
    expect((await write(output, [...specs, { body: { n: 5 }, seconds: now }])).kind).toBe('delivered')
    expect([...fake.groups.get('g')!.streams].map(([name, events]) => [name, events.length]).sort()).toEqual([['p0.c', 2], ['p1.c', 2], ['s-app', 1]])
  })
})

describe('messages', () => {
  beforeEach(() => { fake.group('g', ['s-app', 's-b']) })

  test('are the records as JSON, whatever is in them', async () => {
    const bodies = [{ text: 'é"\\\n\u0001/ 🙂' }, { nested: { a: [1, 'x\t'] } }, {}]
    const output = await make({ compress: 'gzip' })
    expect((await write(output, [...records(...bodies), { body: '{ "a" : 1,\n\t"b":"\\u00e9" }', seconds: now + 1, constant: '{"pod":"p\\"q"}' }])).kind).toBe('delivered')
    expect(fake.messages('g', 's-app')).toEqual([...bodies.map((body) => JSON.stringify(body)), expect.stringContaining('"shared":{"pod":"p\\"q"}')])
    expect(fake.asks('PutLogEvents')[0]?.headers['content-encoding']).toBe('gzip')
  })

  test('log_key sends one value: text as it is, an empty one as a space; without it a record is a dead letter', async () => {
    const output = await make({ log_key: 'log', log_format: 'json/emf' })
    const verdict = await write(output, records({ log: 'a "b"\n\u{1F642}\u0001' }, { lo: 1 }, { log: '' }, { log: { x: [1] } }, { log: 12 }))
    expect(outcomes(verdict)).toEqual([DELIVERED, REFUSED, DELIVERED, DELIVERED, DELIVERED])
    expect(fake.messages('g', 's-app')).toEqual(['a "b"\n\u{1F642}\u0001', ' ', '{"x":[1]}', '12'])
    expect(fake.asks('PutLogEvents')[0]?.headers['x-amzn-logs-format']).toBe('json/emf')
  })

  test('are in the order of time, and of their records within a millisecond', async () => {
    const output = await make()
    const times = [5, 3, 5, 1, 3, 5]
    const specs = times.map((time, n) => ({ body: { n }, seconds: now - 100 + time, nanos: 1_000_000 }))
    expect((await write(output, specs)).kind).toBe('delivered')
    expect(fake.messages('g', 's-app').map((text) => (JSON.parse(text) as { n: number }).n)).toEqual([3, 1, 4, 0, 2, 5])
  })

  test('name the service of their records, and leave out what only served that', async () => {
    const output = await make({ add_entity: true })
    const kubernetes = { namespace_name: 'ns', host: 'n1', aws_entity_service_name: 'shop', aws_entity_platform: 'eks', aws_entity_cluster: 'prod', pod_name: 'p' }
    expect((await write(output, records({ log: 'x', kubernetes, aws_entity_account_id: '12', aws_entity_ec2_instance_id: 'i-1' }))).kind).toBe('delivered')
    expect(fake.messages('g', 's-app')).toEqual(['{"log":"x","kubernetes":{"namespace_name":"ns","host":"n1","pod_name":"p"}}'])
    expect(fake.asks('PutLogEvents')[0]?.input['entity']).toEqual({
      keyAttributes: { Type: 'Service', Name: 'shop', Environment: 'eks:prod/ns', AwsAccountId: '12' },
      attributes: { PlatformType: 'AWS::EKS', 'EKS.Cluster': 'prod', 'K8s.Namespace': 'ns', 'K8s.Node': 'n1', 'EC2.InstanceId': 'i-1' }
    })
  })
})

describe('limits', () => {
  beforeEach(() => { fake.group('g', ['s-app']) })

  test('a request has at most 10,000 events', async () => {
    const output = await make()
    expect((await write(output, Array.from({ length: 10_001 }, (_, n) => ({ body: { n }, seconds: now })))).kind).toBe('delivered')
    expect(fake.messages('g', 's-app')).toHaveLength(10_001)
  })

  test('a request has at most 1,048,576 bytes of UTF-8 and overhead, however they are spelled', async () => {
    const output = await make()
    const text = 'é"'.repeat(50_000)
    expect((await write(output, Array.from({ length: 20 }, (_, n) => ({ body: { n, text }, seconds: now })))).kind).toBe('delivered')
    expect(fake.messages('g', 's-app')).toHaveLength(20)
    expect(fake.asks('PutLogEvents').length).toBeLessThanOrEqual(5)
  })

  test('a request spans less than 24 hours', async () => {
    const output = await make()
    const specs = [0, 10, 23, 24, 47, 50].map((hours) => ({ body: { hours }, seconds: now - 200_000 + hours * 3600 }))
    expect((await write(output, specs)).kind).toBe('delivered')
    expect(fake.messages('g', 's-app')).toHaveLength(6)
  })

  test('a message that fills an event to the byte passes; a longer one is split between characters, or cut', async () => {
    const fits = { m: 'x'.repeat(1_048_550 - '{"m":""}'.length) }
    const tooLong = { m: 'é'.repeat(600_000) }
    const output = await make()
    expect((await write(output, records(fits))).kind).toBe('delivered')
    expect((await write(output, records({ a: 1 }, tooLong, { b: 2 }))).kind).toBe('delivered')
    const [first, a, ...rest] = fake.messages('g', 's-app')
    expect([first!.length, a, rest.at(-1), rest.length]).toEqual([1_048_550, '{"a":1}', '{"b":2}', 3])
    expect(rest.slice(0, 2).join('')).toBe(JSON.stringify(tooLong))
    const cutting = await make({ long_events: 'cut', log_key: 'm' })
    expect((await write(cutting, records(tooLong))).kind).toBe('delivered')
    expect(fake.messages('g', 's-app').at(-1)).toBe('é'.repeat(524_275))
  })
})

describe('refusals and faults', () => {
  beforeEach(() => { fake.group('g', ['s-app', 's-b']) })

  test('events that are too old, expired or too new are refused with the reason, the others are there', async () => {
    fake.groups.get('g')!.retentionInDays = 3
    const output = await make()
    const verdict = await write(output, [-20 * 86_400, -4 * 86_400, -60, 3 * 3600].map((age) => ({ body: { age }, seconds: now + age })))
    expect(outcomes(verdict)).toEqual([REFUSED, REFUSED, DELIVERED, REFUSED])
    expect([...(verdict.kind === 'partial' ? verdict.reasons.values() : [])]).toEqual([
      'the event is older than the retention of its group', 'the event is older than the retention of its group', 'the event is more than 2 hours in the future'
    ])
    expect(fake.messages('g', 's-app')).toEqual(['{"age":-60}'])
  })

  test('a request refused as a whole is halved until the event at fault is found', async () => {
    fake.fault = ({ input }) => (JSON.stringify(input).includes('poison') ? { kind: 'error', name: 'InvalidParameterException', message: 'something in it' } : undefined)
    const output = await make()
    const verdict = await write(output, records({ n: 0 }, { n: 1 }, { n: 'poison' }, { n: 3 }, { n: 4 }))
    expect(outcomes(verdict)).toEqual([DELIVERED, DELIVERED, REFUSED, DELIVERED, DELIVERED])
    expect(fake.messages('g', 's-app')).toHaveLength(4)
  })

  test.each<[string, Fault, object]>([
    ['throttled', { kind: 'error', name: 'ThrottlingException', message: 'Rate exceeded' }, { down: true, throttled: true }],
    ['unavailable', { kind: 'error', name: 'ServiceUnavailableException', status: 503, headers: { 'retry-after': '3' } }, { down: true, throttled: true, after: 3000 }],
    ['without rights', { kind: 'error', name: 'AccessDeniedException' }, { outcomes: Uint8Array.of(RETRY, RETRY) }],
    ['failing inside', { kind: 'error', name: 'InternalFailure', status: 500 }, { outcomes: Uint8Array.of(UNSURE, UNSURE) }],
    ['reset', { kind: 'reset' }, { outcomes: Uint8Array.of(UNSURE, UNSURE) }],
    ['torn', { kind: 'torn' }, { outcomes: Uint8Array.of(UNSURE, UNSURE) }],
    ['a page of a proxy', { kind: 'page' }, { outcomes: Uint8Array.of(UNSURE, UNSURE) }],
    ['silent', { kind: 'hang' }, { outcomes: Uint8Array.of(UNSURE, UNSURE) }]
  ])('%s: nothing is refused, and it is tried again', async (_, fault, expected) => {
    fake.fault = () => fault
    const output = await make({}, { io_timeout: 300 })
    expect(await write(output, records({ n: 1 }, { n: 2 }))).toMatchObject({ kind: 'partial', down: true, ...expected })
    fake.fault = undefined
    expect((await write(output, records({ n: 1 }, { n: 2 }))).kind).toBe('delivered')
  })

  test('nobody there: nothing was sent', async () => {
    await fake.close()
    const output = await make()
    expect(await write(output, records({ n: 1 }))).toMatchObject({ down: true, outcomes: Uint8Array.of(RETRY) })
    fake = new CloudwatchLogsFake()
  })

  test('one stream throttled when it is made does not hold up the others', async () => {
    fake.fault = ({ action }) => (action === 'CreateLogStream' ? { kind: 'error', name: 'ThrottlingException' } : undefined)
    const output = await make()
    const verdict = await write(output, [{ body: { n: 1 }, tag: 'new', seconds: now }, { body: { n: 2 }, tag: 'app', seconds: now }])
    expect(outcomes(verdict)).toEqual([RETRY, DELIVERED])
    expect(verdict).toMatchObject({ throttled: true })
  })

  test('credentials that have ended are fetched anew', async () => {
    const output = await make()
    expect((await write(output, records({ n: 1 }))).kind).toBe('delivered')
    fake.secrets.clear()
    fake.secrets.set('AKIDNEW', 'new')
    fake.fault = ({ headers }) => (headers.authorization!.includes(KEYS.accessKeyId) ? { kind: 'error', name: 'ExpiredTokenException' } : undefined)
    expect((await write(output, records({ n: 2 }))).kind).toBe('partial')
    process.env['AWS_ACCESS_KEY_ID'] = 'AKIDNEW'
    process.env['AWS_SECRET_ACCESS_KEY'] = 'new'
    expect((await write(output, records({ n: 2 }))).kind).toBe('delivered')
  })
})
