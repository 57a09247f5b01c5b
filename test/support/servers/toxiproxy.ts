/** toxiproxy 2.12.0, a TCP proxy that spoils connections as it is told, built from its Go module. */
import { execFile } from 'node:child_process'
import { cpSync, rmSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { Running } from '../process.ts'
import { freePort, tempFolder } from '../temp.ts'
import { eventually } from '../wait.ts'
import { cached } from './cache.ts'
import { onPath } from './server.ts'
import type { Requirement } from './server.ts'

const exec = promisify(execFile)

const version = '2.12.0'
/** Checksum of the module as go.sum files spell it; its own go.sum, which it covers, holds those of all it needs. */
const checksum = 'h1:d1x++lYZg/zijXPPcv7PH0MvHMzEI5aX/YuUi/Sw+yg='

function home (): Promise<string> {
  return cached(`toxiproxy-${version}-1`, async (folder) => {
    if (!onPath('go')) throw new Error('needs Go 1.22 or newer: apt-get install -y golang, or https://go.dev/dl')
    const env = {
      ...process.env, GOMODCACHE: path.join(folder, 'modules'), GOCACHE: path.join(folder, 'cache'), GOFLAGS: '-modcacherw', CGO_ENABLED: '0'
    }
    const { stdout } = await exec('go', ['mod', 'download', '-json', `github.com/Shopify/toxiproxy/v2@v${version}`], { env, cwd: folder })
    const { Dir, Sum } = JSON.parse(stdout) as { Dir: string, Sum: string }
    if (Sum !== checksum) throw new Error(`the module of toxiproxy has the checksum ${Sum}, wanted ${checksum}`)
    cpSync(Dir, path.join(folder, 'source'), { recursive: true })
    await exec('go', ['build', '-p', '2', '-mod=readonly', '-trimpath', '-buildvcs=false', '-o', path.join(folder, 'toxiproxy'), './cmd/server'], {
      env, cwd: path.join(folder, 'source'), maxBuffer: 64 << 20
    })
    for (const name of ['modules', 'cache', 'source']) rmSync(path.join(folder, name), { recursive: true, force: true })
  })
}

export const toxiproxy: Requirement = { name: `toxiproxy ${version}`, prepare: async () => { await home() } }

/** What can be done to a connection; `attributes` as toxiproxy names them (milliseconds, KB per second). */
export interface Toxic {
  readonly type: 'latency' | 'bandwidth' | 'reset_peer' | 'timeout' | 'slow_close' | 'limit_data' | 'slicer'
  /** From the client's side: what it sends is upstream. */
  readonly stream: 'upstream' | 'downstream'
  readonly attributes: Readonly<Record<string, number>>
}

export class Toxiproxy {
  readonly #url: string
  readonly #running: Running
  readonly #folder: string

  private constructor (url: string, running: Running, folder: string) {
    this.#url = url
    this.#running = running
    this.#folder = folder
  }

  static async start (): Promise<Toxiproxy> {
    const folder = tempFolder('toxiproxy')
    const port = await freePort()
    const running = new Running({
      command: path.join(await home(), 'toxiproxy'),
      args: ['-host', '127.0.0.1', '-port', String(port)],
      cwd: folder,
      env: { ...process.env, LOG_LEVEL: 'error' },
      log: path.join(folder, 'server.log')
    })
    const url = `http://127.0.0.1:${port}`
    await eventually(() => `toxiproxy ready\n${running.tail()}`, async () => (await fetch(`${url}/version`)).ok, { timeout: 15_000 })
    return new Toxiproxy(url, running, folder)
  }

  /** A proxy before a port of this machine, on a port of its own unless one is given. */
  async before (port: number, own?: number): Promise<Proxy> {
    const listen = own ?? await freePort()
    await this.#ask('POST', '/proxies', { name: `p${listen}`, listen: `127.0.0.1:${listen}`, upstream: `127.0.0.1:${port}`, enabled: true })
    return new Proxy(listen, (method, route, body) => this.#ask(method, `/proxies/p${listen}${route}`, body))
  }

  async #ask (method: string, route: string, body?: unknown): Promise<void> {
    const response = await fetch(this.#url + route, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
    if (!response.ok) throw new Error(`toxiproxy: ${method} ${route}: ${response.status} ${await response.text()}`)
    await response.body?.cancel()
  }

  async stop (): Promise<void> {
    await this.#running.stop()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** One proxied port. */
export class Proxy {
  readonly port: number
  readonly #ask: (method: string, route: string, body?: unknown) => Promise<void>
  #toxics = 0

  constructor (port: number, ask: (method: string, route: string, body?: unknown) => Promise<void>) {
    this.port = port
    this.#ask = ask
  }

  async add (toxic: Toxic): Promise<void> {
    await this.#ask('POST', '/toxics', { name: `t${this.#toxics++}`, toxicity: 1, ...toxic })
  }

  /** As it was: no toxics, and listening. */
  async heal (): Promise<void> {
    for (; this.#toxics > 0; this.#toxics--) await this.#ask('DELETE', `/toxics/t${this.#toxics - 1}`)
    await this.#ask('POST', '', { enabled: true })
  }

  /** Connections are closed and new ones refused. */
  async close (): Promise<void> {
    await this.#ask('POST', '', { enabled: false })
  }
}
