/** What the agent says of itself, as the real promtool and Prometheus see it. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Agent } from '../support/agent.ts'
import { Collector } from '../support/collector.ts'
import { checkMetrics, prometheus, promtool, startPrometheus } from '../support/servers/prometheus.ts'
import { describeWith } from '../support/servers/server.ts'
import { Writer } from '../support/writer.ts'
import { eventually } from '../support/wait.ts'

await describeWith([prometheus, promtool], 'metrics', () => {
  let agent: Agent
  let collector: Collector
  beforeAll(async () => {
    collector = await Collector.start()
    agent = await Agent.start({
      storage: 'filesystem',
      service: 'health_check: on\nstorage.metrics: on',
      pipeline: `
inputs:
  - { name: tail, path: '{dir}/logs/*.log', tag: app, read_from_head: on, refresh_interval: 1, storage.type: filesystem }
filters:
  - { name: grep, match: '*', exclude: log drop-me }
outputs:
  - { name: http, alias: up, match: '*', host: 127.0.0.1, port: ${collector.port}, format: json_lines }
  - { name: http, alias: down, match: '*', host: 127.0.0.1, port: 1, format: json_lines }`
    })
    const writer = new Writer(`${agent.logs}/a.log`)
    writer.write(100)
    writer.raw('drop-me\n')
    await eventually('all lines came', () => collector.checker.seen('a') === 100)
  })
  afterAll(async () => {
    await agent.stop()
    await collector.stop()
  })

  it.each(['/metrics', '/api/v1/metrics/prometheus', '/api/v2/metrics/prometheus'])('%s is without fault for promtool', async (route) => {
    const page = await agent.get(route)
    const faults = await checkMetrics(page)
    // Fluent Bit's own v1 page has no help texts, and its names are not ours to choose.
    const ours = faults.split('\n').filter((line) => line !== '' && !line.startsWith('fluentbit_'))
    expect(ours).toEqual([])
    expect(page).toMatch(/fluentbit_input_records_total\{name="tail\.0"[^}]*\} 10[01]\b/)
  })

  it('are scraped by a Prometheus, which finds Fluent Bit\'s names and labels', async () => {
    const server = await startPrometheus(`127.0.0.1:${agent.port}`, '/api/v2/metrics/prometheus')
    try {
      const [up] = await eventually('a scrape', async () => {
        const samples = await server.query('up')
        return samples.some(({ value }) => value === 1) && samples
      }, { timeout: 30_000 })
      expect(up?.value).toBe(1)
      const [records] = await server.query('fluentbit_output_proc_records_total{name="up"}')
      expect(records?.value).toBe(100)
      const [dropped] = await server.query('sum(fluentbit_filter_drop_records_total)')
      expect(dropped?.value).toBe(1)
    } finally {
      await server.stop()
    }
  })

  it('answer Fluent Bit\'s other routes too', async () => {
    expect(JSON.parse(await agent.get('/api/v1/uptime'))).toHaveProperty('uptime_sec')
    expect(JSON.parse(await agent.get('/'))).toHaveProperty('fluent-bit')
    expect(JSON.parse(await agent.get('/api/v1/plugins'))).toBeTypeOf('object')
    expect(JSON.parse(await agent.get('/api/v1/storage'))).toHaveProperty('storage_layer')
    // Readiness does not depend on a destination: one output is dead all the time.
    expect((await fetch(`${agent.url}/api/v1/health`)).status).toBe(200)
  })
})
