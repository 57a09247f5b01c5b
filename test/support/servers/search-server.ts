import { mkdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { Running } from '../process.ts'
import { freePort, tempFolder } from '../temp.ts'
import { eventually } from '../wait.ts'
import type { Requirement } from './server.ts'

export interface SearchOptions {
  /** Settings of the server (`thread_pool.write.queue_size`: 1). */
  readonly settings?: Readonly<Record<string, string>>
  /** Java heap in MB. */
  readonly heap?: number
}

/** How one kind of search server is started: everything between `java` and the first argument, and the arguments. */
export interface Launch {
  readonly name: string
  readonly java: string
  readonly cwd: string
  readonly classPath: string
  readonly mainClass: string
  arguments (data: string, port: number): Promise<string[]>
}

/** A version of a server that tests start: what it needs, and how it is started. */
export interface SearchRelease extends Requirement {
  start (options?: SearchOptions): Promise<SearchServer>
}

/** A real Elasticsearch or OpenSearch node with a data folder of its own. */
export class SearchServer {
  readonly url: string
  readonly port: number
  readonly #launch: Launch
  readonly #options: SearchOptions
  readonly #folder: string
  #running: Running | undefined

  constructor (launch: Launch, options: SearchOptions, port: number) {
    this.#launch = launch
    this.#options = options
    this.#folder = tempFolder(launch.name)
    this.port = port
    this.url = `http://127.0.0.1:${port}`
  }

  static async start (launch: Launch, options: SearchOptions): Promise<SearchServer> {
    const server = new SearchServer(launch, options, await freePort())
    await server.restart()
    return server
  }

  get pid (): number {
    return this.#running?.pid ?? 0
  }

  /** Starts it (again) on the same port and data, and waits until it answers. */
  async restart (): Promise<void> {
    await this.#running?.stop()
    const data = path.join(this.#folder, 'data')
    mkdirSync(data, { recursive: true })
    const { heap = 512, settings = {} } = this.#options
    const running = new Running({
      command: this.#launch.java,
      args: [
        `-Xms${heap}m`, `-Xmx${heap}m`, '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-cp', this.#launch.classPath, this.#launch.mainClass,
        ...await this.#launch.arguments(data, this.port),
        ...Object.entries(settings).map(([name, value]) => `${name}=${value}`)
      ],
      cwd: this.#launch.cwd,
      log: path.join(this.#folder, 'server.log')
    })
    this.#running = running
    await eventually(() => `${this.#launch.name} ready\n${running.tail()}`, async () => {
      if (!running.alive) return 'gone'
      const health = await fetch(`${this.url}/_cluster/health?wait_for_status=yellow&timeout=1s`)
      return health.ok
    }, { timeout: 170_000, interval: 100 })
    if (!running.alive) throw new Error(`${this.#launch.name} ended at start:\n${running.tail(40)}`)
  }

  /** kill -9. */
  async kill (): Promise<void> {
    await this.#running?.kill()
  }

  async stop (): Promise<void> {
    await this.#running?.stop()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  /** One request; the answer parsed, an error status thrown. */
  async ask<T> (method: string, route: string, body?: unknown): Promise<T> {
    const response = await fetch(this.url + route, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } })
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${route}: ${response.status} ${text.slice(0, 500)}`)
    return JSON.parse(text === '' ? 'null' : text) as T
  }

  /** How many documents match `indices` after a refresh. */
  async count (indices: string): Promise<number> {
    await this.ask('POST', `/${indices}/_refresh`)
    return (await this.ask<{ count: number }>('GET', `/${indices}/_count`)).count
  }
}
