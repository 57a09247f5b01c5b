/** The files of examples/kafka against real servers: an agent, and one of three indexers, are killed; each line is there once. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Agent } from '../support/agent.ts'
import { imbalances, total } from '../support/ledger.ts'
import { elasticsearch } from '../support/servers/elasticsearch.ts'
import { KafkaServer, kafka } from '../support/servers/kafka.ts'
import type { SearchServer } from '../support/servers/search-server.ts'
import { describeWith } from '../support/servers/server.ts'
import { freePort, tempFolder } from '../support/temp.ts'
import { eventually } from '../support/wait.ts'
import { Writer, criJson } from '../support/writer.ts'
import { length, load, sum } from './torture.ts'

const records = length(30_000, 500_000)

/** Below `pipeline` in an example; the service section is the test's. */
function pipelineOf (name: string): string {
  const text = readFileSync(path.join(import.meta.dirname, '../../examples/kafka', name), 'utf8')
  return text.slice(text.indexOf('pipeline:\n') + 'pipeline:\n'.length).replaceAll(/^ {2}/gm, '')
}

await describeWith([kafka, elasticsearch], 'agents, Kafka, three indexers, Elasticsearch', () => {
  let server: KafkaServer
  let search: SearchServer
  const agents: Agent[] = []
  beforeAll(async () => {
    [server, search] = await Promise.all([KafkaServer.start(), elasticsearch.start()])
    await server.createTopic('logs', 6)
    await search.ask('PUT', '/_index_template/tiers', { index_patterns: ['tiers*'], template: { settings: { number_of_replicas: 0 } } })
  }, 300_000)
  afterAll(async () => {
    for (const agent of agents) if (agent.alive) await agent.kill()
    await server?.stop()
    await search?.stop()
  })

  it('every line is there exactly once, though an agent and an indexer are killed', async () => {
    const env = {
      KAFKA_BROKERS: server.brokers, KAFKA_TOPIC: 'logs',
      ELASTICSEARCH_HOST: '127.0.0.1', ELASTICSEARCH_PORT: String(search.port), ELASTICSEARCH_INDEX: 'tiers'
    }
    const make = async (name: string): Promise<Agent> => {
      const [folder, port] = [tempFolder('tier'), await freePort()]
      const agent = new Agent({
        storage: name === 'agent.yaml' ? 'filesystem' : 'memory', service: 'scheduler.base: 1\nscheduler.cap: 3\ngrace: 15', pipeline: pipelineOf(name),
        env: { ...env, LOG_DIR: path.join(folder, 'logs') }
      }, folder, port)
      agents.push(agent)
      return agent
    }
    const node = await make('agent.yaml')
    const indexers = [await make('indexer.yaml'), await make('indexer.yaml'), await make('indexer.yaml')]
    const writers = Array.from({ length: 12 }, (_, n) => new Writer(`${node.logs}/pod-${n}_default_app-0123456789ab${n}.log`, `w${n}`, criJson))
    await node.start()
    await Promise.all(indexers.map((indexer) => indexer.start()))
    const stopLoad = load(writers, length(2000, 8000))
    const until = async (part: number): Promise<void> => {
      await eventually(`${part} of the lines written`, () => sum(writers) >= records * part, { timeout: 3_600_000, interval: 5 })
    }
    await until(0.25)
    await node.kill()
    await node.start()
    await until(0.5)
    // one dies and does not come back, one is stopped in good order and comes back
    await indexers[0]!.kill()
    await until(0.75)
    expect((await indexers[1]!.stop()).code).toBe(0)
    await indexers[1]!.start()
    await until(1)
    await stopLoad()
    for (const writer of writers) writer.close()
    const written = sum(writers)
    await eventually(() => `all of ${written} documents\n${indexers[2]!.running.tail()}`, async () => await search.count('tiers') >= written, { timeout: length(150_000, 900_000), interval: 1000 })
    expect(await search.count('tiers')).toBe(written)
    for (const agent of [node, indexers[1]!, indexers[2]!]) {
      await eventually('nothing waits', async () => Object.values((await agent.ledger()).outputs).every(({ waiting }) => total(waiting) === 0))
      const ledger = await agent.ledger()
      expect(imbalances(ledger)).toEqual([])
      expect(Object.values(ledger.outputs).map(({ dead_lettered }) => total(dead_lettered))).toEqual([0])
      expect((await agent.stop()).code).toBe(0)
    }
  })
})
