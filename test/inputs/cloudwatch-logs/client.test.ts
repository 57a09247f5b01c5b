import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { defaultOf } from '../../../src/config/values.ts'
import { EventReader } from '../../../src/inputs/cloudwatch-logs/client.ts'
import { options, type Options } from '../../../src/inputs/cloudwatch-logs/options.ts'
import type { LogEvent } from '../../../src/inputs/cloudwatch-logs/slice.ts'
import { CloudwatchLogsFake, KEYS } from '../../support/fakes/cloudwatch-logs.ts'

const GROUP = '/aws/eks/prod/cluster'
const NOW = 1_795_534_312_000
const NAMES = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'] as const

let fake: CloudwatchLogsFake
let port: number
const readers: EventReader[] = []
const before = { ...process.env }

beforeEach(async () => {
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: KEYS.accessKeyId, AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey })
  fake = new CloudwatchLogsFake()
  fake.group(GROUP)
  port = await fake.listen()
})
afterEach(async () => {
  for (const reader of readers.splice(0)) reader.close()
  await fake.close()
  for (const name of NAMES) delete process.env[name]
  Object.assign(process.env, before)
})

function make(given: Partial<Options> = {}): EventReader {
  const defaults = Object.fromEntries(Object.entries(options).map(([name, field]) => [name, defaultOf(field)]))
  // defaults by name: the shape is that of the declaration
  const reader = new EventReader({ ...defaults, log_group_name: GROUP, region: 'eu-central-1', endpoint: `http://127.0.0.1:${port}`, ...given } as Options)
  readers.push(reader)
  return reader
}
const { signal } = new AbortController()
const question = { from: NOW - 1000, until: NOW + 1000, prefix: undefined, token: undefined }

describe('a page', () => {
  it('has the events of the time asked for, as they are, and those of the next page behind its token', async () => {
    for (const [stream, at, text] of [['a', -1001, 'early'], ['a', -1000, 'ä "1"\n'], ['b', 0, '2'], ['a', 999, '3'], ['a', 2000, 'late']] as const) fake.store(GROUP, stream, NOW + at, text)
    fake.page = { events: 2, bytes: 1_000_000 }
    const reader = make()
    const events: LogEvent[] = []
    let token: string | undefined
    let pages = 0
    do {
      const page = await reader.ask({ ...question, token }, signal)
      expect(page.events.length).toBeLessThanOrEqual(2)
      events.push(...page.events)
      token = page.token
      pages++
    } while (token !== undefined)
    expect(pages).toBeGreaterThan(1)
    expect(events.map(({ stream, timestamp, message }) => [stream, timestamp - NOW, message]).sort((a, b) => Number(a[1]) - Number(b[1])))
      .toEqual([['a', -1000, 'ä "1"\n'], ['b', 0, '2'], ['a', 999, '3']])
    expect(new Set(events.map(({ eventId }) => eventId)).size).toBe(3)
    for (const { ingestionTime } of events) expect(ingestionTime).toBeGreaterThan(0)
  })

  it('has only streams with the prefix asked for', async () => {
    for (const stream of ['kube-apiserver-0', 'kube-scheduler-0']) fake.store(GROUP, stream, NOW, stream)
    const { events } = await make().ask({ ...question, prefix: 'kube-s' }, signal)
    expect(events.map(({ stream }) => stream)).toEqual(['kube-scheduler-0'])
  })

  it('may begin before time did, which the service would refuse', async () => {
    fake.store(GROUP, 'a', 5, 'first')
    const { events } = await make().ask({ ...question, from: -300_000 }, signal)
    expect(events.map(({ message }) => message)).toEqual(['first'])
  })
})

describe('what fails', () => {
  it('is told by the name of the service\'s error, asked once', async () => {
    await expect(make({ log_group_name: 'none' }).ask(question, signal)).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
    fake.fault = () => ({ kind: 'error', name: 'ThrottlingException' })
    const asked = fake.asked.length
    await expect(make().ask(question, signal)).rejects.toMatchObject({ name: 'ThrottlingException' })
    expect(fake.asked.length - asked).toBe(1)
  })

  it.each(['reset', 'torn', 'page'] as const)('is no page without events: %s', async (kind) => {
    fake.store(GROUP, 'a', NOW, 'x')
    fake.fault = () => ({ kind })
    const reader = make()
    await expect(reader.ask(question, signal)).rejects.toThrow()
    fake.fault = undefined
    expect((await reader.ask(question, signal)).events.length).toBe(1)
  })

  it('ends at once when nobody waits for it any more', async () => {
    fake.fault = () => ({ kind: 'hang' })
    const controller = new AbortController()
    const answer = make().ask(question, controller.signal)
    setTimeout(() => { controller.abort() }, 50)
    await expect(answer).rejects.toMatchObject({ name: 'AbortError' })
  })

  it('for its credentials goes on with new ones once there are', async () => {
    fake.store(GROUP, 'a', NOW, 'x')
    process.env['AWS_SECRET_ACCESS_KEY'] = 'another'
    const reader = make()
    await expect(reader.ask(question, signal)).rejects.toThrow()
    process.env['AWS_SECRET_ACCESS_KEY'] = KEYS.secretAccessKey
    expect((await reader.ask(question, signal)).events.length).toBe(1)
  })
})
