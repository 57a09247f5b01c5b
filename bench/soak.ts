/**
 * A full node at rest: 500 pods that a real API server knows, 1,000 lines a second of all of them together, a file rotated
 * every second, for ten minutes, from `tail` through `kubernetes` to `es`. CPU, and what becomes of memory: the slope of RSS
 * after two minutes by least squares, with its standard error. With a `fluent-bit` on the PATH, that one beside it, on the
 * same files and at the same time.
 *
 *     node bench/soak.ts [--pods 500] [--lines 1000] [--minutes 10] [--rotations 1] [--alone]
 */
import { spawn, spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, renameSync, rmSync, symlinkSync, writeFileSync, writeSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startKubernetes, type KubernetesServer } from '../test/support/servers/kubernetes.ts'
import { AGENT, pause, removeFolder, RunningAgent, scratchFolder } from './process.ts'

const { values } = parseArgs({
  options: { pods: { type: 'string', default: '500' }, lines: { type: 'string', default: '1000' }, minutes: { type: 'string', default: '10' },
    rotations: { type: 'string', default: '1' }, alone: { type: 'boolean', default: false }
  }
})
const [pods, perSecond, minutes, rotations] = [Number(values.pods), Number(values.lines), Number(values.minutes), Number(values.rotations)]
const WARM = Math.min(120, minutes * 12)
const EVERY = 2

process.env['NODE_NAME'] = 'node-a'
const server = await startKubernetes()
const sink = spawn(process.execPath, [join(import.meta.dirname, 'sink.ts')], { stdio: ['ignore', 'pipe', 'inherit'] })
const folder = scratchFolder()
const logs = join(folder, 'logs')
mkdirSync(logs)
try {
  const port = await new Promise<number>((done) => sink.stdout.once('data', (text: Buffer) => done(Number(String(text).split(' ')[0]))))
  const token = join(folder, 'token')
  await server.namespace('full')
  writeFileSync(token, await server.account('full', 'agent', [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] }]))
  const files = await makePods(server)
  const found = !values.alone && spawnSync('fluent-bit', ['--version']).status === 0
  const agents = await Promise.all([AGENT, ...(found ? ['fluent-bit'] : [])].map(async (command, i) => {
    const metrics = await freePort()
    const own = join(folder, String(i))
    mkdirSync(own)
    return { name: i === 0 ? 'Fantail' : 'Fluent Bit', metrics, agent: new RunningAgent(own, configuration(server, token, port, metrics), 'ignore', command), samples: [] as (readonly [number, number])[], from: 0 }
  }))
  // what is rotated before an agent knows the file is nobody's
  await pause(10_000)
  const start = performance.now()
  let written = 0
  let sampled = 0
  let rotated = 0
  for (let now = 0; now < minutes * 60; now = (performance.now() - start) / 1000) {
    for (; written < now * perSecond; written++) writeSync(files[written % files.length]!.descriptor, line(written))
    for (; rotated < now * rotations; rotated++) rotate(files[rotated % files.length]!)
    if (now >= sampled) {
      sampled = now + EVERY
      for (const one of agents) {
        if (now < WARM) one.from = one.agent.cpu()
        else one.samples.push([now, one.agent.memory().now])
      }
    }
    await pause(20)
  }
  console.log(`${pods} pods, ${perSecond} lines a second, ${minutes} minutes; CPU and slope after ${WARM} s`)
  for (const { name, agent, samples, from } of agents) {
    const { slope, error } = trend(samples)
    const cpu = agent.cpu() - from
    const rss = samples.map(([, megabytes]) => megabytes).sort((a, b) => a - b)
    console.log(
      `${name}: CPU ${cpu.toFixed(1)} s (${((cpu * 100) / (minutes * 60 - WARM)).toFixed(2)} % of one core), RSS ${rss[Math.floor(rss.length / 2)]!.toFixed(1)} MB ` +
      `(${rss[0]!.toFixed(1)}–${rss.at(-1)!.toFixed(1)}), peak ${agent.memory().peak.toFixed(1)}, slope ${(slope * 60).toFixed(3)} ± ${(error * 60).toFixed(3)} MB a minute`
    )
  }
  await pause(3000)
  const ledger = await (await fetch(`http://127.0.0.1:${agents[0]!.metrics}/api/v1/ledger`)).text()
  console.log(`written ${written}; ledger ${ledger}`)
  for (const { agent } of agents) await agent.stop()
} finally {
  sink.kill()
  await server.stop()
  removeFolder(folder)
}

interface LogFile {
  readonly path: string
  descriptor: number
  rotations: number
}

/** Pods as large as they are in practice, with their status, and the file of each. */
async function makePods(api: KubernetesServer): Promise<LogFile[]> {
  const env = Array.from({ length: 60 }, (_, i) => ({ name: `SETTING_${i}`, value: 'x'.repeat(60) }))
  const made: LogFile[] = []
  for (let i = 0; i < pods; i++) {
    const name = `web-${i}`
    const id = String(i).padStart(64, '0')
    await api.must('POST', '/api/v1/namespaces/full/pods', {
      body: {
        metadata: { name, labels: { app: `app-${i}`, 'pod-template-hash': '5d4f8c7b9' }, annotations: { note: 'y'.repeat(300) } },
        spec: { nodeName: 'node-a', containers: [{ name: 'app', image: 'nginx:1', env }] }
      }
    })
    await api.must('PATCH', `/api/v1/namespaces/full/pods/${name}/status`, {
      type: 'application/merge-patch+json',
      body: {
        status: {
          phase: 'Running', podIP: '10.0.0.1', containerStatuses: [{
            name: 'app', image: 'nginx:1', imageID: 'sha256:1', containerID: `containerd://${id}`, ready: true, started: true, restartCount: 0,
            state: { running: {} }
          }]
        }
      }
    })
    // as the kubelet has them: agents look at links, and what is written is elsewhere
    const own = join(folder, 'pods', `full_${name}`)
    mkdirSync(own, { recursive: true })
    const path = join(own, '0.log')
    symlinkSync(path, join(logs, `${name}_full_app-${id}.log`))
    made.push({ path, descriptor: openSync(path, 'a'), rotations: 0 })
  }
  return made
}

function line(n: number): string {
  return `${new Date().toISOString().replace('Z', '000000Z')} stdout F {"level":"info","msg":"request served from cache","n":${n},"http_status":200,"latency_ms":12.5,"trace_id":"abcdef012345"}\n`
}

/** As the kubelet does; the file before is deleted. */
function rotate(file: LogFile): void {
  rmSync(`${file.path}.${file.rotations}`, { force: true })
  renameSync(file.path, `${file.path}.${++file.rotations}`)
  closeSync(file.descriptor)
  file.descriptor = openSync(file.path, 'a')
}

function configuration(api: KubernetesServer, token: string, port: number, metrics: number): string {
  return `service: { flush: 1, grace: 30, log_level: error, http_server: on, http_listen: 127.0.0.1, http_port: ${metrics} }
pipeline:
  inputs:
    - { name: tail, path: '${logs}/*.log', tag: 'kube.*', multiline.parser: cri, read_from_head: on, refresh_interval: 5 }
  filters:
    - name: kubernetes
      match: 'kube.*'
      kube_tag_prefix: kube.${logs.slice(1).replaceAll('/', '.')}.
      kube_url: ${api.url}
      kube_ca_file: ${api.caFile}
      kube_token_file: ${token}
      merge_log: on
      k8s-logging.parser: on
      annotations: off
  outputs:
    - { name: es, match: '*', host: 127.0.0.1, port: ${port}, suppress_type_name: on, retry_limit: no_limits }
`
}

/** The line through the samples by least squares: megabytes a second. */
function trend(samples: readonly (readonly [number, number])[]): { slope: number; error: number } {
  const n = samples.length
  const meanX = samples.reduce((sum, [x]) => sum + x, 0) / n
  const meanY = samples.reduce((sum, [, y]) => sum + y, 0) / n
  let xx = 0
  let xy = 0
  for (const [x, y] of samples) {
    xx += (x - meanX) ** 2
    xy += (x - meanX) * (y - meanY)
  }
  const slope = xy / xx
  const rest = samples.reduce((sum, [x, y]) => sum + (y - meanY - slope * (x - meanX)) ** 2, 0)
  return { slope, error: Math.sqrt(rest / (n - 2) / xx) }
}

async function freePort(): Promise<number> {
  const one = createServer()
  await new Promise<void>((done) => { one.listen(0, '127.0.0.1', done) })
  const { port } = one.address() as AddressInfo
  await new Promise((done) => one.close(done))
  return port
}
