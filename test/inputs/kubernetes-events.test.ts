import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Field, OptionsOf } from '../../src/config/fields.ts'
import { defaultOf } from '../../src/config/values.ts'
import kubernetesEvents from '../../src/inputs/kubernetes-events.ts'
import { options } from '../../src/inputs/kubernetes-events/options.ts'
import type { Input } from '../../src/plugin/input.ts'
import { FakeKubernetes, events, json, status, type Answer } from '../support/fake-kubernetes.ts'
import { tempFolder } from '../support/temp.ts'
import { eventually, sleep } from '../support/wait.ts'
import { RecordingIngest, makeContext } from './recording-ingest.ts'

type Options = OptionsOf<typeof options>

/** The lists and watches of events that are answered, in order; then empty ones. */
const lists: Answer[] = []
const watches: Answer[] = []
/** The Lease as it is stored. */
let lease: { metadata: Record<string, unknown>, spec: Record<string, unknown> } | undefined
let version = 1
let fake: FakeKubernetes
let folder = ''
const inputs: Input[] = []

const event = (v: number, more: object = {}): object => ({
  metadata: { name: `e${v}`, uid: `u${v}`, resourceVersion: String(v) }, lastTimestamp: new Date().toISOString(), reason: `r${v}`, ...more
})
const list = (...items: object[]): Answer => json({ metadata: { resourceVersion: '100' }, items })

const answer: Answer = (request, response) => {
  if (request.path.endsWith('/events')) {
    (request.query.get('watch') === '1' ? watches.shift() ?? events([]) : lists.shift() ?? list())(request, response)
    return
  }
  if (request.method !== 'GET') {
    lease = JSON.parse(request.body) as typeof lease
    lease!.metadata = { ...lease!.metadata, uid: 'lease-uid', resourceVersion: String(++version) }
  }
  if (lease === undefined) status(404, 'NotFound', 'no')(request, response)
  else json(lease)(request, response)
}

beforeEach(async () => {
  lists.length = watches.length = 0
  lease = undefined
  fake = await FakeKubernetes.start(answer)
  folder = tempFolder('events')
  writeFileSync(path.join(folder, 'token'), 'x')
})
afterEach(async () => {
  for (const input of inputs.splice(0)) await input.stop(performance.now())
  await fake.stop()
})

async function start (ingest: RecordingIngest, more: Partial<Options> = {}): Promise<{ input: Input, messages: string[] }> {
  const defaults = Object.fromEntries(Object.entries<Field>(options).map(([name, field]) => [name, defaultOf(field)])) as Options
  const context = makeContext(ingest, { tag: 'events' })
  const values = { ...defaults, kube_url: fake.url, kube_token_file: path.join(folder, 'token'), lease_namespace: 'logging', lease_duration: 900, ...more }
  const input = await kubernetesEvents.create(values, context)
  inputs.push(input)
  await input.start()
  return { input, messages: context.report.messages }
}

async function end (input: Input): Promise<void> {
  inputs.splice(inputs.indexOf(input), 1)
  await input.stop(performance.now())
}

const reasons = (ingest: RecordingIngest): unknown[] => ingest.values('reason')
const has = (ingest: RecordingIngest, ...expected: string[]): Promise<unknown> => eventually(
  () => `${expected.join()} in ${reasons(ingest).join()}`, () => reasons(ingest).join() === expected.join()
)

describe('events', () => {
  it('are listed in the order in which they happened, then told by a watch, each change of one too', async () => {
    lists.push(list(event(9), event(3)))
    watches.push(events([['ADDED', event(101)], ['MODIFIED', event(102, { count: 2 })], ['DELETED', event(103)], ['BOOKMARK', event(104)]]))
    const ingest = new RecordingIngest()
    await start(ingest)
    await has(ingest, 'r3', 'r9', 'r101', 'r102')
    expect(ingest.records.map(({ ranges }) => ranges)).toEqual([[[3, 4]], [[9, 10]], [[101, 102]], [[102, 103]]])
    expect(ingest.records[0]).toMatchObject({ tag: 'events', members: { metadata: { uid: 'u3' } } })
  })

  it('that are old are left out at the first start only', async () => {
    const old = { lastTimestamp: '2020-01-01T00:00:00Z' }
    lists.push(list(event(3, old), event(4)))
    watches.push(events([['ADDED', event(101, old)]]))
    const ingest = new RecordingIngest()
    await start(ingest, { leader_election: false })
    await has(ingest, 'r4', 'r101')
  })

  it('are read all anew when the version has expired, and none is sent again', async () => {
    lists.push(list(event(3)), list(event(3), event(5), event(110)))
    watches.push(events([['ADDED', event(105)], ['ERROR', { code: 410, message: 'too old' }]]))
    const ingest = new RecordingIngest()
    await start(ingest, { leader_election: false })
    await has(ingest, 'r3', 'r105', 'r110')
  })

  it('wait while the buffer is full, and are read from there on', async () => {
    lists.push(list(event(3), event(4)), list(event(3), event(4), event(5)))
    const ingest = new RecordingIngest()
    ingest.room = false
    await start(ingest, { leader_election: false })
    await eventually('the list', () => fake.requests.some((request) => request.path === '/api/v1/events'))
    await sleep(100)
    expect(reasons(ingest)).toEqual([])
    ingest.makeRoom()
    await has(ingest, 'r3', 'r4', 'r5')
  })

  it('of one namespace are asked for by pages of the size that is set', async () => {
    const ingest = new RecordingIngest()
    await start(ingest, { leader_election: false, kube_namespace: 'shop', kube_request_limit: 7 })
    await eventually('the watch', () => fake.requests.length === 2)
    expect(fake.requests.map(({ path: asked, query }) => [asked, query.get('limit')])).toEqual([
      ['/api/v1/namespaces/shop/events', '7'], ['/api/v1/namespaces/shop/events', null]
    ])
  })

  it('go on after a restart where the buffer is', async () => {
    const ingest = new RecordingIngest()
    lists.push(list(event(3)), list(event(3), event(4, { lastTimestamp: '2020-01-01T00:00:00Z' })))
    const { input } = await start(ingest, { leader_election: false })
    await has(ingest, 'r3')
    await end(input)
    await start(ingest, { leader_election: false })
    await has(ingest, 'r3', 'r4')
    expect(ingest.records[1]!.uid).toBe(ingest.records[0]!.uid)
    expect(ingest.overlaps).toEqual([])
  })
})

describe('the Lease', () => {
  it('lets one agent read, and tells the next where it was; an event has one identity whoever sends it', async () => {
    const [one, other] = [new RecordingIngest(), new RecordingIngest()]
    lists.push(list(event(3), event(4)))
    const { input } = await start(one)
    await has(one, 'r3', 'r4')
    const before = process.env['POD_NAME']
    process.env['POD_NAME'] = 'another'
    await start(other)
    process.env['POD_NAME'] = before ?? ''
    if (before === undefined) delete process.env['POD_NAME']
    await sleep(300)
    expect(reasons(other)).toEqual([])
    lists.push(list(event(3), event(4), event(8)))
    await end(input)
    await has(other, 'r8')
    expect(other.records[0]!.uid).toBe(one.records[0]!.uid)
  })

  it('that is lost ends the reading, and had again goes on', async () => {
    const ingest = new RecordingIngest()
    lists.push(list(event(3)))
    const { messages } = await start(ingest)
    await has(ingest, 'r3')
    fake.answer = status(500, 'x', 'x')
    await eventually('it is lost', () => messages.join().includes('is lost'))
    lists.push(list(event(3), event(6)))
    fake.answer = answer
    await has(ingest, 'r3', 'r6')
  })

  it('that may not be asked for is said with what to do', async () => {
    fake.answer = status(403, 'Forbidden', 'cannot get leases')
    const { messages } = await start(new RecordingIngest())
    await eventually('the message', () => messages.join().includes('cannot get leases'))
    expect(messages.join()).toContain('leader_election off')
  })
})
