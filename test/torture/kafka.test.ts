/** Three real brokers, killed one after the other on the way, an agent killed too: all is there, repeats only from the agent's kills. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Agent } from '../support/agent.ts'
import { Checker } from '../support/checker.ts'
import { imbalances, total } from '../support/ledger.ts'
import { KafkaServer, kafka, kcat } from '../support/servers/kafka.ts'
import { describeWith } from '../support/servers/server.ts'
import { eventually } from '../support/wait.ts'
import { Writer, plain } from '../support/writer.ts'
import { deliveredByLedger, length, load, long, sum } from './torture.ts'

const records = length(30_000, 1_000_000)
const kills = [['broker', 0.15], ['agent', 0.35], ['broker', 0.5], ['agent', 0.65], ['broker', 0.8]] as const

await describeWith([kafka, kcat], `${records} records into three real brokers`, () => {
  let server: KafkaServer
  let agent: Agent
  beforeAll(async () => {
    server = await KafkaServer.start({ brokers: 3 })
    await server.createTopic('torture', 6)
  }, 300_000)
  afterAll(async () => {
    if (agent?.alive) await agent.kill()
    await server?.stop()
  })

  it.each(long ? ['bytes', 'kafkajs'] as const : ['bytes'] as const)('by the client %s: a leader killed three times, the agent twice', async (client) => {
    const topic = `torture-${client}`
    await server.createTopic(topic, 6)
    agent = await Agent.create({
      storage: 'filesystem',
      service: 'scheduler.base: 1\nscheduler.cap: 3',
      pipeline: `
inputs:
  - { name: tail, path: '{dir}/logs/*.log', tag: app, read_from_head: on, refresh_interval: 1, storage.type: filesystem }
outputs:
  - { name: kafka, match: '*', brokers: '${server.brokers}', topics: ${topic}, format: raw, raw_log_key: log, retry_limit: no_limits, client: ${client}, rdkafka.socket.timeout.ms: 8000 }`
    })
    const writers = Array.from({ length: 8 }, (_, n) => new Writer(`${agent.logs}/w${n}.log`, `w${n}`, plain))
    await agent.start()
    const stopLoad = load(writers, length(2000, 15_000), records)
    let victim = 0
    for (const [what, part] of kills) {
      await eventually(`${part} of the lines written`, () => sum(writers) >= records * part, { timeout: 3_600_000, interval: 5 })
      if (what === 'agent') {
        await agent.kill()
        await agent.start()
      } else {
        victim = (await server.leaders(topic))[0] ?? 1
        await server.kill(victim)
        await server.restart(victim)
      }
    }
    await eventually('all lines written', () => sum(writers) >= records, { timeout: 3_600_000, interval: 5 })
    await stopLoad()
    for (const writer of writers) writer.close()
    const written = sum(writers)
    await deliveredByLedger(agent, written)
    const checker = new Checker()
    const inPartition = new Map<string, Set<number>>()
    await server.each(topic, ({ payload, partition }) => {
      checker.take(payload)
      const name = payload.slice(0, payload.indexOf(' '))
      inPartition.set(name, (inPartition.get(name) ?? new Set()).add(partition))
    })
    expect(checker.missing(writers)).toEqual([])
    expect(checker.disorder()).toEqual([])
    expect([...inPartition.values()].every((partitions) => partitions.size === 1)).toBe(true)
    const { outputs, inputs } = await agent.ledger()
    expect(imbalances({ outputs, inputs })).toEqual([])
    const [terms] = Object.values(outputs)
    expect([total(terms?.['delivered']), total(terms?.['dead_lettered'])]).toEqual([written, 0])
    // with idempotence, what was under way when the agent died: at most what its lanes held each time
    if (client === 'bytes') expect(checker.repeated - total(terms?.['repeated'])).toBeLessThan(2 * 4 * 10_000)
    process.stderr.write(`${client}: ${written} lines, ${checker.repeated} repeats, ${total(terms?.['repeated'])} counted as unsure by the agent\n`)
    expect((await agent.stop()).code).toBe(0)
  })
})
