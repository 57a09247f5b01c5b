/** The outputs es and opensearch against the real servers: what each answers to the requests that we build. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { es } from '../../src/outputs/es.ts'
import { opensearch as opensearchOutput } from '../../src/outputs/opensearch.ts'
import { DELIVERED, REFUSED, REPEATED, RETRY, type Output, type OutputContext } from '../../src/plugin/output.ts'
import { TEN, makeBatch, type RecordSpec } from '../event/make-batch.ts'
import { never, optionsOf, outcomes, outputContext, type TestContext } from '../outputs/output-context.ts'
import { elasticsearch, elasticsearch9 } from '../support/servers/elasticsearch.ts'
import { opensearch, opensearch3 } from '../support/servers/opensearch.ts'
import type { SearchServer } from '../support/servers/search-server.ts'
import { describeWith } from '../support/servers/server.ts'

interface Hits {
  readonly hits: { readonly hits: readonly { readonly _id: string; readonly _index: string; readonly _source: object }[] }
}

type Options = { readonly [name: string]: unknown }

const createEs = (set: Options, context: OutputContext): Output | Promise<Output> => es.create(optionsOf(es, set), context)
const createOpenSearch = (set: Options, context: OutputContext): Output | Promise<Output> =>
  opensearchOutput.create(optionsOf(opensearchOutput, set), context)

for (const [release, create] of [
  [elasticsearch, createEs], [elasticsearch9, createEs], [opensearch, createOpenSearch], [opensearch3, createOpenSearch]
] as const) {
  await describeWith([release], `the output for ${release.name}`, () => {
    let server: SearchServer
    const made: Output[] = []
    let context: TestContext
    beforeAll(async () => { server = await release.start() }, 180_000)
    afterAll(async () => {
      for (const output of made) await output.close?.()
      await server.stop()
    })

    async function make(set: Options): Promise<Output> {
      context = outputContext({ host: '127.0.0.1', port: server.port })
      const output = await create(set, context)
      made.push(output)
      return output
    }

    const records: readonly RecordSpec[] = [1, 2, 3].map((n) => ({ body: { n, text: 'é"\n' }, constant: '{"pod":"p"}' }))

    it('stores a batch, and a batch sent twice once', async () => {
      const output = await make({ logstash_format: true, compress: 'gzip' })
      expect(await output.write(makeBatch(records), never)).toEqual({ kind: 'delivered' })
      expect(outcomes(await output.write(makeBatch(records), never))).toEqual([REPEATED, REPEATED, REPEATED])
      expect(await server.count('logstash-2026.11.22')).toBe(3)
      const { hits } = await server.ask<Hits>('GET', '/logstash-*/_search?sort=n')
      expect(hits.hits[0]).toMatchObject({
        _id: 'abcdefghijk-0---------0Z',
        _source: { '@timestamp': '2026-11-22T10:00:00.123Z', n: 1, text: 'é"\n', shared: { pod: 'p' } }
      })
    })

    it('keeps labels that clash apart with replace_dots', async () => {
      const labels = [{ app: 'cart' }, { 'app.kubernetes.io/name': 'cart' }].map((of) => ({ body: { kubernetes: { labels: of } } }))
      const plain = await make({ index: 'clash' })
      const verdict = await plain.write(makeBatch(labels), never)
      expect(outcomes(verdict)).toEqual([DELIVERED, REFUSED])
      expect(context.logged).toEqual([expect.stringContaining('`replace_dots on` keeps them apart') as unknown])
      const mended = await make({ index: 'no-clash', replace_dots: true })
      expect(await mended.write(makeBatch(labels), never)).toEqual({ kind: 'delivered' })
      expect(await server.count('no-clash')).toBe(2)
    })

    it('tells the records that it will never take from the others', async () => {
      await server.ask('PUT', '/strict', { mappings: { properties: { n: { type: 'integer' } } } })
      const output = await make({ index: 'strict' })
      const verdict = await output.write(makeBatch([{ body: { n: 1 } }, { body: { n: 'no number' } }, { body: { n: 3, '@timestamp': 'own' } }]), never)
      expect(outcomes(verdict)).toEqual([DELIVERED, REFUSED, DELIVERED])
      expect(verdict.kind === 'partial' && verdict.reasons.get(1)).toMatch(/parsing_exception: .*\[n\]/)
      expect(await server.count('strict')).toBe(2)
    })

    it('waits for an index that is closed, and refuses a name that can be none', async () => {
      await server.ask('PUT', '/shut', {})
      await server.ask('POST', '/shut/_close')
      const output = await make({ index: "$to['index']" })
      const verdict = await output.write(makeBatch(['shut', 'BAD NAME', 'open'].map((index) => ({ body: { to: { index } } }))), never)
      expect(outcomes(verdict)).toEqual([RETRY, REFUSED, DELIVERED])
    })

    it('takes every operation', async () => {
      for (const write_operation of ['index', 'upsert', 'update']) {
        const output = await make({ index: 'ops', write_operation, id_key: '$id' })
        expect(await output.write(makeBatch([{ body: { id: 'one', [write_operation]: true } }]), never)).toEqual({ kind: 'delivered' })
      }
      await server.ask('POST', '/ops/_refresh')
      const { hits } = await server.ask<Hits>('GET', '/ops/_search')
      expect(hits.hits).toMatchObject([{ _id: 'one', _source: { index: true, upsert: true, update: true } }])
    })

    it('lets the server make ids, or hashes the document', async () => {
      const off = await make({ index: 'ids-off', generate_id: false })
      const on = await make({ index: 'ids-on', generate_id: true })
      for (let i = 0; i < 2; i++) for (const output of [off, on]) await output.write(makeBatch(records), never)
      expect(await server.count('ids-off')).toBe(6)
      expect(await server.count('ids-on')).toBe(3)
    })

    it('writes to a data stream', async () => {
      await server.ask('PUT', '/_index_template/ds', { index_patterns: ['ds-*'], data_stream: {} })
      const output = await make({ index: 'ds-app' })
      expect(await output.write(makeBatch([{ body: { n: 1 }, seconds: TEN }]), never)).toEqual({ kind: 'delivered' })
      expect(await server.count('ds-app')).toBe(1)
    })
  })
}
