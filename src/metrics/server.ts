/** The agent's HTTP server: metrics, Fluent Bit's routes, and probes that do not depend on destinations. */
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import os from 'node:os'
import { FantailError } from '../errors.ts'
import { PROMETHEUS_TEXT, plainText, prometheusText, prometheusV1Text } from './exposition.ts'
import { Health, type HealthOptions } from './health.ts'
import type { Family, Metrics } from './metrics.ts'
import { collectView, inputImbalance, outputImbalance, type AgentView } from './view.ts'

/** The version of Fluent Bit whose configurations, names and routes these are. */
const COMPATIBLE = '5.1.1'

export interface ServerOptions extends PageOptions {
  readonly host: string
  readonly port: number
}

/** What an agent decides of its pages. */
export interface PageOptions {
  /** Fluent Bit's health; its first generation answers only when `health_check` is on. */
  readonly health?: HealthSettings
  /** Loads the configuration again, on request; resolves when that is done or refused. */
  readonly reload?: (() => Promise<ReloadAnswer>) | undefined
}

export type HealthSettings = HealthOptions & { readonly enabled: boolean }

/** Fluent Bit's words and numbers for what became of a reload; `errors` says why it failed. */
export interface ReloadAnswer {
  readonly reload: 'done' | 'failed' | 'in progress' | 'not enabled'
  readonly status: 0 | -1 | -2 | -3
  readonly errors?: readonly string[]
}

export interface MetricsServer {
  /** The port it listens on. */
  readonly port: number
  /** Shows another agent from now on: the server outlives a reload. */
  show(view: AgentView, metrics: Metrics, options: PageOptions): void
  /** `gently`: requests under way are answered. */
  close(gently?: boolean): Promise<void>
}

interface Answer {
  readonly status: number
  readonly type: string
  readonly body: string
}

const RELOAD = '/api/v2/reload'
const TEXT = 'text/plain; charset=utf-8'
const DEFAULT_HEALTH = { errors: 5, retryFailures: 5, period: 60_000, enabled: false }

/** Listens; throws `address-in-use` when it cannot. */
export async function startServer(view: AgentView, metrics: Metrics, options: ServerOptions): Promise<MetricsServer> {
  let page = makePage(view, metrics, options)
  const server = http.createServer((request, response) => {
    request.resume()
    void answerTo(page, request.method ?? 'GET', request.url ?? '/').then((answer) => {
      response.writeHead(answer.status, { 'content-type': answer.type, 'content-length': Buffer.byteLength(answer.body) })
      response.end(request.method === 'HEAD' ? '' : answer.body)
    })
  })
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen(options.port, options.host, resolve)
  try {
    await promise
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error)
    throw new FantailError('address-in-use', { address: `${options.host}:${options.port}`, reason })
  }
  page.health.start()
  return {
    port: (server.address() as AddressInfo).port,
    show(next, nextMetrics, nextOptions) {
      page.health.stop()
      page = makePage(next, nextMetrics, nextOptions)
      page.health.start()
    },
    close: async (gently = false) => {
      page.health.stop()
      if (!gently) server.closeAllConnections()
      await new Promise<void>((closed) => server.close(() => closed()))
    }
  }
}

type Routes = ReadonlyMap<string, () => Answer>

interface Page {
  readonly routes: Routes
  readonly health: Health
  readonly reload: PageOptions['reload']
}

function makePage(view: AgentView, metrics: Metrics, { health: settings = DEFAULT_HEALTH, reload }: PageOptions): Page {
  const hostname = os.hostname()
  metrics.collector((emit) => collectView(view, hostname, Date.now(), emit))
  const { enabled, ...limits } = settings
  const health = new Health(limits, metrics)
  return { routes: routesOf(view, metrics, health, enabled), health, reload }
}

async function answerTo({ routes, reload }: Page, method: string, url: string): Promise<Answer> {
  const path = url.replace(/[?#].*$/s, '').replace(/(?<=.)\/+$/, '')
  if (path === RELOAD && (method === 'POST' || method === 'PUT')) {
    const result = await reload?.() ?? { reload: 'not enabled', status: -3 } satisfies ReloadAnswer
    return json(result, result.status === 0 ? 200 : 400)
  }
  const route = routes.get(path)
  if (route === undefined) return text(404, 'not found\n')
  if (method !== 'GET' && method !== 'HEAD') return text(405, `${method} is not answered here\n`)
  try {
    return route()
  } catch (error) {
    return text(500, `${error instanceof Error ? error.message : String(error)}\n`)
  }
}

function routesOf(view: AgentView, metrics: Metrics, health: Health, v1Health: boolean): Routes {
  const prometheus = (): Answer => ({ status: 200, type: PROMETHEUS_TEXT, body: prometheusText(metrics.collect()) })
  const prometheusV1 = (): Answer => ({ status: 200, type: PROMETHEUS_TEXT, body: prometheusV1Text(metrics.collect(), Date.now()) })
  const routes = new Map<string, () => Answer>([
    ['/', () => json({ 'fluent-bit': { version: COMPATIBLE, edition: 'Fantail', flags: [] }, fantail: { version: view.version, node: process.version } })],
    ['/metrics', prometheus],
    ['/api/v1/metrics', () => json(metricsV1(view, metrics.collect()))],
    ['/api/v1/metrics/prometheus', prometheusV1],
    ['/api/v2/metrics', () => text(200, plainText(metrics.collect(), Date.now()))],
    ['/api/v2/metrics/prometheus', prometheus],
    ['/api/v2/health', () => healthV2(health)],
    [RELOAD, () => json({ hot_reload_count: view.reloads().done })],
    ['/api/v1/uptime', () => json(uptime(Math.floor((Date.now() - view.startedAt) / 1000)))],
    ['/api/v1/plugins', () => json({ inputs: plugins(view.inputs()), filters: plugins(view.filters()), outputs: plugins(view.outputs()) })],
    ['/api/v1/storage', () => json(storage(view))],
    ['/api/v1/ledger', () => json(ledger(view))],
    ['/ready', () => probe(view.notReady())],
    ['/live', () => probe(view.stalled())]
  ])
  if (v1Health) routes.set('/api/v1/health', () => (health.report().healthy ? text(200, 'ok\n') : text(500, 'error\n')))
  return routes
}

function text(status: number, body: string): Answer {
  return { status, type: TEXT, body }
}

function json(value: unknown, status = 200): Answer {
  return { status, type: 'application/json', body: JSON.stringify(value) }
}

function probe(trouble: string | undefined): Answer {
  return trouble === undefined ? text(200, 'ok\n') : text(503, `${trouble}\n`)
}

function plugins(instances: readonly { readonly plugin: string }[]): string[] {
  return [...new Set(instances.map(({ plugin }) => plugin))]
}

/** `{"input": {"tail.0": {"records": …}}, "filter": …, "output": …}` */
function metricsV1(view: AgentView, families: readonly Family[]): object {
  const page = {
    input: Object.fromEntries(view.inputs().map(({ name }) => [name, {}])),
    filter: Object.fromEntries(view.filters().map(({ name }) => [name, {}])),
    output: Object.fromEntries(view.outputs().map(({ name }) => [name, {}]))
  } as { [kind: string]: { [instance: string]: { [figure: string]: number } } }
  for (const { name, spec, samples } of families) {
    const [, kind, figure] = /^fluentbit_(input|filter|output)_(.*)_total$/.exec(name) ?? []
    if (spec.v1 !== true || kind === undefined || figure === undefined) continue
    for (const { labels, value } of samples) {
      const instance = page[kind]?.[labels['name'] ?? '']
      if (instance !== undefined && typeof value === 'number') instance[figure] = value
    }
  }
  return page
}

function healthV2(health: Health): Answer {
  const { healthy, errors, retriesFailed } = health.report()
  const { options } = health
  return json({
    status: healthy ? 'ok' : 'error',
    errors,
    retries_failed: retriesFailed,
    error_limit: options.errors,
    retry_failure_limit: options.retryFailures,
    period_limit: Math.round(options.period / 1000)
  }, healthy ? 200 : 500)
}

function uptime(seconds: number): object {
  const parts = [
    [Math.floor(seconds / 86_400), 'day'], [Math.floor(seconds / 3600) % 24, 'hour'], [Math.floor(seconds / 60) % 60, 'minute']
  ] as const
  const said = parts.filter(([count]) => count > 0).map(([count, unit]) => `${count} ${unit}${count === 1 ? '' : 's'}, `)
  const rest = seconds % 60
  return { uptime_sec: seconds, uptime_hr: `Fantail has been running: ${said.join('')}${rest} second${rest === 1 ? '' : 's'}` }
}

function storage(view: AgentView): object {
  const { memoryFrames, diskFrames } = view.storage()
  const inputs = view.inputs().map((input) => [input.name, {
    status: { overlimit: input.memoryBytes >= input.memoryLimit, mem_size: `${input.memoryBytes}b`, mem_limit: limitText(input.memoryLimit) },
    chunks: { total: input.memoryFrames + input.diskFrames, up: input.memoryFrames, down: input.diskFrames, busy: 0, busy_size: '0b' }
  }])
  return {
    storage_layer: {
      chunks: {
        total_chunks: memoryFrames + diskFrames, mem_chunks: memoryFrames, fs_chunks: diskFrames, fs_chunks_up: 0, fs_chunks_down: diskFrames
      }
    },
    input_chunks: Object.fromEntries(inputs) as object
  }
}

function limitText(limit: number): string {
  return limit === Infinity ? '0b' : `${limit}b`
}

/** The terms of both equations, and what each lacks. */
function ledger(view: AgentView): object {
  return {
    inputs: Object.fromEntries(view.inputs().map(({ name, ledger: terms }) => [name, { ...terms, imbalance: inputImbalance(terms) }])),
    outputs: Object.fromEntries(view.outputs().map(({ name, ledger: terms }) => [name, { ...terms, imbalance: outputImbalance(terms) }]))
  }
}
