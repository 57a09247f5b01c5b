import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { Running } from './process.ts'
import type { Ending } from './process.ts'
import { freePort, tempFolder } from './temp.ts'
import { eventually } from './wait.ts'

export const fantail: string = path.join(import.meta.dirname, '../../bin/fantail')

/** The terms of the ledger, as `GET /api/v1/ledger` and `fantail ledger --json` give them. */
export interface Ledger {
  readonly inputs: Readonly<Record<string, Readonly<Record<string, Term>>>>
  readonly outputs: Readonly<Record<string, Readonly<Record<string, Term>>>>
}

/** A count, or counts by filter or reason. */
export type Term = number | Readonly<Record<string, number>>

export interface AgentOptions {
  /** The parts of the configuration below `pipeline`, as YAML; `{dir}` stands for the agent's folder. */
  readonly pipeline: string
  /** More lines of the service section, unindented. */
  readonly service?: string
  /** Other sections, as YAML. */
  readonly sections?: string
  readonly storage?: 'memory' | 'filesystem'
  readonly env?: NodeJS.ProcessEnv
}

/** The agent as a process, with a configuration, state and logs in one folder, through any number of lives. */
export class Agent {
  readonly folder: string
  readonly port: number
  readonly config: string
  lives = 0
  readonly #env: NodeJS.ProcessEnv
  #running: Running | undefined

  constructor (options: AgentOptions, folder: string, port: number) {
    this.folder = folder
    this.port = port
    this.config = path.join(folder, 'fantail.yaml')
    this.#env = {
      ...process.env,
      XDG_STATE_HOME: path.join(folder, 'xdg'),
      FANTAIL_STATE_DIR: path.join(folder, 'state'),
      ...options.env
    }
    mkdirSync(path.join(folder, 'logs'), { recursive: true })
    const given = options.service?.trim().split('\n') ?? []
    const named = new Set(given.map((line) => line.split(':')[0]))
    const service = [
      'flush: 0.2',
      'grace: 5',
      'http_server: on',
      'http_listen: 127.0.0.1',
      `http_port: ${port}`,
      ...(options.storage === 'filesystem' ? [`storage.path: ${folder}/buffer`] : [])
    ].filter((line) => !named.has(line.split(':')[0])).concat(given)
    const text = `service:\n${service.map((line) => `  ${line}\n`).join('')}${options.sections ?? ''}\n` +
      `pipeline:\n${options.pipeline.trimEnd().split('\n').map((line) => `  ${line}\n`).join('')}`
    writeFileSync(this.config, text.replaceAll('{dir}', folder))
  }

  static async create (options: AgentOptions): Promise<Agent> {
    return new Agent(options, tempFolder('agent'), await freePort())
  }

  static async start (options: AgentOptions): Promise<Agent> {
    const agent = await Agent.create(options)
    await agent.start()
    return agent
  }

  get logs (): string {
    return path.join(this.folder, 'logs')
  }

  get url (): string {
    return `http://127.0.0.1:${this.port}`
  }

  get running (): Running {
    if (this.#running === undefined) throw new Error('the agent was never started')
    return this.#running
  }

  get alive (): boolean {
    return this.#running?.alive === true
  }

  /** Starts it without waiting until it is up: what tests that kill it at any instant need. */
  launch (): void {
    if (this.alive) throw new Error('the agent runs already')
    this.lives++
    this.#running = new Running({
      command: fantail,
      args: ['run', '-c', this.config],
      cwd: this.folder,
      env: this.#env,
      stdout: path.join(this.folder, 'stdout'),
      log: path.join(this.folder, 'stderr')
    })
  }

  async start (): Promise<void> {
    this.launch()
    await eventually(() => `the agent answers at ${this.url}\n${this.running.tail()}`, async () => {
      if (!this.alive) return 'gone'
      return (await fetch(`${this.url}/api/v1/uptime`)).ok
    }, { timeout: 120_000 })
    if (!this.alive) throw new Error(`the agent ended at start with ${JSON.stringify(this.running.ending)}:\n${this.running.tail()}`)
  }

  /** SIGTERM, and its end; one that had to be killed is a failure. */
  async stop (grace = 30_000): Promise<Ending> {
    const ending = await this.running.stop(grace)
    if (ending.signal === 'SIGKILL') throw new Error(`the agent did not stop within ${grace} ms:\n${this.running.tail()}`)
    return ending
  }

  async kill (): Promise<void> {
    await this.running.kill()
  }

  /** What stdout outputs printed so far, in all lives. */
  stdout (): string {
    const file = path.join(this.folder, 'stdout')
    return existsSync(file) ? readFileSync(file, 'utf8') : ''
  }

  async get (route: string): Promise<string> {
    const response = await fetch(this.url + route)
    const text = await response.text()
    if (!response.ok) throw new Error(`GET ${route}: ${response.status} ${text.slice(0, 300)}`)
    return text
  }

  async ledger (): Promise<Ledger> {
    return JSON.parse(await this.get('/api/v1/ledger')) as Ledger
  }

  /** Resident memory in bytes; Linux only. */
  rss (): number {
    const match = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${this.running.pid}/status`, 'utf8'))
    return Number(match?.[1] ?? 0) * 1024
  }
}
