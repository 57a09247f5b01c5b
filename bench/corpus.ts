/**
 * Inputs of the bench: the same bytes at every run (a fixed seed), kept in the user's cache folder.
 */
import { existsSync, mkdirSync, renameSync, writeFileSync, openSync, writeSync, closeSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** Where inputs are kept between runs. */
export function cacheFolder(): string {
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'fantail', 'bench')
}

/** Numbers in [0, 1) that are the same at every run (mulberry32). */
function random(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

const LEVELS = ['info', 'info', 'info', 'info', 'debug', 'debug', 'warn', 'error']
const PATHS = ['/api/v1/items', '/api/v1/users', '/healthz', '/api/v2/orders/checkout', '/static/app.js', '/login']
const WORDS = 'request served from cache upstream connection pool retry budget exceeded while reading response header order created payment accepted queue drained worker started'.split(' ')

function sentence(next: () => number, words: number): string {
  let text = WORDS[Math.floor(next() * WORDS.length)]!
  for (let i = 1; i < words; i++) text += ' ' + WORDS[Math.floor(next() * WORDS.length)]!
  return text
}

function pick<T>(next: () => number, list: readonly T[]): T {
  return list[Math.floor(next() * list.length)]!
}

function jsonBody(next: () => number, time: string): string {
  const body = {
    time, level: pick(next, LEVELS), msg: sentence(next, 5), http_method: 'GET', http_path: `${pick(next, PATHS)}/${Math.floor(next() * 1e5)}`,
    http_status: next() < 0.95 ? 200 : 503, latency_ms: Math.round(next() * 1e5) / 100, trace_id: Math.floor(next() * 2 ** 48).toString(16).padStart(12, '0')
  }
  return JSON.stringify(body)
}

function stamp(i: number): string {
  const ms = Date.UTC(2026, 10, 22, 10) + i * 2
  return new Date(ms).toISOString().replace('Z', String(i % 1_000_000).padStart(6, '0') + 'Z')
}

/** Writes lines made by `line` until the file has `size` bytes; nothing when it is there already. */
function write(path: string, size: number, line: (i: number) => string): string {
  if (existsSync(path)) return path
  const file = openSync(path + '.part', 'w')
  let written = 0
  let text = ''
  for (let i = 0; written < size; i++) {
    text += line(i) + '\n'
    if (text.length > 1 << 20) {
      written += writeSync(file, text)
      text = ''
    }
  }
  writeSync(file, text)
  closeSync(file)
  renameSync(path + '.part', path)
  return path
}

export interface Corpus {
  /** Folder with the inputs. */
  readonly folder: string
  /** Glob of the container logs; one file a pod, named as the kubelet names them. */
  readonly containers: string
  readonly metadata: string
  readonly json: string
  readonly nginx: string
  readonly raw: string
}

const PODS = 10

/** Makes what is missing: `megabytes` of each kind. */
export function makeCorpus(megabytes: number): Corpus {
  const folder = join(cacheFolder(), `${megabytes}mb-3`)
  const containers = join(folder, 'containers')
  const metadata = join(folder, 'metadata')
  mkdirSync(containers, { recursive: true })
  mkdirSync(metadata, { recursive: true })
  for (let pod = 0; pod < PODS; pod++) writePod(pod, containers, metadata, (megabytes * 1e6) / PODS)
  const size = megabytes * 1e6
  const next = random(7)
  return {
    folder,
    containers: join(containers, '*.log'),
    metadata,
    json: write(join(folder, 'json.log'), size, (i) => jsonBody(next, stamp(i))),
    nginx: write(join(folder, 'nginx.log'), size, (i) => nginxLine(next, i)),
    raw: write(join(folder, 'raw.log'), size, (i) => `${stamp(i)} ${pick(next, LEVELS).toUpperCase()} [worker-${i % 16}] ${sentence(next, 14)}`)
  }
}

function nginxLine(next: () => number, i: number): string {
  const time = `22/Nov/2026:10:${String(Math.floor(i / 60000) % 60).padStart(2, '0')}:${String(Math.floor(i / 1000) % 60).padStart(2, '0')} +0000`
  const host = `10.${Math.floor(next() * 255)}.${Math.floor(next() * 255)}.7`
  return `${host} - - [${time}] "GET ${pick(next, PATHS)}/${Math.floor(next() * 1e5)} HTTP/1.1" ${next() < 0.95 ? 200 : 404} ${Math.floor(next() * 9000)} "https://example.com/" "Mozilla/5.0 (X11; Linux x64) AppleWebKit/537.36 (KHTML, like Gecko)"`
}

function writePod(pod: number, containers: string, metadata: string, size: number): void {
  const next = random(pod + 1)
  const name = `web-${pod}-7d4b9c6f5d-x2k${pod}p`
  const id = String(pod).repeat(64)
  write(join(containers, `${name}_shop_app-${id}.log`), size, (i) => {
    const time = stamp(i)
    const body = next() < 0.6 ? jsonBody(next, time) : `${pick(next, LEVELS).toUpperCase()} ${sentence(next, 12)}`
    return `${time} ${next() < 0.8 ? 'stdout' : 'stderr'} F ${body}`
  })
  writeFileSync(join(metadata, `shop_${name}.meta`), JSON.stringify({
    kind: 'Pod', apiVersion: 'v1',
    metadata: {
      name, namespace: 'shop', uid: `0000000${pod}-2222-3333-4444-555555555555`,
      labels: { app: 'web', 'app.kubernetes.io/name': 'web', tier: 'front' }, annotations: { 'checksum/config': '123' }
    },
    spec: { nodeName: 'ip-10-0-0-1.ec2.internal', containers: [{ name: 'app', image: 'repo/web:1' }] },
    status: { podIP: `10.0.0.${pod}`, containerStatuses: [{ name: 'app', image: 'repo/web:1', imageID: 'docker.io/repo/web@sha256:abc', containerID: `containerd://${id}` }] }
  }))
}
