/**
 * A backlog on disk: fills the buffer against a dead destination, then measures how long a start takes until the
 * metrics page answers and until the first record is delivered, and the peak RSS while all of it goes out.
 *
 *     node bench/backlog.ts [--gigabytes 2]
 */
import { createServer, get } from 'node:http'
import { openSync, writeSync, closeSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { RunningAgent, pause, removeFolder, scratchFolder } from './process.ts'

const { values } = parseArgs({ options: { gigabytes: { type: 'string', default: '2' } } })
const bytes = Number(values.gigabytes) * 1e9
const folder = scratchFolder()
const input = join(folder, 'in.log')
const line = 'a line of a backlog that has to wait until its destination comes back, of an ordinary length, and then some more\n'
const file = openSync(input, 'w')
const block = line.repeat(10_000)
let written = 0
while (written < bytes * 0.7) written += writeSync(file, block)
closeSync(file)

let received = 0
let first = 0
const sink = createServer((request, response) => {
  request.on('data', (data: Buffer) => { received += data.length; first ||= performance.now() })
  request.on('end', () => response.end('{"took":1,"errors":false,"items":[]}'))
})
await new Promise<void>((done) => sink.listen(0, '127.0.0.1', done))
const address = sink.address()
const port = typeof address === 'object' && address !== null ? address.port : 0

const config = (to: number, metrics: number): string => `service:
  {log_level: error, storage.path: ${folder}/storage, http_server: on, http_listen: 127.0.0.1, http_port: ${metrics}}
pipeline:
  inputs: [{name: tail, path: ${input}, tag: app, read_from_head: true, storage.type: filesystem}]
  outputs: [{name: http, match: '*', host: 127.0.0.1, port: ${to}, format: json_lines}]
`
const metricsPort = 20_000 + Math.floor(Math.random() * 20_000)

async function page(path: string): Promise<string | undefined> {
  return await new Promise((done) => {
    get({ host: '127.0.0.1', port: metricsPort, path }, (response) => {
      let text = ''
      response.on('data', (data: Buffer) => (text += data.toString()))
      response.on('end', () => done(text))
    }).on('error', () => done(undefined))
  })
}

const filling = new RunningAgent(folder, config(1, metricsPort))
let read = 0
for (;;) {
  await pause(500)
  const ledger = JSON.parse((await page('/api/v1/ledger')) ?? '{}') as { inputs?: { [name: string]: { read: number } } }
  const now = ledger.inputs?.['tail.0']?.read ?? 0
  if (now > 0 && now === read) break
  read = now
}
const fill = filling.memory()
await filling.stop('SIGKILL')

const started = performance.now()
const agent = new RunningAgent(folder, config(port, metricsPort))
while ((await page('/api/v1/uptime')) === undefined) await pause(5)
const answering = performance.now() - started
const starting = agent.cpu()
while (first === 0) await pause(5)
const delivering = first - started
const cpu = agent.cpu()
let last = -1
while (received !== last) { last = received; await pause(1000) }
console.log(`backlog of ${read} records, ${(written / 1e9).toFixed(1)} GB of lines; while filling peak ${fill.peak.toFixed(0)} MB`)
console.log(`start: metrics after ${answering.toFixed(0)} ms and ${starting.toFixed(2)} CPU s, first delivery after ${delivering.toFixed(0)} ms; peak ${agent.memory().peak.toFixed(0)} MB; ${(((agent.cpu() - cpu) * 1e8) / written).toFixed(2)} CPU s per 100 MB of lines`)
await agent.stop()
sink.close()
removeFolder(folder)
