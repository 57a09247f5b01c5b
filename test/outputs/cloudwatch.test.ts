import { afterEach, beforeEach, expect, test } from 'vitest'
import { cloudwatch } from '../../src/outputs/cloudwatch.ts'
import type { Output } from '../../src/plugin/output.ts'
import { makeBatch } from '../event/make-batch.ts'
import { CloudwatchLogsFake, KEYS } from '../support/fakes/cloudwatch-logs.ts'
import { never, optionsOf, outputContext } from './output-context.ts'
import { TestServer, answer } from './test-server.ts'

let fake: CloudwatchLogsFake
let port = 0
let credentials: TestServer
const made: Output[] = []

beforeEach(async () => {
  fake = new CloudwatchLogsFake()
  port = await fake.listen()
  credentials = new TestServer(answer(200, { AccessKeyId: KEYS.accessKeyId, SecretAccessKey: KEYS.secretAccessKey }))
})
afterEach(async () => {
  for (const output of made.splice(0)) await output.close?.()
  await fake.close()
  await credentials.close()
})

async function make(set: { readonly [name: string]: unknown }): Promise<Output> {
  const output = await cloudwatch.create(optionsOf(cloudwatch, {
    region: 'us-east-1', endpoint: `127.0.0.1:${port}`.replace(/^/, 'http://'), credentials_endpoint: `http://127.0.0.1:${await credentials.listen()}`, ...set
  }), outputContext())
  made.push(output)
  return output
}

test('names with variables as the Go plugin writes them, its defaults where a record lacks one, its tags and credentials', async () => {
  const output = await make({
    log_group_name: "/eks/$(kubernetes['ns'])-x", log_stream_name: 'a.$(tag)b-$(tag[1])-$(pod)', auto_create_group: true, new_log_group_tags: ['k=v']
  })
  const seconds = Math.floor(Date.now() / 1000)
  const batch = makeBatch([{ body: { kubernetes: { ns: 'n' }, pod: 'p' }, tag: 'kube.app', seconds }, { body: { pod: 'p' }, tag: 'kube.app', seconds }, { body: {}, seconds }])
  expect((await output.write(batch, never)).kind).toBe('delivered')
  expect([...fake.groups].map(([name, { streams, made: how }]) => [name, [...streams.keys()].sort(), how['tags']]).sort()).toEqual([
    ['/eks/n-x', ['a.kube.appb-app-p'], { k: 'v' }], ['fluentbit-default', ['/fluentbit-default', 'a.kube.appb-app-p'], { k: 'v' }]
  ])
})

test('a uuid is the same for the life of the output', async () => {
  fake.group('g')
  const output = await make({ log_group_name: 'g', log_stream_name: '$(uuid)' })
  for (let n = 0; n < 2; n++) await output.write(makeBatch([{ body: { n }, seconds: Math.floor(Date.now() / 1000) }]), never)
  expect([...fake.groups.get('g')!.streams].map(([name, events]) => [/^[0-9a-f]{32}$/.test(name), events.length])).toEqual([[true, 2]])
})

test('streams are not made when that is off', async () => {
  fake.group('g')
  const output = await make({ log_group_name: 'g', log_stream_prefix: 'p', auto_create_stream: false })
  expect(await output.write(makeBatch([{ body: {} }]), never)).toMatchObject({ kind: 'partial', down: true })
})

test.each([['$(a b[)', 'is no variable'], ['$(ecs_task_id)', 'ECS']])('%s is refused', async (log_stream_name, reason) => {
  await expect((async () => { await make({ log_group_name: 'g', log_stream_name }) })()).rejects.toThrow(reason)
})
