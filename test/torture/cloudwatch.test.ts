/** A CloudWatch Logs that checks every limit and misbehaves half of the time, an agent killed on the way: nothing is lost. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Agent } from '../support/agent.ts'
import { CloudwatchLogsFake, KEYS, type Fault } from '../support/fakes/cloudwatch-logs.ts'
import { imbalances, total } from '../support/ledger.ts'
import { eventually } from '../support/wait.ts'
import { numbered, Writer } from '../support/writer.ts'
import { between, length, load, pick, repeat } from './torture.ts'

const records = length(30_000, 1_000_000)
const FAULTS: readonly Fault[] = [
  { kind: 'error', name: 'ThrottlingException', message: 'Rate exceeded' },
  { kind: 'error', name: 'ServiceUnavailableException', status: 503 },
  { kind: 'error', name: 'InternalFailure', status: 500 },
  { kind: 'error', name: 'ExpiredTokenException' },
  { kind: 'hang' }, { kind: 'reset' }, { kind: 'torn' }, { kind: 'lost' }, { kind: 'page' }
]

describe(`${records} records into a strict CloudWatch Logs`, () => {
  let fake: CloudwatchLogsFake
  let agent: Agent
  beforeAll(() => { fake = new CloudwatchLogsFake() })
  afterAll(async () => {
    if (agent?.alive) await agent.kill()
    await fake.close()
  })

  it('throttled, failing, silent and cut off in turn, the agent killed five times: each is there, in order', async () => {
    const port = await fake.listen()
    agent = await Agent.create({
      storage: 'filesystem',
      env: { AWS_ACCESS_KEY_ID: KEYS.accessKeyId, AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey },
      service: 'scheduler.base: 0.1\nscheduler.cap: 0.5',
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
    endpoint: http://127.0.0.1:${port}
    net.io_timeout: 1s
    retry_limit: no_limits`
    })
    const writers = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => new Writer(`${agent.logs}/${name}.log`, name, (writer, number) => `${numbered(writer, number, 200)}\n`))
    const written = (): number => writers.reduce((lines, { count }) => lines + count, 0)
    let fault: Fault | undefined
    fake.fault = () => fault
    await agent.start()
    const stopLoad = load(writers, length(4000, 15_000))
    const stopFaults = repeat(() => {
      fault = fault === undefined ? pick(FAULTS) : undefined
      return between(50, 600)
    })
    for (const part of [0.15, 0.3, 0.5, 0.65, 0.8, 1]) {
      await eventually(`${part} of the lines written`, () => written() >= records * part, { timeout: 3_600_000, interval: 5 })
      if (part === 1) break
      await agent.kill()
      await agent.start()
    }
    await stopLoad()
    for (const writer of writers) writer.close()
    await stopFaults()
    fault = undefined
    const numbersOf = (name: string): number[] => {
      const stream = [...fake.groups.get('torture')?.streams.keys() ?? []].find((key) => key.endsWith(`.${name}.log`)) ?? ''
      return fake.messages('torture', stream).map((text) => Number(/\d+/.exec(text)?.[0]))
    }
    const told = (): string => writers.map(({ name, count }) => `${name}: ${new Set(numbersOf(name)).size} of ${count}`).join(', ') + agent.running.tail()
    await eventually(told, () => writers.every(({ name, count }) => new Set(numbersOf(name)).size === count), { timeout: length(90_000, 900_000), interval: 500 })
    await eventually('nothing waits', async () => Object.values((await agent.ledger()).outputs).every(({ waiting }) => total(waiting) === 0), { timeout: 60_000 })
    for (const { name, count } of writers) {
      const first = [...new Set(numbersOf(name))]
      expect(first).toEqual(Array.from({ length: count }, (_, i) => first[0]! + i))
    }
    const ledger = await agent.ledger()
    expect(imbalances(ledger)).toEqual([])
    expect(Object.values(ledger.outputs).map(({ dead_lettered }) => total(dead_lettered))).toEqual([0])
    expect((await agent.stop()).code).toBe(0)
  })
})
