/**
 * Line written → seen at the output, at 100 lines a second with default settings: p50, p99 and the worst, in
 * milliseconds, for stdout, file, http and es. `machine` is how late the writer's own timers were in the same run: where
 * it is as large as the rest, the machine was measured and not the agent.
 *
 *     node bench/latency.ts [--seconds 20] [outputs]
 */
import { appendFileSync, closeSync, openSync, readSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { RunningAgent, pause, removeFolder, scratchFolder } from './process.ts'

const { values, positionals } = parseArgs({ allowPositionals: true, options: { seconds: { type: 'string', default: '20' } } })
const lines = Number(values.seconds) * 100

/** Notes when each numbered line arrives: `n=<number> t=<milliseconds>` anywhere in the text. */
class Arrivals {
  readonly delays: number[] = []
  #rest = ''

  take(text: string): void {
    const now = performance.now()
    const all = this.#rest + text
    const end = all.lastIndexOf('\n') + 1
    this.#rest = all.slice(end)
    for (const found of all.slice(0, end).matchAll(/t=(\d+\.\d+)/g)) this.delays.push(now - Number(found[1]))
  }
}

type Start = (folder: string, arrivals: Arrivals) => Promise<{ output: string; listen: (agent: RunningAgent) => void; stop: () => void }>

async function server(arrivals: Arrivals): Promise<{ port: number; stop: () => void }> {
  const http = createServer((request, response) => {
    let text = ''
    request.on('data', (data: Buffer) => (text += data.toString()))
    request.on('end', () => {
      arrivals.take(text + '\n')
      response.writeHead(200, { 'content-type': 'application/json', 'x-elastic-product': 'Elasticsearch' })
      response.end('{"took":1,"errors":false,"items":[]}')
    })
  })
  await new Promise<void>((done) => http.listen(0, '127.0.0.1', done))
  const address = http.address()
  return { port: typeof address === 'object' && address !== null ? address.port : 0, stop: () => void http.close() }
}

const kinds: { readonly [name: string]: Start } = {
  stdout: async (_, arrivals) => ({
    output: "{name: stdout, match: '*'}",
    listen: (agent) => void agent.child.stdout?.on('data', (data: Buffer) => arrivals.take(data.toString())),
    stop: () => {}
  }),
  file: async (folder, arrivals) => {
    const path = join(folder, 'out.txt')
    writeFileSync(path, '')
    const file = openSync(path, 'r')
    const buffer = Buffer.alloc(65536)
    const timer = setInterval(() => {
      for (let n = readSync(file, buffer); n > 0; n = readSync(file, buffer)) arrivals.take(buffer.toString('utf8', 0, n))
    }, 1)
    return { output: `{name: file, match: '*', path: ${folder}, file: out.txt}`, listen: () => {}, stop: () => { clearInterval(timer); closeSync(file) } }
  },
  http: async (_, arrivals) => {
    const { port, stop } = await server(arrivals)
    return { output: `{name: http, match: '*', host: 127.0.0.1, port: ${port}, format: json_lines}`, listen: () => {}, stop }
  },
  es: async (_, arrivals) => {
    const { port, stop } = await server(arrivals)
    return { output: `{name: es, match: '*', host: 127.0.0.1, port: ${port}, suppress_type_name: on}`, listen: () => {}, stop }
  }
}

console.log(`${lines} lines at 100 a second; milliseconds from written to seen`)
for (const [name, start] of Object.entries(kinds)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue
  const folder = scratchFolder()
  const input = join(folder, 'in.log')
  writeFileSync(input, '')
  const arrivals = new Arrivals()
  const { output, listen, stop } = await start(folder, arrivals)
  const agent = new RunningAgent(folder, `service: {log_level: error}
pipeline:
  inputs: [{name: tail, path: ${input}, tag: app, read_from_head: true}]
  outputs: [${output}]
`, 'pipe')
  listen(agent)
  // the start is measured elsewhere: what counts begins when a first line has come through
  appendFileSync(input, `n=first t=${performance.now().toFixed(3)}\n`)
  while (arrivals.delays.length === 0) await pause(20)
  await pause(1500)
  arrivals.delays.length = 0
  const late: number[] = []
  const from = performance.now()
  for (let i = 0; i < lines; i++) {
    appendFileSync(input, `n=${i} t=${performance.now().toFixed(3)} some text of an ordinary length behind it\n`)
    const due = from + (i + 1) * 10
    const early = due - performance.now()
    await pause(Math.max(0, early))
    if (early > 0) late.push(performance.now() - due)
  }
  await pause(1000)
  await agent.stop()
  stop()
  removeFolder(folder)
  const { delays } = arrivals
  const seen = `(${delays.length} of ${lines} seen)`
  console.log(name.padEnd(8), `p50 ${at(delays, 0.5)}  p99 ${at(delays, 0.99)}  worst ${at(delays, 1)}  machine p99 ${at(late, 0.99)}  ${seen}`)
}

function at(numbers: number[], share: number): string {
  numbers.sort((a, b) => a - b)
  return (numbers[Math.min(numbers.length - 1, Math.floor(numbers.length * share))] ?? NaN).toFixed(1)
}
