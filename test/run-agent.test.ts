import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { runAgent } from '../src/run-agent.ts'
import { loadTables } from '../src/cli/tables.ts'
import { planFile, type Result } from '../src/config/make-plan.ts'
import { imbalances } from './support/ledger.ts'
import type { Ledger } from './support/agent.ts'
import { freePort, tempFolder } from './support/temp.ts'
import { eventually, sleep } from './support/wait.ts'

/** An agent in this process on a configuration that can be written anew. */
class Reloading {
  readonly folder = tempFolder('reload')
  readonly stop = new AbortController()
  readonly port: number
  hangup: () => void = () => {}
  code: Promise<number> | undefined
  loads = 0

  constructor(port: number) {
    this.port = port
    mkdirSync(join(this.folder, 'logs'))
  }

  write(pipeline: string, service = '', sections = ''): void {
    writeFileSync(join(this.folder, 'config.yaml'), `service:
  log_level: info
  log_file: ${this.folder}/agent.log
  storage.path: ${this.folder}/state
  flush: 0.1
  grace: 2
  hot_reload: on
  http_server: on
  http_listen: 127.0.0.1
  http_port: ${this.port}
${service}
${sections}
pipeline:
${pipeline}`)
  }

  async #load(): Promise<Result> {
    this.loads++
    return planFile(join(this.folder, 'config.yaml'), process.env, await loadTables())
  }

  async start(): Promise<void> {
    const { plan, problems } = await this.#load()
    if (plan === undefined) throw new Error(JSON.stringify(problems))
    const source = { load: () => this.#load(), byDefault: true, onHangup: (callback: () => void) => void (this.hangup = callback) }
    this.code = runAgent(plan, { stop: this.stop.signal, stopNow: new AbortController().signal }, source)
    onTestFinished(() => this.end())
    await eventually('the agent answers', async () => (await this.#get('/ready')) === 'ok\n')
  }

  async end(): Promise<void> {
    this.stop.abort()
    await this.code
  }

  async #get(route: string): Promise<string> {
    return (await fetch(`http://127.0.0.1:${this.port}${route}`)).text()
  }

  async post(): Promise<{ readonly status: number; readonly body: unknown }> {
    const response = await fetch(`http://127.0.0.1:${this.port}/api/v2/reload`, { method: 'POST' })
    return { status: response.status, body: await response.json() }
  }

  async reloads(): Promise<number> {
    return (JSON.parse(await this.#get('/api/v2/reload')) as { hot_reload_count: number }).hot_reload_count
  }

  async ledger(): Promise<Ledger> {
    return JSON.parse(await this.#get('/api/v1/ledger')) as Ledger
  }

  metric(page: string, name: string): number {
    return Number(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)`, 'm').exec(page)?.[1])
  }

  metrics(): Promise<string> {
    return this.#get('/metrics')
  }

  output(name = 'out.txt'): string[] {
    const file = join(this.folder, name)
    return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : []
  }

  said(): string {
    return readFileSync(join(this.folder, 'agent.log'), 'utf8')
  }
}

async function make(): Promise<Reloading> {
  return new Reloading(await freePort())
}

function tailTo(agent: Reloading, output: string, more = ''): string {
  return `  inputs: [{name: tail, path: ${agent.folder}/logs/*.log, tag: app, read_from_head: on, refresh_interval: 1${more}}]
  outputs: [{name: file, match: '*', path: ${agent.folder}, file: ${output}, format: plain}]
`
}

describe('a reload', () => {
  it('takes what changed into effect, and every line of a file exactly once', async () => {
    const agent = await make()
    const log = join(agent.folder, 'logs/a.log')
    writeFileSync(log, 'one\ntwo\n')
    agent.write(tailTo(agent, 'out.txt'))
    await agent.start()
    await eventually('the first lines', () => agent.output().length === 2)
    agent.write(tailTo(agent, 'new.txt'))
    appendFileSync(log, 'three\nbegun')
    expect(await agent.post()).toEqual({ status: 200, body: { reload: 'done', status: 0 } })
    appendFileSync(log, ' and ended\n')
    await eventually('the last lines', () => agent.output('new.txt').length >= 1 && [...agent.output(), ...agent.output('new.txt')].length === 4)
    expect([...agent.output(), ...agent.output('new.txt')]).toEqual(['one', 'two', 'three', 'begun and ended'].map((line) => `{"log":"${line}"}`))
    expect(await agent.reloads()).toBe(1)
    expect(agent.metric(await agent.metrics(), 'fluentbit_hot_reloaded_times')).toBe(1)
    expect(imbalances(await agent.ledger())).toEqual([])
  })

  it('that is refused leaves all as it is, and says why with file and line', async () => {
    const agent = await make()
    const log = join(agent.folder, 'logs/a.log')
    agent.write(tailTo(agent, 'out.txt'))
    await agent.start()
    for (const [wrong, why] of [
      [tailTo(agent, 'out.txt', ', pathh: x'), /config\.yaml:\d+:\d+: error: .*pathh/],
      [tailTo(agent, 'out.txt', ', parser: json, multiline.parser: cri'), /config\.yaml:\d+:\d+: error: .*exclude each other/]
    ] as const) {
      agent.write(wrong)
      const { status, body } = await agent.post()
      expect([status, body]).toEqual([400, { reload: 'failed', status: -1, errors: [expect.stringMatching(why)] }])
    }
    const file = join(agent.folder, 'config.yaml')
    writeFileSync(file, readFileSync(file, 'utf8').replace(/pathh: x|parser: json, /, '').replace('/state', '/elsewhere'))
    expect((await agent.post()).body).toMatchObject({ errors: [expect.stringContaining('only a restart can change that')] })
    writeFileSync(log, 'still here\n')
    await eventually('the line', () => agent.output().length === 1)
    expect([await agent.reloads(), agent.metric(await agent.metrics(), 'fantail_reloads_failed_total')]).toEqual([0, 3])
    expect(agent.said().match(/what ran before runs on/g)).toHaveLength(3)
  })

  it('that cannot be started after all brings back what ran before', async () => {
    const agent = await make()
    agent.write(tailTo(agent, 'out.txt'))
    await agent.start()
    const taken = http.createServer()
    await new Promise<void>((done) => taken.listen(0, '127.0.0.1', done))
    onTestFinished(() => void taken.close())
    const { port } = taken.address() as { port: number }
    const file = join(agent.folder, 'config.yaml')
    writeFileSync(file, readFileSync(file, 'utf8').replace(/http_port: \d+/, `http_port: ${port}`))
    const { status, body } = await agent.post()
    expect([status, body]).toEqual([400, { reload: 'failed', status: -1, errors: [expect.stringContaining('EADDRINUSE')] }])
    writeFileSync(join(agent.folder, 'logs/a.log'), 'still here\n')
    await eventually('the line', () => agent.output().length === 1)
  })

  it('loses and repeats nothing that memory holds for a destination that is down, or for one that is not asked for any more', async () => {
    const agent = await make()
    const got: string[] = []
    let up = false
    const server = http.createServer((request, response) => {
      let body = ''
      request.on('data', (part: Buffer) => (body += part.toString()))
      request.on('end', () => {
        if (up) got.push(...body.trimEnd().split('\n'))
        response.writeHead(up ? 200 : 503).end()
      })
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    onTestFinished(() => {
      server.closeAllConnections()
      server.close()
    })
    const { port } = server.address() as { port: number }
    const pipeline = `  inputs: [{name: dummy, dummy: '{"n":1}', samples: 20, rate: 200, tag: d}]
  outputs:
    - {name: http, match: d, host: 127.0.0.1, port: ${port}, format: json_lines, json_date_key: false}
    - {name: file, match: d, path: ${agent.folder}, file: out.txt, format: plain}
`
    agent.write(pipeline)
    await agent.start()
    await eventually('all of it at the file', () => agent.output().length === 20)
    agent.write(pipeline.replace('samples: 20', 'samples: 5'))
    expect((await agent.post()).status).toBe(200)
    expect((await agent.ledger()).outputs['http.0']).toMatchObject({ delivered: 0 })
    up = true
    await eventually('all of it at the server', () => got.length === 25, { timeout: 20_000 })
    await sleep(300)
    expect([got.length, agent.output().length]).toEqual([25, 25])
    expect(imbalances(await agent.ledger())).toEqual([])
  })

  it('again and again under load, while files are rotated, gives every line once and in order', async () => {
    const agent = await make()
    const log = join(agent.folder, 'logs/a.log')
    let written = 0
    const write = (count: number): void => {
      let text = ''
      for (let i = 0; i < count; i++) text += `${written++}\n`
      appendFileSync(log, text)
    }
    agent.write(tailTo(agent, 'out.txt', ', parser: number'), '', 'parsers: [{name: number, format: regex, regex: "^(?<n>\\\\d+)$"}]')
    write(10)
    await agent.start()
    for (let round = 0; round < 12; round++) {
      write(500)
      const reloaded = agent.post()
      write(500)
      if (round % 4 === 3) renameSync(log, `${log}.${round}`)
      write(10)
      expect((await reloaded).status).toBe(200)
    }
    await eventually('all lines', () => agent.output().length >= written, { timeout: 20_000 })
    expect(agent.output().map((line) => Number((JSON.parse(line) as { n: string }).n))).toEqual(Array.from({ length: written }, (_, n) => n))
    expect(imbalances(await agent.ledger())).toEqual([])
  })

  it('is one at a time, needs hot_reload when it comes over HTTP, and comes by SIGHUP', async () => {
    const agent = await make()
    agent.write(tailTo(agent, 'out.txt'))
    await agent.start()
    const answers = await Promise.all([agent.post(), agent.post()])
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400])
    expect(answers).toContainEqual({ status: 400, body: { reload: 'in progress', status: -2 } })
    const file = join(agent.folder, 'config.yaml')
    writeFileSync(file, readFileSync(file, 'utf8').replace('  hot_reload: on\n', ''))
    agent.hangup()
    await eventually('the reload by SIGHUP', async () => (await agent.reloads()) === 2)
    expect(await agent.post()).toEqual({ status: 400, body: { reload: 'not enabled', status: -3 } })
  })
})

describe('a value from a file that is to be refreshed', () => {
  it('takes effect when the file changes', async () => {
    const agent = await make()
    const secret = join(agent.folder, 'token')
    writeFileSync(secret, 'first\n')
    writeFileSync(join(agent.folder, 'logs/a.log'), 'one\n')
    agent.write(`  inputs: [{name: tail, path: ${agent.folder}/logs/*.log, read_from_head: on}]
  filters: [{name: record_modifier, match: '*', record: "token \${TOKEN}"}]
  outputs: [{name: file, match: '*', path: ${agent.folder}, file: out.txt, format: plain}]
`, '', `env:\n  - {name: TOKEN, uri: 'file://${secret}', refresh_interval: 0.1}`)
    await agent.start()
    await eventually('the first line', () => agent.output().length === 1)
    writeFileSync(secret, 'second\n')
    await eventually('the reload', async () => (await agent.reloads()) === 1)
    appendFileSync(join(agent.folder, 'logs/a.log'), 'two\n')
    await eventually('the second line', () => agent.output().length === 2)
    expect(agent.output()).toEqual(['{"log":"one","token":"first"}', '{"log":"two","token":"second"}'])
    expect(agent.said()).not.toContain('first')
  })
})
