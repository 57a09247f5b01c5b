/** A real Elasticsearch and a real OpenSearch, killed and started again on the way, an agent killed too: each record is there exactly once. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Agent } from '../support/agent.ts'
import { elasticsearch } from '../support/servers/elasticsearch.ts'
import { opensearch3 } from '../support/servers/opensearch.ts'
import type { SearchServer } from '../support/servers/search-server.ts'
import { describeWith } from '../support/servers/server.ts'
import { numbered, Writer } from '../support/writer.ts'
import { eventually } from '../support/wait.ts'
import { imbalances, total } from '../support/ledger.ts'
import { length, load } from './torture.ts'

const records = length(40_000, 1_000_000)

for (const [release, output] of [[elasticsearch, 'es'], [opensearch3, 'opensearch']] as const) {
  await describeWith([release], `${records} records into ${release.name}`, () => {
    let server: SearchServer
    let agent: Agent
    beforeAll(async () => {
      server = await release.start()
      await server.ask('PUT', '/_index_template/torture', {
        index_patterns: ['torture*'],
        template: {
          settings: { number_of_replicas: 0, refresh_interval: '1s' },
          mappings: { properties: { writer: { type: 'keyword' }, number: { type: 'integer' }, text: { type: 'text', index: false } } }
        }
      })
    }, 240_000)
    afterAll(async () => {
      if (agent?.alive) await agent.kill()
      await server?.stop()
    })

    it('server killed three times, agent killed twice: each is there exactly once', async () => {
      agent = await Agent.create({
        storage: 'filesystem',
        service: 'scheduler.base: 1\nscheduler.cap: 3',
        sections: 'parsers:\n  - { name: numbered, format: json }\n',
        pipeline: `
inputs:
  - { name: tail, path: '{dir}/logs/*.log', tag: app, read_from_head: on, refresh_interval: 1, storage.type: filesystem, parser: numbered }
outputs:
  - { name: ${output}, match: '*', host: 127.0.0.1, port: ${server.port}, index: torture, suppress_type_name: on, retry_limit: no_limits }`
      })
      const writers = ['a', 'b', 'c', 'd'].map((name) => new Writer(`${agent.logs}/${name}.log`, name,
        (writer, number) => `{"writer":"${writer}","number":${number},"text":"${numbered(writer, number, 200)}"}\n`))
      const written = (): number => writers.reduce((lines, { count }) => lines + count, 0)
      await agent.start()
      const stopLoad = load(writers, length(6000, 15_000), records)
      const until = async (part: number): Promise<void> => {
        await eventually(`${part} of the lines written`, () => written() >= records * part, { timeout: 3_600_000, interval: 5 })
      }
      const killServer = async (): Promise<void> => {
        await server.kill()
        await server.restart()
      }
      for (const [part, kill] of [
        [0.15, killServer], [0.3, () => agent.kill()], [0.45, killServer], [0.6, () => agent.kill()], [0.75, killServer]
      ] as const) {
        await until(part)
        await kill()
        if (!agent.alive) await agent.start()
      }
      await until(1)
      await stopLoad()
      for (const writer of writers) writer.close()
      await eventually(() => `all of ${written()} documents\n${agent.running.tail()}`, async () => await server.count('torture') >= written(),
        { timeout: length(120_000, 900_000), interval: 500 })
      expect(await server.count('torture')).toBe(written())
      await checkNumbers(server, writers)
      const ledger = await agent.ledger()
      expect(imbalances(ledger)).toEqual([])
      expect(Object.values(ledger.outputs).map(({ dead_lettered }) => total(dead_lettered))).toEqual([0])
      expect((await agent.stop()).code).toBe(0)
    })
  })
}

interface Buckets {
  readonly hits: { readonly total: { readonly value: number } }
  readonly aggregations: { readonly twice: { readonly buckets: readonly { readonly key: number }[] } }
}

/** Every number of every writer once: in each range as many documents as numbers, and no number twice. */
async function checkNumbers (server: SearchServer, writers: readonly Writer[]): Promise<void> {
  for (const { name, count } of writers) {
    for (let from = 0; from < count; from += 10_000) {
      const to = Math.min(from + 10_000, count)
      const { hits, aggregations } = await server.ask<Buckets>('POST', '/torture/_search', {
        size: 0,
        track_total_hits: true,
        query: { bool: { filter: [{ term: { writer: name } }, { range: { number: { gte: from, lt: to } } }] } },
        aggs: { twice: { histogram: { field: 'number', interval: 1, min_doc_count: 2 } } }
      })
      expect([name, from, hits.total.value, aggregations.twice.buckets]).toEqual([name, from, to - from, []])
    }
  }
}
