/** Output es against the real servers: verdicts per item, ids, index names, and a server that is gone for a while. */
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { Agent } from '../support/agent.ts'
import { imbalances, total } from '../support/ledger.ts'
import { elasticsearch, elasticsearch9 } from '../support/servers/elasticsearch.ts'
import { opensearch, opensearch3 } from '../support/servers/opensearch.ts'
import type { SearchServer } from '../support/servers/search-server.ts'
import { describeWith } from '../support/servers/server.ts'
import { Writer } from '../support/writer.ts'
import { eventually, sleep } from '../support/wait.ts'

interface Hits {
  readonly hits: { readonly hits: readonly { readonly _id: string, readonly _index: string, readonly _source: Record<string, unknown> }[] }
}

const pairs = [[elasticsearch, 'es'], [elasticsearch9, 'es'], [opensearch, 'es'], [opensearch3, 'opensearch']] as const

for (const [release, output] of pairs) {
  await describeWith([release], `output ${output} into ${release.name}`, () => {
    let server: SearchServer
    let agent: Agent
    beforeAll(async () => {
      server = await release.start()
      await server.ask('PUT', '/_index_template/strict', {
        index_patterns: ['strict*'],
        template: { mappings: { properties: { status: { type: 'integer' } } } }
      })
    }, 180_000)
    afterAll(() => server.stop())
    afterEach(async () => {
      if (agent.alive) await agent.kill()
    })

    async function run (options: string): Promise<Writer> {
      agent = await Agent.start({
        storage: 'filesystem',
        service: 'scheduler.base: 1\nscheduler.cap: 2',
        sections: "parsers:\n  - { name: j, format: json, time_key: time, time_format: '%Y-%m-%dT%H:%M:%S.%L%z' }\n",
        pipeline: `
inputs:
  - { name: tail, path: '{dir}/logs/*.log', tag: app, read_from_head: on, refresh_interval: 1, parser: j, storage.type: filesystem }
outputs:
  - name: ${output}
    match: '*'
    host: 127.0.0.1
    port: ${server.port}
    suppress_type_name: on
${options.split('\n').map((line) => `    ${line}\n`).join('')}`
      })
      return new Writer(`${agent.logs}/a.log`)
    }

    async function documents (index: string, count: number): Promise<Hits['hits']['hits']> {
      await eventually(() => `${count} documents in ${index}\n${agent.running.tail()}`, async () => await server.count(index) >= count, { timeout: 30_000 })
      return (await server.ask<Hits>('GET', `/${index}/_search?size=100`)).hits.hits
    }

    it('indexes documents under names from time and record, with the time of the record', async () => {
      const file = await run('logstash_format: on\nlogstash_prefix: dated\ncompress: gzip')
      file.raw('{"time":"2026-11-22T10:00:00.123+0000","msg":"first"}\n{"time":"2026-11-23T00:00:00.5+0000","msg":"ä \\u00e4"}\n')
      const found = await documents('dated-*', 2)
      expect(found.map(({ _index, _source }) => [_index, _source['msg'], _source['@timestamp']]).sort()).toEqual([
        ['dated-2026.11.22', 'first', '2026-11-22T10:00:00.123Z'],
        ['dated-2026.11.23', 'ä ä', '2026-11-23T00:00:00.500Z']
      ])
    })

    it('refused items become dead letters, their neighbours are stored', async () => {
      const file = await run('index: strict')
      file.raw('{"status":200}\n{"status":"not a number"}\n{"status":201}\n')
      expect((await documents('strict', 2)).map(({ _source }) => _source['status']).sort()).toEqual([200, 201])
      await eventually('the dead letter is counted', async () =>
        Object.values((await agent.ledger()).outputs).every(({ dead_lettered }) => total(dead_lettered) === 1))
      expect(imbalances(await agent.ledger())).toEqual([])
    })

    it('ids of the record keep one document of what is sent twice', async () => {
      const file = await run('index: once')
      for (let i = 0; i < 5; i++) {
        file.raw(`{"n":${i * 2}}\n{"n":${i * 2 + 1}}\n`)
        await sleep(150)
        await agent.kill()
        await agent.start()
      }
      const found = await documents('once', 10)
      expect(found.map(({ _source }) => _source['n']).sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
      expect(new Set(found.map(({ _id }) => _id)).size).toBe(10)
    })

    it('delivers what came while the server was gone', async () => {
      const file = await run('index: later')
      file.raw('{"n":0}\n')
      await documents('later', 1)
      await server.kill()
      file.raw('{"n":1}\n{"n":2}\n')
      await sleep(1500)
      expect(agent.alive).toBe(true)
      await server.restart()
      expect((await documents('later', 3)).map(({ _source }) => _source['n']).sort()).toEqual([0, 1, 2])
      expect((await agent.stop()).code).toBe(0)
    })
  })
}
