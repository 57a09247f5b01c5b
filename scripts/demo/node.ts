/** A folder that looks like a node: pods that log as a container runtime writes, and a kubelet that rotates. */
import { createHash } from 'node:crypto'
import { appendFileSync, mkdirSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'

interface Pod {
  readonly name: string
  readonly namespace: string
  readonly container: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  /** The next messages of the container; one longer than the runtime's limit is cut into parts. */
  message (number: number): string
}

/** Where a runtime cuts a message in parts; 16 KB on a node, less here so that parts are seen. */
const partSize = 400
/** When the kubelet rotates a log; 10 MB on a node. */
const rotateSize = 8192

const routes = ['/cart', '/checkout', '/products/7', '/login']

const pods: readonly Pod[] = [
  {
    name: 'web-6c9f7d4b5-x2lqp',
    namespace: 'shop',
    container: 'web',
    labels: { app: 'web', tier: 'front' },
    annotations: {},
    message: (n) => JSON.stringify({
      level: n % 17 === 0 ? 'error' : 'info',
      msg: 'request',
      method: 'GET',
      route: routes[n % routes.length],
      status: n % 17 === 0 ? 502 : 200,
      ms: (n * 37) % 250
    })
  },
  {
    name: 'orders-5b8c6f9d7-9kzfm',
    namespace: 'shop',
    container: 'orders',
    labels: { app: 'orders' },
    annotations: { 'example.com/owner': 'payments' },
    message: (n) => n % 5 === 0
      ? JSON.stringify({ level: 'debug', msg: 'order', id: n, items: Array.from({ length: 30 }, (_, i) => ({ sku: `SKU-${i}`, count: (n + i) % 9 })) })
      : JSON.stringify({ level: 'info', msg: 'order accepted', id: n })
  },
  {
    name: 'postgres-0',
    namespace: 'data',
    container: 'postgres',
    labels: { app: 'postgres' },
    annotations: {},
    message: (n) => `LOG:  duration: ${((n * 13) % 900) / 10} ms  statement: SELECT * FROM orders WHERE id = ${n}`
  },
  {
    name: 'probe-7f9d8',
    namespace: 'data',
    container: 'probe',
    labels: { app: 'probe' },
    // This one asks not to be shipped: it is read, counted, and left out.
    annotations: { 'fluentbit.io/exclude': 'true' },
    message: (n) => `probe ${n} ok`
  }
]

/** One container's log: the file, the kubelet's link to it, and how far it has come. */
class Container {
  readonly pod: Pod
  /** Messages written. */
  messages = 0
  /** Lines written: a message cut in parts has several. */
  lines = 0
  rotations = 0
  readonly #file: string

  constructor (pod: Pod, root: string) {
    this.pod = pod
    const uid = uidOf(pod)
    const id = createHash('sha256').update(pod.name).digest('hex')
    const folder = path.join(root, 'var/log/pods', `${pod.namespace}_${pod.name}_${uid}`, pod.container)
    const links = path.join(root, 'var/log/containers')
    for (const made of [folder, links]) mkdirSync(made, { recursive: true })
    this.#file = path.join(folder, '0.log')
    appendFileSync(this.#file, '')
    symlinkSync(this.#file, path.join(links, `${pod.name}_${pod.namespace}_${pod.container}-${id}.log`))
  }

  log (): void {
    const stream = this.messages % 10 === 9 ? 'stderr' : 'stdout'
    const message = this.pod.message(this.messages++)
    let text = ''
    for (let at = 0; at < message.length; at += partSize) {
      const last = at + partSize >= message.length
      text += `${now()} ${stream} ${last ? 'F' : 'P'} ${message.slice(at, at + partSize)}\n`
      this.lines++
    }
    appendFileSync(this.#file, text)
    if (statSync(this.#file).size > rotateSize) {
      this.rotations++
      renameSync(this.#file, `${this.#file}.${now().slice(0, 19).replace(/[-:]/g, '').replace('T', '-')}.${this.rotations}`)
      writeFileSync(this.#file, '')
    }
  }
}

function uidOf (pod: Pod): string {
  return createHash('md5').update(`${pod.namespace}/${pod.name}`).digest('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

/** As container runtimes write it: RFC 3339 with nine digits of a second. */
function now (): string {
  const [seconds = '', fraction = ''] = new Date().toISOString().slice(0, -1).split('.')
  return `${seconds}.${fraction}${String(Math.floor(Math.random() * 1e6)).padStart(6, '0')}Z`
}

export class Node {
  readonly containers: readonly Container[]
  #timer: NodeJS.Timeout | undefined

  constructor (root: string) {
    mkdirSync(path.join(root, 'metadata'), { recursive: true })
    this.containers = pods.map((pod) => new Container(pod, root))
    for (const pod of pods) {
      writeFileSync(path.join(root, 'metadata', `${pod.namespace}_${pod.name}.meta`), JSON.stringify({
        kind: 'Pod',
        apiVersion: 'v1',
        metadata: { name: pod.name, namespace: pod.namespace, uid: uidOf(pod), labels: pod.labels, annotations: pod.annotations },
        spec: { nodeName: 'demo-node', containers: [{ name: pod.container, image: `registry.example.com/${pod.container}:1.4` }] },
        status: { podIP: '10.0.0.7' }
      }))
    }
  }

  /** Every container logs `rate` messages a second. */
  start (rate: number): void {
    this.#timer = setInterval(() => {
      for (const container of this.containers) container.log()
    }, 1000 / rate)
  }

  stop (): void {
    clearInterval(this.#timer)
  }

  get lines (): number {
    return this.containers.reduce((sum, { lines }) => sum + lines, 0)
  }

  get rotations (): number {
    return this.containers.reduce((sum, { rotations }) => sum + rotations, 0)
  }

  static remove (root: string): void {
    rmSync(root, { recursive: true, force: true })
  }
}
