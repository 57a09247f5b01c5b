/**
 * The main job without any server: container logs that grow and rotate go through the whole pipeline (parts joined, JSON
 * merged, pod metadata, buffer on disk) to standard output and a file, with the metrics page up.
 *
 *   npm run demo [-- --seconds N]     until Ctrl-C, or for N seconds; ends with the account of every line
 *
 * Records go to standard output, everything else to standard error.
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, realpathSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Node } from './node.ts'

const { values } = parseArgs({ options: { seconds: { type: 'string' } } })
const seconds = values.seconds === undefined ? Infinity : Number(values.seconds)
if (!(seconds > 0)) {
  console.error('demo: --seconds needs a number above 0')
  process.exit(1)
}

const folder = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'fantail-demo-')))
const port = await freePort()
const url = `http://127.0.0.1:${port}`
const node = new Node(folder)
node.start(5)

console.error(`demo: a node's logs in ${folder}/var/log/containers, records here and in ${folder}/delivered.jsonl`)
console.error(`demo: metrics at ${url}/metrics, health at ${url}/api/v1/health${seconds === Infinity ? '; Ctrl-C ends it' : ''}`)

const agent = spawn(path.join(import.meta.dirname, '../../bin/fantail'), ['run', '-c', path.join(import.meta.dirname, 'fantail.yaml')], {
  // A group of its own: Ctrl-C is for us, and we stop the agent when the last lines are through.
  detached: true,
  stdio: ['ignore', 'inherit', 'inherit'],
  env: { ...process.env, DEMO_DIR: folder, DEMO_PORT: String(port), DEMO_TAG: `kube${folder.replaceAll('/', '.')}` }
})
const ended = new Promise<number | null>((resolve) => agent.once('exit', resolve))
process.once('exit', () => agent.kill('SIGKILL'))

const stopped = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => stopped.abort())
await Promise.race([
  ended,
  sleep(seconds === Infinity ? 2 ** 31 - 1 : seconds * 1000, undefined, { signal: stopped.signal }).catch(() => {})
])

node.stop()
if (agent.exitCode !== null) {
  console.error(`demo: the agent ended with exit code ${agent.exitCode}`)
  process.exit(1)
}
const ledger = await settled()
agent.kill('SIGTERM')
const code = await ended
report(ledger)
Node.remove(folder)
process.exit(code === 0 && ledger !== undefined ? 0 : 1)

interface Ledger {
  readonly inputs: Readonly<Record<string, Readonly<Record<string, Term>>>>
  readonly outputs: Readonly<Record<string, Readonly<Record<string, Term>>>>
}
type Term = number | Readonly<Record<string, number>>

function total (term: Term | undefined): number {
  if (term === undefined) return 0
  return typeof term === 'number' ? term : Object.values(term).reduce((sum, count) => sum + count, 0)
}

/** The ledger once every line written was read and nothing waits, or as it is after five seconds. */
async function settled (): Promise<Ledger | undefined> {
  let ledger: Ledger | undefined
  for (let i = 0; i < 50; i++) {
    ledger = await fetch(`${url}/api/v1/ledger`).then((response) => response.json() as Promise<Ledger>, () => undefined)
    const read = Object.values(ledger?.inputs ?? {}).reduce((sum, terms) => sum + total(terms['read']), 0)
    const waiting = Object.values(ledger?.outputs ?? {}).reduce((sum, terms) => sum + total(terms['waiting']), 0)
    if (read === node.lines && waiting === 0) break
    await sleep(100)
  }
  return ledger
}

function report (ledger: Ledger | undefined): void {
  const file = path.join(folder, 'delivered.jsonl')
  const delivered = existsSync(file) ? readFileSync(file, 'utf8').split('\n').length - 1 : 0
  console.error(`\ndemo: ${node.lines} lines written by ${node.containers.length} containers, ${node.rotations} rotations; ` +
    `${delivered} records in the file`)
  for (const [side, names] of Object.entries(ledger ?? {})) {
    for (const [name, terms] of Object.entries(names as Ledger['inputs'])) {
      const parts = Object.entries(terms).map(([term, value]) => `${term} ${spell(value)}`)
      console.error(`  ${side.slice(0, -1)} ${name}: ${parts.join(', ')}`)
    }
  }
  if (ledger === undefined) console.error('demo: the agent did not give its ledger')
}

function spell (value: Term): string {
  if (typeof value === 'number') return String(value)
  const parts = Object.entries(value).map(([reason, count]) => `${count} by ${reason}`)
  return parts.length === 0 ? '0' : parts.join(' + ')
}

async function freePort (): Promise<number> {
  const server = createServer()
  const { promise, resolve } = Promise.withResolvers<number>()
  server.listen(0, '127.0.0.1', () => {
    const { port } = server.address() as AddressInfo
    server.close(() => resolve(port))
  })
  return promise
}
