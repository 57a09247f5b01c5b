/** Pods as a node has them, on a real API server: the object, its status as a kubelet writes it, and its log file. */
import { appendFileSync } from 'node:fs'
import path from 'node:path'
import { createHash } from 'node:crypto'
import type { Pod } from '../../src/filters/kubernetes/metadata.ts'
import { Backoff } from '../../src/lib/kubernetes-api/backoff.ts'
import { ApiClient } from '../../src/lib/kubernetes-api/client.ts'
import { Watch } from '../../src/lib/kubernetes-api/watch.ts'
import { eventually } from '../support/wait.ts'
import type { KubernetesServer } from '../support/servers/kubernetes.ts'

export interface PodPlan {
  readonly namespace: string
  readonly name: string
  readonly node: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

export class NodePod {
  readonly id: string
  readonly image: string
  readonly hash: string
  readonly ip: string
  readonly plan: PodPlan
  readonly file: string
  uid = ''
  labels: Readonly<Record<string, string>> = {}
  /** Lines written. */
  lines = 0
  /** When the status was published, as Date.now(). */
  published = Infinity
  readonly #server: KubernetesServer

  constructor (server: KubernetesServer, plan: PodPlan, logs: string, serial: number) {
    this.#server = server
    this.plan = plan
    this.id = createHash('sha256').update(`${plan.namespace}/${plan.name}/${serial}`).digest('hex')
    this.image = `registry.example/app:${serial}`
    this.hash = `registry.example/app@sha256:${createHash('sha256').update(this.image).digest('hex')}`
    this.ip = `10.1.${serial >> 8}.${serial & 255}`
    this.file = path.join(logs, `${plan.name}_${plan.namespace}_app-${this.id}.log`)
  }

  get #path (): string {
    return `/api/v1/namespaces/${this.plan.namespace}/pods`
  }

  async create (): Promise<void> {
    const { name, node, labels = {}, annotations = {} } = this.plan
    const made = await this.#server.must<{ metadata: { uid: string, labels: Record<string, string> } }>('POST', this.#path, {
      body: { metadata: { name, labels, annotations }, spec: { nodeName: node, containers: [{ name: 'app', image: this.image }] } }
    })
    this.uid = made.metadata.uid
    this.labels = made.metadata.labels
  }

  async publish (): Promise<void> {
    await this.#patch('/status', {
      status: {
        phase: 'Running',
        podIP: this.ip,
        podIPs: [{ ip: this.ip }],
        containerStatuses: [{
          name: 'app', image: this.image, imageID: this.hash, containerID: `containerd://${this.id}`, ready: true, started: true,
          restartCount: 0, state: { running: { startedAt: '2026-01-01T00:00:00Z' } }
        }]
      }
    })
    this.published = Date.now()
  }

  async label (labels: Readonly<Record<string, string>>): Promise<void> {
    this.labels = (await this.#patch('', { metadata: { labels } })).metadata.labels
  }

  async delete (): Promise<void> {
    await this.#server.must('DELETE', `${this.#path}/${this.plan.name}?gracePeriodSeconds=0`)
  }

  /** A line in the runtime's format, with what is true of the pod when it is written. */
  write (): void {
    const time = new Date()
    const said = { pod: this.plan.name, n: this.lines++, uid: this.uid, label: this.labels['v'] ?? '', at: time.getTime() }
    appendFileSync(this.file, `${time.toISOString().replace('Z', '000000Z')} stdout F ${JSON.stringify(said)}\n`)
  }

  #patch (part: string, body: object): Promise<{ metadata: { labels: Record<string, string> } }> {
    return this.#server.must('PATCH', `${this.#path}/${this.plan.name}${part}`, { body, type: 'application/merge-patch+json' })
  }
}

/**
 * What a kubelet knows: the pods of its node, by a watch of its own. It starts a container only when the API server has told
 * it of the pod, which after a start of the server may be seconds after the pod was made.
 */
export class Kubelet {
  readonly #uids = new Set<string>()
  readonly #watch: Watch<Pod>

  constructor (server: KubernetesServer, node: string) {
    const client = new ApiClient({
      url: server.url, token: { file: undefined, command: `printf ${server.adminToken}`, ttl: 3_600_000 }, caFile: server.caFile, caPath: undefined,
      verify: true, verifyHostname: true, serverName: undefined, userAgent: 'kubelet'
    })
    this.#watch = new Watch<Pod>({
      client,
      path: '/api/v1/pods',
      query: { fieldSelector: `spec.nodeName=${node}` },
      backoff: new Backoff(100, 1000),
      sink: {
        put: (pod) => { this.#uids.add(pod.metadata?.uid ?? '') },
        restarted: () => {}, gone: () => {}, synced: () => {}, resumed: () => {}, failed: () => {}
      }
    })
    this.#watch.start()
  }

  async told (pod: NodePod): Promise<void> {
    await eventually(`the kubelet is told of ${pod.plan.name}`, () => this.#uids.has(pod.uid), { interval: 5, timeout: 60_000 })
  }

  stop (): Promise<void> {
    return this.#watch.stop()
  }
}

/** Tries again what fails while the API server is away. */
export async function insist<T> (work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      const away = ['ECONNREFUSED', 'ECONNRESET', 'EPIPE'].includes(code ?? '') || /socket hang up|: (5\d\d|429) /.test(message)
      if (!away || attempt === 200) throw error
      await new Promise((done) => setTimeout(done, 100))
    }
  }
}
