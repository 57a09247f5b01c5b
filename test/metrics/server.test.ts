import { afterEach, describe, expect, it } from 'vitest'
import { Metrics } from '../../src/metrics/metrics.ts'
import { startServer, type MetricsServer, type ServerOptions } from '../../src/metrics/server.ts'
import type { AgentView } from '../../src/metrics/view.ts'
import { parsePrometheus, viewOf } from './view-of.ts'

let server: MetricsServer | undefined

afterEach(async () => {
  await server?.close()
})

async function serve(view: AgentView = viewOf(), metrics = new Metrics(), options: Partial<ServerOptions> = {}): Promise<(route: string) => Promise<Response>> {
  const started = await startServer(view, metrics, { host: '127.0.0.1', port: 0, ...options })
  server = started
  return (route) => fetch(`http://127.0.0.1:${started.port}${route}`)
}

describe('the server', () => {
  it('serves the metrics under all their routes', async () => {
    const metrics = new Metrics()
    metrics.meter('up').counter('fluentbit_output_proc_records_total').value = 3
    const get = await serve(viewOf(), metrics)
    for (const route of ['/metrics', '/api/v1/metrics/prometheus', '/api/v2/metrics/prometheus', '/metrics/', '/metrics?x=1']) {
      const response = await get(route)
      expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
      const sample = parsePrometheus(await response.text()).find(({ name }) => name === 'fluentbit_output_proc_records_total')
      expect(sample).toMatchObject({ labels: { name: 'up' }, value: 3 })
    }
    expect(await (await get('/api/v2/metrics')).text()).toContain('fluentbit_output_proc_records_total{name="up"} = 3')
    expect(await (await get('/api/v1/metrics')).json()).toEqual({ input: { 'tail.0': {} }, filter: { 'grep.0': {} }, output: { up: { proc_records: 3 } } })
  })

  it('answers Fluent Bit\'s other routes in its shapes', async () => {
    const get = await serve()
    expect(await (await get('/')).json()).toMatchObject({ 'fluent-bit': { version: '5.1.1' }, fantail: { version: '0.1.0' } })
    expect(await (await get('/api/v1/uptime')).json()).toMatchObject({
      uptime_sec: 90_061, uptime_hr: 'Fantail has been running: 1 day, 1 hour, 1 minute, 1 second'
    })
    expect(await (await get('/api/v1/plugins')).json()).toEqual({ inputs: ['tail'], filters: ['grep'], outputs: ['http'] })
    expect(await (await get('/api/v1/storage')).json()).toMatchObject({
      storage_layer: { chunks: { total_chunks: 3, mem_chunks: 1, fs_chunks: 2 } },
      input_chunks: { 'tail.0': { status: { overlimit: false, mem_size: '100b', mem_limit: '1000b' }, chunks: { total: 3, up: 1, down: 2 } } }
    })
  })

  it('tells the ledger with what its equations lack', async () => {
    const get = await serve()
    expect(await (await get('/api/v1/ledger')).json()).toMatchObject({
      inputs: { 'tail.0': { read: 10, imbalance: 0 } }, outputs: { up: { routed: 6, waiting: 1, imbalance: 0 } }
    })
  })

  it('serves health of the first generation only when it is on', async () => {
    const get = await serve()
    expect((await get('/api/v1/health')).status).toBe(404)
    expect(await (await get('/api/v2/health')).json()).toEqual({
      status: 'ok', errors: 0, retries_failed: 0, error_limit: 5, retry_failure_limit: 5, period_limit: 60
    })
  })

  it('says error when there are more than the limit', async () => {
    const metrics = new Metrics()
    const get = await serve(viewOf(), metrics, { health: { enabled: true, errors: 0, retryFailures: 0, period: 60_000 } })
    expect(await (await get('/api/v1/health')).text()).toBe('ok\n')
    metrics.meter('up').counter('fluentbit_output_errors_total').value++
    const v1 = await get('/api/v1/health')
    expect([v1.status, await v1.text()]).toEqual([500, 'error\n'])
    expect((await get('/api/v2/health')).status).toBe(500)
  })

  it('is ready and live whatever the destinations do, and says what is missing otherwise', async () => {
    const [output] = viewOf().outputs()
    const trouble: { stalled?: string; notReady?: string } = { notReady: 'tail.0 has not started' }
    const get = await serve(viewOf({ outputs: () => [{ ...output!, answering: false }], stalled: () => trouble.stalled, notReady: () => trouble.notReady }))
    expect((await get('/ready')).status).toBe(503)
    expect((await get('/live')).status).toBe(200)
    delete trouble.notReady
    expect((await get('/ready')).status).toBe(200)
    trouble.stalled = 'tail.0 has not looked at its files for 60 s'
    const live = await get('/live')
    expect([live.status, await live.text()]).toEqual([503, 'tail.0 has not looked at its files for 60 s\n'])
  })

  it('loads the configuration again on request, where that is allowed, and counts', async () => {
    const get = await serve()
    const url = `http://127.0.0.1:${server!.port}/api/v2/reload`
    expect(await (await get('/api/v2/reload')).json()).toEqual({ hot_reload_count: 3 })
    const refused = await fetch(url, { method: 'POST' })
    expect([refused.status, await refused.json()]).toEqual([400, { reload: 'not enabled', status: -3 }])
    server!.show(viewOf({ reloads: () => ({ done: 4, failed: 0 }) }), new Metrics(), { reload: async () => ({ reload: 'done', status: 0 }) })
    for (const method of ['POST', 'PUT']) {
      const done = await fetch(url, { method })
      expect([done.status, await done.json()]).toEqual([200, { reload: 'done', status: 0 }])
    }
    expect(await (await get('/api/v2/reload')).json()).toEqual({ hot_reload_count: 4 })
    expect((await fetch(url, { method: 'DELETE' })).status).toBe(405)
  })

  it('refuses what it does not know, and outlives a view that fails', async () => {
    const get = await serve(viewOf({ storage: () => { throw new Error('no storage') } }))
    expect((await get('/nothing')).status).toBe(404)
    expect((await fetch(`http://127.0.0.1:${server!.port}/metrics`, { method: 'POST', body: 'x' })).status).toBe(405)
    expect((await get('/api/v1/storage')).status).toBe(500)
    expect((await get('/live')).status).toBe(200)
  })

  it('says so when the address is taken', async () => {
    await serve()
    await expect(startServer(viewOf(), new Metrics(), { host: '127.0.0.1', port: server!.port })).rejects.toThrow(/cannot listen on 127\.0\.0\.1:\d+: EADDRINUSE/)
  })
})
