/** Prometheus and promtool as Debian packages them. */
import { execFile } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { Running } from '../process.ts'
import { freePort, tempFolder } from '../temp.ts'
import { eventually } from '../wait.ts'
import { debian } from './server.ts'
import type { Requirement } from './server.ts'

export const prometheus: Requirement = { name: 'Prometheus', prepare: () => debian('prometheus', ['prometheus']) }
export const promtool: Requirement = { name: 'promtool', prepare: () => debian('promtool', ['prometheus']) }

export interface Sample {
  readonly metric: Readonly<Record<string, string>>
  readonly value: number
}

export class PrometheusServer {
  readonly url: string
  readonly #running: Running
  readonly #folder: string

  constructor (url: string, running: Running, folder: string) {
    this.url = url
    this.#running = running
    this.#folder = folder
  }

  get pid (): number {
    return this.#running.pid
  }

  async query (expression: string): Promise<readonly Sample[]> {
    const response = await fetch(`${this.url}/api/v1/query?query=${encodeURIComponent(expression)}`)
    const { data } = await response.json() as { data: { result: { metric: Record<string, string>, value: [number, string] }[] } }
    return data.result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }))
  }

  async stop (): Promise<void> {
    await this.#running.stop()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** Starts a Prometheus that scrapes `target` (host:port) every second at `metricsPath`. */
export async function startPrometheus (target: string, metricsPath = '/metrics'): Promise<PrometheusServer> {
  const folder = tempFolder('prometheus')
  const port = await freePort()
  writeFileSync(path.join(folder, 'prometheus.yml'), `
global: { scrape_interval: 1s, evaluation_interval: 1s }
scrape_configs:
  - job_name: fantail
    metrics_path: ${metricsPath}
    static_configs: [{ targets: ['${target}'] }]
`)
  const running = new Running({
    command: 'prometheus',
    args: [`--config.file=${folder}/prometheus.yml`, `--storage.tsdb.path=${folder}/tsdb`, `--web.listen-address=127.0.0.1:${port}`],
    cwd: folder,
    log: path.join(folder, 'server.log')
  })
  const url = `http://127.0.0.1:${port}`
  await eventually(() => `Prometheus ready\n${running.tail()}`, async () => (await fetch(`${url}/-/ready`)).ok, { timeout: 30_000 })
  return new PrometheusServer(url, running, folder)
}

/** What `promtool check metrics` says of a page of metrics; empty when it finds nothing. Throws when it cannot parse it. */
export async function checkMetrics (page: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const child = execFile('promtool', ['check', 'metrics'], (error, stdout, stderr) => {
    const said = `${stdout}${stderr}`.trim()
    // 3: the page is valid and lint has remarks.
    if (error !== null && error.code !== 3) reject(new Error(`promtool: ${said}`))
    else resolve(said)
  })
  child.stdin?.end(page)
  return promise
}
