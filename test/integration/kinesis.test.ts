/** The outputs kinesis_streams and kinesis_firehose against moto, an implementation that is not ours, and in an agent. */
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Agent } from '../support/agent.ts'
import { KEYS } from '../support/fakes/kinesis.ts'
import { imbalances } from '../support/ledger.ts'
import { moto, startMoto, type MotoServer } from '../support/servers/moto.ts'
import { describeWith } from '../support/servers/server.ts'
import { eventually } from '../support/wait.ts'

const REGION = 'eu-central-1'
const LINES = 2000

await describeWith([moto], 'the outputs for Kinesis and moto', () => {
  let server: MotoServer
  beforeAll(async () => { server = await startMoto() }, 180_000)
  afterAll(async () => { await server.stop() })

  const authorization = (service: string): string => `AWS4-HMAC-SHA256 Credential=${KEYS.accessKeyId}/20261124/${REGION}/${service}/aws4_request, SignedHeaders=host, Signature=0`

  async function call(service: 'kinesis' | 'firehose', target: string, body: object): Promise<{ readonly [name: string]: unknown }> {
    const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target, authorization: authorization(service) }
    const response = await fetch(server.url, { method: 'POST', headers, body: JSON.stringify(body) })
    const text = await response.text()
    expect(response.status, text).toBe(200)
    return (text === '' ? {} : JSON.parse(text)) as { [name: string]: unknown }
  }

  /** Runs an agent that sends `LINES` numbered lines, until its ledger says that they are delivered. */
  async function deliver(output: string): Promise<void> {
    const agent = await Agent.create({
      env: { AWS_ACCESS_KEY_ID: KEYS.accessKeyId, AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey, AWS_REGION: REGION },
      pipeline: `
inputs:
  - name: tail
    path: '{dir}/logs/a.log'
    tag: app
    read_from_head: on
outputs:
  - match: '*'
    endpoint: ${server.url}
    ${output}
`
    })
    writeFileSync(path.join(agent.logs, 'a.log'), Array.from({ length: LINES }, (_, n) => `${n} é\n`).join(''))
    await agent.start()
    await eventually('all is delivered', async () => Object.values((await agent.ledger()).outputs)[0]?.['delivered'] === LINES, { timeout: 60_000 })
    expect(imbalances(await agent.ledger())).toEqual([])
    await agent.stop()
  }

  const check = (lines: readonly string[]): void => {
    const numbers = lines.map((line) => Number((JSON.parse(line) as { log: string }).log.split(' ')[0])).sort((a, b) => a - b)
    expect(numbers).toEqual(Array.from({ length: LINES }, (_, n) => n))
  }

  it('records are in the shards of the stream, spread over them', async () => {
    await call('kinesis', 'Kinesis_20131202.CreateStream', { StreamName: 'logs', ShardCount: 2 })
    // moto numbers records without a lock: of two requests at once it loses some
    await deliver('name: kinesis_streams\n    stream: logs\n    workers: 1')
    const lines: string[] = []
    for (const ShardId of ['shardId-000000000000', 'shardId-000000000001']) {
      const before = lines.length
      const { ShardIterator } = await call('kinesis', 'Kinesis_20131202.GetShardIterator', { StreamName: 'logs', ShardId, ShardIteratorType: 'TRIM_HORIZON' })
      const { Records } = await call('kinesis', 'Kinesis_20131202.GetRecords', { ShardIterator, Limit: 10_000 })
      for (const { Data } of Records as { Data: string }[]) lines.push(Buffer.from(Data, 'base64').toString().trimEnd())
      expect(lines.length - before).toBeGreaterThan(LINES / 4)
    }
    check(lines)
  })

  it('records are in the bucket of the Firehose stream', async () => {
    const headers = { authorization: authorization('s3') }
    await fetch(`${server.url}/hose`, { method: 'PUT', headers, body: `<CreateBucketConfiguration><LocationConstraint>${REGION}</LocationConstraint></CreateBucketConfiguration>` })
    await call('firehose', 'Firehose_20150804.CreateDeliveryStream', {
      DeliveryStreamName: 'logs', ExtendedS3DestinationConfiguration: { RoleARN: 'arn:aws:iam::123456789012:role/x', BucketARN: 'arn:aws:s3:::hose' }
    })
    await deliver('name: kinesis_firehose\n    delivery_stream: logs\n    simple_aggregation: on')
    const list = await (await fetch(`${server.url}/hose?list-type=2`, { headers })).text()
    let text = ''
    for (const [, key] of list.matchAll(/<Key>([^<]*)<\/Key>/g)) text += await (await fetch(`${server.url}/hose/${key!}`, { headers })).text()
    check(text.trimEnd().split('\n'))
  })
})
