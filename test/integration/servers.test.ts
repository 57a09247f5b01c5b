import { afterAll, beforeAll, expect, it } from 'vitest'
import { elasticsearch } from '../support/servers/elasticsearch.ts'
import { nginx, startNginx } from '../support/servers/nginx.ts'
import { opensearch } from '../support/servers/opensearch.ts'
import { checkMetrics, prometheus, promtool, startPrometheus } from '../support/servers/prometheus.ts'
import type { SearchServer } from '../support/servers/search-server.ts'
import { describeWith } from '../support/servers/server.ts'
import { eventually } from '../support/wait.ts'

const bulk = '{"create":{"_id":"1"}}\n{"n":1}\n{"create":{"_id":"1"}}\n{"n":1}\n'

for (const release of [elasticsearch, opensearch]) {
  await describeWith([release], `the stand-alone ${release.name}`, () => {
    let server: SearchServer
    beforeAll(async () => { server = await release.start() }, 180_000)
    afterAll(() => server.stop())

    it('answers a bulk request per item and keeps documents through kill -9', async () => {
      const response = await fetch(`${server.url}/logs/_bulk`, {
        method: 'POST', body: bulk, headers: { 'content-type': 'application/x-ndjson' }
      })
      const { items } = await response.json() as { items: { create: { status: number } }[] }
      expect(items.map((item) => item.create.status)).toEqual([201, 409])
      const first = server.pid
      await server.kill()
      await expect(fetch(server.url)).rejects.toThrow()
      await server.restart()
      expect(server.pid).not.toBe(first)
      expect(await server.count('logs')).toBe(1)
    }, 180_000)

    it('says who it is at /', async () => {
      expect(await server.ask('GET', '/')).toMatchObject({ version: { number: release.name.split(' ')[1] } })
    })
  })
}

await describeWith([nginx], 'nginx', () => {
  it('takes a large request and says that all of it was taken', async () => {
    const sink = await startNginx()
    const response = await fetch(`${sink.url}/_bulk`, { method: 'POST', body: 'x'.repeat(5_000_000) })
    expect(await response.json()).toMatchObject({ errors: false })
    expect(response.headers.get('x-elastic-product')).toBe('Elasticsearch')
    await sink.stop()
    await expect(fetch(sink.url)).rejects.toThrow()
  })
})

await describeWith([prometheus, promtool, nginx], 'Prometheus', () => {
  it('scrapes a page and answers a query about it', async () => {
    const sink = await startNginx('demo_total 42\\n')
    const server = await startPrometheus(`127.0.0.1:${sink.port}`)
    const [sample] = await eventually('a sample', async () => {
      const samples = await server.query('up')
      return samples.length > 0 && samples
    })
    expect(sample?.metric).toMatchObject({ job: 'fantail' })
    await server.stop()
    await sink.stop()
  })

  it('tells a sound page of metrics from one with faults', async () => {
    expect(await checkMetrics('# HELP demo_total Things.\n# TYPE demo_total counter\ndemo_total 1\n')).toBe('')
    expect(await checkMetrics('demo_total 1\n')).toContain('no help text')
    await expect(checkMetrics('demo{ 1\n')).rejects.toThrow('promtool')
  })
})
