/**
 * moto, the implementation of CloudWatch Logs that is not ours, started again three times on the way (it forgets
 * everything, so it is read out before), the agent killed twice: nothing is lost, and what came twice follows from the kills.
 */
import { CloudWatchLogsClient, DescribeLogStreamsCommand, GetLogEventsCommand, ResourceNotFoundException } from '@aws-sdk/client-cloudwatch-logs'
import process from 'node:process'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Agent } from '../support/agent.ts'
import { Checker } from '../support/checker.ts'
import { KEYS } from '../support/fakes/cloudwatch-logs.ts'
import { imbalances, total } from '../support/ledger.ts'
import { moto, startMoto, type MotoServer } from '../support/servers/moto.ts'
import { describeWith } from '../support/servers/server.ts'
import { Toxiproxy, toxiproxy, type Proxy } from '../support/servers/toxiproxy.ts'
import { eventually, sleep } from '../support/wait.ts'
import { numbered, Writer } from '../support/writer.ts'
import { deliveredByLedger, length, load, sum } from './torture.ts'

const records = length(30_000, 1_000_000)
/** Records that may be under way when the agent is killed: a request for each of its lanes. */
const UNDER_WAY = 6 * 10_000

await describeWith([moto, toxiproxy], `${records} records into moto`, () => {
  let server: MotoServer
  let proxies: Toxiproxy
  let proxy: Proxy
  let client: CloudWatchLogsClient
  let agent: Agent
  const checker = new Checker()
  beforeAll(async () => {
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: KEYS.accessKeyId, AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey })
    server = await startMoto()
    proxies = await Toxiproxy.start()
    proxy = await proxies.before(server.port)
    client = new CloudWatchLogsClient({ endpoint: server.url, region: 'eu-central-1' })
  }, 240_000)
  afterAll(async () => {
    if (agent?.alive) await agent.kill()
    client?.destroy()
    await proxies?.stop()
    await server?.stop()
  })

  async function streams (): Promise<(string | undefined)[]> {
    try {
      const { logStreams = [] } = await client.send(new DescribeLogStreamsCommand({ logGroupName: 'torture' }))
      return logStreams.map(({ logStreamName }) => logStreamName)
    } catch (error) {
      if (error instanceof ResourceNotFoundException) return []
      throw error
    }
  }

  async function readOut (): Promise<void> {
    for (const logStreamName of await streams()) {
      let nextToken: string | undefined
      for (;;) {
        const { events = [], nextForwardToken } = await client.send(new GetLogEventsCommand({
          logGroupName: 'torture', logStreamName, startFromHead: true, limit: 10_000, nextToken
        }))
        if (events.length === 0) break
        for (const { message = '' } of events) checker.take(message)
        nextToken = nextForwardToken
      }
    }
  }

  async function restart (): Promise<void> {
    await eventually(() => `something arrived\n${agent.running.tail()}`, async () => (await streams()).length > 0, { timeout: 120_000, interval: 200 })
    await proxy.close()
    // a request that came whole before the cut is still worked on
    await sleep(2000)
    await readOut()
    await server.stop()
    server = await startMoto(server.port)
    await proxy.heal()
  }

  it('moto started again three times, the agent killed twice: each is there, in order', async () => {
    agent = await Agent.create({
      storage: 'filesystem',
      env: { AWS_ACCESS_KEY_ID: KEYS.accessKeyId, AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey },
      service: 'scheduler.base: 1\nscheduler.cap: 3',
      pipeline: `
inputs:
  - { name: tail, path: '{dir}/logs/*.log', tag: '*', read_from_head: on, refresh_interval: 1, storage.type: filesystem }
outputs:
  - name: cloudwatch_logs
    match: '*'
    region: eu-central-1
    log_group_name: torture
    log_stream_prefix: s-
    auto_create_group: on
    log_key: log
    endpoint: http://127.0.0.1:${proxy.port}
    retry_limit: no_limits`
    })
    const writers = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => new Writer(`${agent.logs}/${name}.log`, name, (writer, number) => `${numbered(writer, number, 200)}\n`))
    await agent.start()
    const stopLoad = load(writers, length(3000, 15_000), records)
    const again = async (): Promise<void> => {
      await agent.kill()
      await agent.start()
    }
    for (const [part, step] of [[0.15, restart], [0.3, again], [0.45, restart], [0.6, again], [0.8, restart]] as const) {
      await eventually(`${part} of the lines written`, () => sum(writers) >= records * part, { timeout: 3_600_000, interval: 5 })
      await step()
    }
    await eventually('all lines written', () => sum(writers) >= records, { timeout: 3_600_000, interval: 5 })
    await stopLoad()
    for (const writer of writers) writer.close()
    const written = sum(writers)
    await deliveredByLedger(agent, written)
    await readOut()
    expect(checker.missing(writers)).toEqual([])
    expect(checker.disorder()).toEqual([])
    const ledger = await agent.ledger()
    expect(imbalances(ledger)).toEqual([])
    const [terms] = Object.values(ledger.outputs)
    const unsure = total(terms?.['repeated'])
    process.stderr.write(`moto: ${written} lines, ${checker.repeated} repeats, ${unsure} of them foretold by the agent\n`)
    expect([total(terms?.['delivered']), total(terms?.['dead_lettered'])]).toEqual([written, 0])
    // what the agent sent again is counted by it, but for what was under way when it was killed itself
    expect(checker.repeated - unsure).toBeLessThan(2 * UNDER_WAY)
    expect((await agent.stop()).code).toBe(0)
  })
})
