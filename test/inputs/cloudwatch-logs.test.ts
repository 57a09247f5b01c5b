import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { defaultOf } from '../../src/config/values.ts'
import cloudwatchLogs from '../../src/inputs/cloudwatch-logs.ts'
import type { Input } from '../../src/plugin/input.ts'
import { CloudwatchLogsFake, KEYS } from '../support/fakes/cloudwatch-logs.ts'
import { FakeKubernetes, json, status, type Answer } from '../support/fake-kubernetes.ts'
import { tempFolder } from '../support/temp.ts'
import { eventually, sleep } from '../support/wait.ts'
import { RecordingIngest, makeContext } from './recording-ingest.ts'

const GROUP = '/aws/eks/prod/cluster'
const AUDIT = 'kube-apiserver-audit-0'

let fake: CloudwatchLogsFake
let port: number
const inputs: Input[] = []
const before = { ...process.env }

beforeEach(async () => {
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: KEYS.accessKeyId, AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey })
  fake = new CloudwatchLogsFake()
  fake.group(GROUP)
  port = await fake.listen()
})
afterEach(async () => {
  for (const input of inputs.splice(0)) await input.stop(performance.now())
  await fake.close()
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) delete process.env[name]
  Object.assign(process.env, before)
})

async function start(ingest: RecordingIngest, given: { readonly [name: string]: unknown } = {}, tag = 'eks.*'): Promise<Input> {
  const values = Object.fromEntries(Object.entries(cloudwatchLogs.options).map(([name, field]) => [name, defaultOf(field)]))
  const context = makeContext(ingest, { tag })
  const input = await cloudwatchLogs.create({
    ...values, region: 'eu-central-1', log_group_name: GROUP, endpoint: `http://127.0.0.1:${port}`, interval: 20, settle: 20, since: 3_600_000, ...given
  } as Parameters<typeof cloudwatchLogs.create>[0], context)
  inputs.push(input)
  await input.start()
  return input
}

async function end(input: Input): Promise<void> {
  inputs.splice(inputs.indexOf(input), 1)
  await input.stop(performance.now())
}

const has = (ingest: RecordingIngest, count: number): Promise<boolean> => eventually(
  () => `${count} records, not ${ingest.records.length}`, () => ingest.records.length >= count)

/** A Lease as the API server keeps it. */
let lease: { metadata: Record<string, unknown>, spec: Record<string, unknown> } | undefined
let versions = 0

const leaseAnswer: Answer = (request, response) => {
  if (request.method !== 'GET') {
    const wanted = JSON.parse(request.body) as NonNullable<typeof lease>
    if (lease !== undefined && wanted.metadata['resourceVersion'] !== lease.metadata['resourceVersion']) {
      status(409, 'Conflict', 'modified')(request, response)
      return
    }
    lease = { ...wanted, metadata: { ...wanted.metadata, uid: 'u', resourceVersion: String(++versions) } }
  }
  if (lease === undefined) status(404, 'NotFound', 'no')(request, response)
  else json(lease)(request, response)
}

describe('input cloudwatch_logs with leader_election', () => {
  let kubernetes: FakeKubernetes
  let folder = ''
  beforeEach(async () => {
    lease = undefined
    kubernetes = await FakeKubernetes.start(leaseAnswer)
    folder = tempFolder('lease')
    writeFileSync(path.join(folder, 'token'), 'x')
  })
  afterEach(async () => {
    for (const input of inputs.splice(0)) await input.stop(performance.now())
    await kubernetes.stop()
    delete process.env['POD_NAME']
  })

  async function candidate (pod: string, ingest: RecordingIngest): Promise<Input> {
    process.env['POD_NAME'] = pod
    return await start(ingest, {
      since: 0, leader_election: true, lease_namespace: 'logging', lease_duration: 600, kube_url: kubernetes.url, kube_token_file: path.join(folder, 'token')
    })
  }

  const store = (text: string): void => { fake.store(GROUP, AUDIT, Date.now(), text) }
  const holder = (pod: string): Promise<unknown> => eventually(() => `${pod} holds it, not ${String(lease?.spec['holderIdentity'])}`, () => lease?.spec['holderIdentity'] === pod)

  it('one reads; when it ends the other goes on where that one was, with nothing lost between them and nothing twice', async () => {
    const [one, two] = [new RecordingIngest(), new RecordingIngest()]
    const first = await candidate('one', one)
    await holder('one')
    await candidate('two', two)
    store('a')
    await has(one, 1)
    await end(first)
    store('b')
    await has(two, 1)
    store('c')
    await has(two, 2)
    expect([one.values(), two.values()]).toEqual([['a'], ['b', 'c']])
  })

  it('one that begins when nobody reads any more goes back to where the last one was', async () => {
    const [one, two] = [new RecordingIngest(), new RecordingIngest()]
    const first = await candidate('one', one)
    await holder('one')
    store('a')
    await has(one, 1)
    await end(first)
    store('while nobody read')
    await sleep(50)
    await candidate('two', two)
    await has(two, 1)
    expect(two.values()).toEqual(['while nobody read'])
  })

  it('what the last one had read but not delivered is read again by the next', async () => {
    const [one, two] = [new RecordingIngest(), new RecordingIngest()]
    const first = await candidate('one', one)
    await holder('one')
    store('delivered')
    await has(one, 1)
    await sleep(100)
    one.delivering = false
    store('stuck')
    await has(one, 2)
    await end(first)
    await candidate('two', two)
    await eventually('it is read again', () => two.values().includes('stuck'))
    expect(two.values().filter((value) => value === 'delivered')).toEqual([])
  })
})

describe('input cloudwatch_logs', () => {
  it('makes records of events, with the time of the event and the part of the control plane in the tag', async () => {
    const time = Date.now() - 60_000
    fake.store(GROUP, 'kube-apiserver-0', time + 1, 'api "é"')
    fake.store(GROUP, AUDIT, time, '{"verb":"get"}')
    fake.store(GROUP, 'custom/stream', time + 2, 'x')
    const ingest = new RecordingIngest()
    await start(ingest)
    await has(ingest, 3)
    const records = ingest.records.map(({ tag, members, seconds, nanos }) => [tag, members, seconds * 1000 + nanos / 1e6]).sort()
    expect(records).toEqual([
      ['eks.api', { log: 'api "é"', log_group: GROUP, log_stream: 'kube-apiserver-0' }, time + 1],
      ['eks.audit', { log: '{"verb":"get"}', log_group: GROUP, log_stream: AUDIT }, time],
      ['eks.custom.stream', { log: 'x', log_group: GROUP, log_stream: 'custom/stream' }, time + 2]
    ])
  })

  it('reads only the logs that are asked for', async () => {
    for (const stream of ['kube-apiserver-0', AUDIT, 'authenticator-0', 'kube-scheduler-0']) fake.store(GROUP, stream, Date.now(), stream)
    const ingest = new RecordingIngest()
    await start(ingest, { log_types: ['audit'] })
    await has(ingest, 1)
    const other = new RecordingIngest()
    await start(other, { log_types: ['api', 'scheduler'] })
    await has(other, 2)
    await sleep(100)
    expect([ingest.values(), other.values().sort()]).toEqual([[AUDIT], ['kube-apiserver-0', 'kube-scheduler-0']])
    expect(fake.asks('FilterLogEvents').some(({ input }) => input['logStreamNamePrefix'] === 'kube-apiserver-audit-')).toBe(true)
    await expect((async () => { await start(new RecordingIngest(), { log_types: ['audits'] }) })()).rejects.toMatchObject({ option: 'log_types' })
  })

  it('takes events that arrive late, and each once', async () => {
    const ingest = new RecordingIngest()
    await start(ingest, { lateness: 60_000 })
    for (let n = 0; n < 30; n++) {
      fake.store(GROUP, AUDIT, Date.now() - (n % 3) * 15_000, `n${n}`)
      await sleep(5)
    }
    await has(ingest, 30)
    await sleep(100)
    expect(ingest.values().sort()).toEqual(Array.from({ length: 30 }, (_, n) => `n${n}`).sort())
  })

  it('begins at now when nothing else is said, and goes on where it was', async () => {
    fake.store(GROUP, AUDIT, Date.now(), 'old')
    await sleep(5)
    const ingest = new RecordingIngest()
    const first = await start(ingest, { since: 0 })
    fake.store(GROUP, AUDIT, Date.now(), 'new')
    await has(ingest, 1)
    await end(first)
    fake.store(GROUP, AUDIT, Date.now(), 'while away')
    await start(ingest, { since: 0 })
    await has(ingest, 2)
    expect(ingest.values()).toEqual(['new', 'while away'])
  })

  it('loses nothing and repeats nothing through kills at any commit, with many events of one moment and small pages', async () => {
    fake.page = { events: 37, bytes: 8000 }
    const text = 'x'.repeat(300)
    const time = Date.now() - 120_000
    for (let moment = 0, n = 0; moment < 8; moment++) {
      fake.now = () => time + moment * 1000
      for (let i = 0; i < (moment % 4 === 1 ? 90 : 20); i++) fake.store(GROUP, AUDIT, time + moment * 1000 - (i % 5) * 100, `${n++} ${text}`)
    }
    const all = [...fake.groups.get(GROUP)!.streams.get(AUDIT)!].length
    const ingest = new RecordingIngest()
    // as the engine closes frames that are full
    const emit = ingest.emit.bind(ingest)
    let emitted = 0
    ingest.emit = (...record) => {
      emit(...record)
      if (++emitted % 23 === 0) ingest.commit()
    }
    let commits = 0
    for (let life = 0; life < 200 && ingest.records.length < all; life++) {
      ingest.revive()
      commits = 0
      ingest.onCommit = () => { if (++commits === 1 + life % 3) ingest.kill() }
      const input = await start(ingest)
      await eventually('it dies or is done', () => ingest.dead || ingest.records.length >= all)
      await end(input)
    }
    ingest.onCommit = () => {}
    const numbers = ingest.values().map((value) => Number(String(value).split(' ')[0]))
    expect([numbers.length, new Set(numbers).size, ingest.overlaps]).toEqual([all, all, []])
  })

  it('goes on after failures of the service, and waits while the buffer is full', async () => {
    let n = 0
    fake.fault = () => (++n <= 2 ? { kind: 'error', name: n === 1 ? 'ThrottlingException' : 'ServiceUnavailableException' } : undefined)
    for (let i = 0; i < 5; i++) fake.store(GROUP, AUDIT, Date.now(), `${i}`)
    const ingest = new RecordingIngest()
    ingest.room = false
    await start(ingest)
    await eventually('it asked', () => n > 3)
    expect(ingest.records).toHaveLength(0)
    ingest.makeRoom()
    await has(ingest, 5)
    expect(ingest.values()).toEqual(['0', '1', '2', '3', '4'])
  })
})
