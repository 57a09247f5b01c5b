/** The output cloudwatch_logs against moto, an implementation that is not ours, and end to end against the strict stand-in. */
import {
  CloudWatchLogsClient, DescribeLogGroupsCommand, FilterLogEventsCommand
} from '@aws-sdk/client-cloudwatch-logs'
import { appendFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cloudwatchLogs } from '../../src/outputs/cloudwatch-logs.ts'
import { DELIVERED, REFUSED, type Output } from '../../src/plugin/output.ts'
import { makeBatch } from '../event/make-batch.ts'
import { never, optionsOf, outcomes, outputContext, type TestContext } from '../outputs/output-context.ts'
import { Agent } from '../support/agent.ts'
import { CloudwatchLogsFake, KEYS } from '../support/fakes/cloudwatch-logs.ts'
import { imbalances } from '../support/ledger.ts'
import { moto, startMoto, type MotoServer } from '../support/servers/moto.ts'
import { describeWith } from '../support/servers/server.ts'
import { eventually } from '../support/wait.ts'

const env = { AWS_ACCESS_KEY_ID: KEYS.accessKeyId, AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey, AWS_REGION: 'eu-central-1' }

await describeWith([moto], 'the output for moto', () => {
  let server: MotoServer
  let client: CloudWatchLogsClient
  const made: Output[] = []
  const contexts: TestContext[] = []
  const now = Math.floor(Date.now() / 1000)
  beforeAll(async () => {
    Object.assign(process.env, env)
    server = await startMoto()
    client = new CloudWatchLogsClient({ endpoint: server.url, region: 'eu-central-1' })
  }, 180_000)
  afterAll(async () => {
    for (const output of made) await output.close?.()
    client.destroy()
    await server.stop()
  })

  async function make(set: { readonly [name: string]: unknown }): Promise<Output> {
    const options = optionsOf(cloudwatchLogs, { endpoint: server.url, auto_create_group: true, log_stream_prefix: 's-', ...set })
    const context = outputContext()
    contexts.push(context)
    const output = await cloudwatchLogs.create(options, context)
    made.push(output)
    return output
  }

  async function messages(group: string): Promise<string[]> {
    const { events = [] } = await client.send(new FilterLogEventsCommand({ logGroupName: group }))
    return events.map(({ message = '' }) => message)
  }

  it('makes group and stream with retention, and stores messages as they are', async () => {
    const output = await make({ log_group_name: '/a/b', log_retention_days: 14, compress: 'gzip' })
    const bodies = [{ text: 'é"\\\n🙂' }, { nested: { a: [1] } }]
    expect(await output.write(makeBatch(bodies.map((body) => ({ body, seconds: now, constant: '{"pod":"p"}' }))), never)).toEqual({ kind: 'delivered' })
    expect(await messages('/a/b')).toEqual(bodies.map((body) => JSON.stringify({ ...body, shared: { pod: 'p' } })))
    const { logGroups } = await client.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: '/a' }))
    expect(logGroups).toMatchObject([{ logGroupName: '/a/b', retentionInDays: 14 }])
  })

  it('gzip that refers to what records repeat says the same to a reader that is not ours', async () => {
    const output = await make({ log_group_name: 'repeats' })
    const pods = ['web-1', 'db"0'].map((pod) => JSON.stringify({ pod, labels: { app: 'é'.repeat(200) } }))
    const batch = makeBatch(Array.from({ length: 200 }, (_, n) => ({ body: { n, text: 'x'.repeat((n % 7) * 10) }, seconds: now, nanos: n * 1_000_000, constant: pods[n % 3 === 0 ? 1 : 0]! })))
    expect(await output.write(batch, never)).toEqual({ kind: 'delivered' })
    expect(await messages('repeats')).toEqual(Array.from({ length: 200 }, (_, i) => batch.bodyText(i)))
    // it was not sent again as it is
    expect(contexts.at(-1)?.logged).toEqual([])
  })

  it('tells the events that are too old or too new from the others', async () => {
    const output = await make({ log_group_name: 'times' })
    const verdict = await output.write(makeBatch([-16, -15, 0, 1].map((days) => ({ body: { days }, seconds: now + days * 86_400 }))), never)
    expect(outcomes(verdict)).toEqual([REFUSED, REFUSED, DELIVERED, REFUSED])
    expect(await messages('times')).toEqual(['{"days":0}'])
  })

  it('assumes a role', async () => {
    const output = await make({ log_group_name: 'role', role_arn: 'arn:aws:iam::123456789012:role/logs', external_id: 'x', sts_endpoint: server.url })
    expect(await output.write(makeBatch([{ body: { a: 1 }, seconds: now }]), never)).toEqual({ kind: 'delivered' })
  })
})

describe('the agent and a CloudWatch Logs that misbehaves', () => {
  it('delivers every line in order through faults and kills; the ledger balances', async () => {
    const fake = new CloudwatchLogsFake()
    const port = await fake.listen()
    const agent = await Agent.create({
      storage: 'filesystem',
      env,
      service: 'scheduler.base: 0.1\nscheduler.cap: 0.3',
      pipeline: `
inputs:
  - name: tail
    path: '{dir}/logs/*.log'
    tag: app.*
    read_from_head: on
outputs:
  - name: cloudwatch_logs
    match: 'app.*'
    log_group_name: app
    log_stream_prefix: n-
    auto_create_group: on
    endpoint: http://127.0.0.1:${port}
    net.io_timeout: 1s
`
    })
    const kinds = ['error', 'hang', 'reset', 'torn', 'page', 'lost'] as const
    const names = ['ThrottlingException', 'InternalFailure', 'ServiceUnavailableException', 'ExpiredTokenException']
    fake.fault = (_, n) => {
      if (n % 3 !== 0) return undefined
      const kind = kinds[n / 3 % kinds.length]!
      const name = names[n % names.length]!
      return kind === 'error' ? { kind, name, status: name === 'InternalFailure' ? 500 : 400 } : { kind }
    }
    await agent.start()
    const streamOf = (file: string): string => [...fake.groups.get('app')?.streams.keys() ?? []].find((name) => name.endsWith(`${file}.log`)) ?? ''
    const numbers = (file: string): number[] => fake.messages('app', streamOf(file)).map((text) => Number((JSON.parse(text) as { log: string }).log.split(' ')[1]))
    const files = ['a', 'b']
    const lines = 400
    for (let n = 0; n < lines; n++) {
      for (const file of files) appendFileSync(path.join(agent.logs, `${file}.log`), `${file} ${n}\n`)
      if (n === 150 || n === 300) {
        if (n === 150) await eventually('something arrived', () => numbers('a').length > 0)
        await agent.kill()
        await agent.start()
      }
      if (n % 40 === 0) await new Promise((resolve) => { setTimeout(resolve, 50) })
    }
    const told = (): string => files.map((file) => `${file}: ${new Set(numbers(file)).size} of ${lines}, last ${numbers(file).at(-1)}`).join('; ')
    await eventually(told, () => files.every((file) => new Set(numbers(file)).size === lines), { timeout: 60_000 })
    fake.fault = undefined
    await eventually('nothing waits', async () => (await agent.ledger()).outputs['cloudwatch_logs.0']?.['waiting'] === 0, { timeout: 30_000 })
    expect(imbalances(await agent.ledger())).toEqual([])
    await agent.stop()
    for (const file of files) {
      expect([...new Set(numbers(file))]).toEqual(Array.from({ length: lines }, (_, i) => i))
    }
    await fake.close()
  })
})
