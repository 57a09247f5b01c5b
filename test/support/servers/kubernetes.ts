/**
 * A real API server with its etcd and nothing else: no scheduler (bind pods with `spec.nodeName`), no controllers (a
 * DaemonSet makes no pods, a deleted namespace stays), no kubelet (write a pod's status yourself).
 */
import { generateKeyPairSync } from 'node:crypto'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import path from 'node:path'
import { Running } from '../process.ts'
import { freePort, tempFolder } from '../temp.ts'
import { eventually } from '../wait.ts'
import { kubernetesPrograms } from './kubernetes-build.ts'

export { kubernetes, KUBERNETES_VERSION } from './kubernetes-build.ts'

export interface Reply {
  readonly status: number
  readonly text: string
  /** The answer as JSON; throws when it is none. */
  json<T = { readonly [key: string]: unknown }> (): T
}

export interface AskOptions {
  readonly body?: unknown
  /** The administrator's when not given. */
  readonly token?: string
  /** application/json when not given. */
  readonly type?: string
}

export class KubernetesServer {
  /** Such as https://127.0.0.1:16443. */
  readonly url: string
  readonly folder: string
  /** File with the certificate to trust; there once the server has started. */
  readonly caFile: string
  /** File for kubectl and helm: the administrator's. */
  readonly kubeconfig: string
  readonly adminToken = 'administrator'
  readonly #programs: string
  readonly #port: number
  readonly #etcdPort: number
  readonly #flags: readonly string[]
  #etcd: Running | undefined
  #api: Running | undefined
  #agent: Agent | undefined

  constructor (programs: string, folder: string, port: number, etcdPort: number, flags: readonly string[]) {
    this.#programs = programs
    this.folder = folder
    this.#port = port
    this.#etcdPort = etcdPort
    this.#flags = flags
    this.url = `https://127.0.0.1:${port}`
    this.caFile = path.join(folder, 'apiserver.crt')
    this.kubeconfig = path.join(folder, 'kubeconfig')
  }

  async start (): Promise<void> {
    const { folder } = this
    const key = generateKeyPairSync('rsa', {
      modulusLength: 2048, publicKeyEncoding: { type: 'spki', format: 'pem' }, privateKeyEncoding: { type: 'pkcs1', format: 'pem' }
    })
    writeFileSync(path.join(folder, 'accounts.key'), key.privateKey)
    writeFileSync(path.join(folder, 'accounts.pub'), key.publicKey)
    writeFileSync(path.join(folder, 'tokens.csv'), `${this.adminToken},administrator,administrator,"system:masters"\n`)
    writeFileSync(this.kubeconfig, JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'test', cluster: { server: this.url, 'certificate-authority': this.caFile } }],
      users: [{ name: 'administrator', user: { token: this.adminToken } }],
      contexts: [{ name: 'test', context: { cluster: 'test', user: 'administrator' } }],
      'current-context': 'test'
    }))
    this.#etcd = new Running({
      command: path.join(this.#programs, 'etcd'),
      args: [
        '--data-dir', path.join(folder, 'etcd'), '--unsafe-no-fsync', '--log-level', 'error',
        '--listen-client-urls', this.#etcdUrl, '--advertise-client-urls', this.#etcdUrl, '--listen-peer-urls', 'http://127.0.0.1:0'
      ],
      cwd: folder,
      log: path.join(folder, 'etcd.log')
    })
    await this.startApi()
  }

  get #etcdUrl (): string {
    return `http://127.0.0.1:${this.#etcdPort}`
  }

  /** Starts the API server on what etcd holds; ready when it resolves. */
  async startApi (): Promise<void> {
    const { folder } = this
    const api = this.#api = new Running({
      command: path.join(this.#programs, 'kube-apiserver'),
      args: [
        '--etcd-servers', this.#etcdUrl, '--bind-address', '127.0.0.1', '--advertise-address', '127.0.0.1',
        '--secure-port', String(this.#port), '--cert-dir', folder,
        '--service-account-issuer', 'https://kubernetes.default.svc',
        '--service-account-signing-key-file', path.join(folder, 'accounts.key'),
        '--service-account-key-file', path.join(folder, 'accounts.pub'),
        '--token-auth-file', path.join(folder, 'tokens.csv'), '--authorization-mode', 'Node,RBAC',
        '--service-cluster-ip-range', '10.96.0.0/16', '--endpoint-reconciler-type', 'none',
        // nothing makes the account `default` of a namespace, without which this plugin refuses every pod
        '--disable-admission-plugins', 'ServiceAccount', '--allow-privileged', '--profiling=false', ...this.#flags
      ],
      cwd: folder,
      log: path.join(folder, 'kube-apiserver.log')
    })
    await eventually(() => `the API server is ready\n${api.tail()}\n${this.#etcd?.tail() ?? ''}`, async () => {
      if (!api.alive) throw new Error('it has ended')
      // read each time until it answers: at first it may be half written
      this.#agent?.destroy()
      this.#agent = new Agent({ ca: readFileSync(this.caFile), keepAlive: true })
      return (await this.ask('GET', '/readyz')).text === 'ok'
    }, { timeout: 120_000, interval: 100 })
  }

  /** Stops the API server; etcd keeps everything. In good order it would wait a minute for watches to end. */
  async stopApi (): Promise<void> {
    await this.#api?.stop(2000)
    this.#agent?.destroy()
    this.#agent = undefined
  }

  async killApi (): Promise<void> {
    await this.#api?.kill()
    this.#agent?.destroy()
    this.#agent = undefined
  }

  async stop (): Promise<void> {
    await this.killApi()
    await this.#etcd?.kill()
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** A request to the API server, by the administrator unless a token says otherwise. */
  async ask (method: string, pathAndQuery: string, { body, token = this.adminToken, type = 'application/json' }: AskOptions = {}): Promise<Reply> {
    const { promise, resolve, reject } = Promise.withResolvers<Reply>()
    const outgoing = request(`${this.url}${pathAndQuery}`, {
      method, agent: this.#agent, headers: { authorization: `Bearer ${token}`, 'content-type': type, accept: 'application/json' }
    }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        resolve({ status: response.statusCode ?? 0, text, json: <T>() => JSON.parse(text) as T })
      })
    })
    outgoing.on('error', reject)
    outgoing.end(body === undefined ? undefined : JSON.stringify(body))
    return promise
  }

  /** `ask` that must succeed: throws what the server said otherwise. */
  async must<T = { readonly [key: string]: unknown }> (method: string, pathAndQuery: string, options?: AskOptions): Promise<T> {
    const reply = await this.ask(method, pathAndQuery, options)
    if (reply.status >= 300) throw new Error(`${method} ${pathAndQuery}: ${reply.status} ${reply.text}`)
    return reply.json<T>()
  }

  async namespace (name: string, labels: Readonly<Record<string, string>> = {}, annotations: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.must('POST', '/api/v1/namespaces', { body: { metadata: { name, labels, annotations } } })
  }

  /**
   * A service account that may do what `rules` say in the whole cluster, and its token, good for an hour.
   * `pod`: the token is bound to this pod, and void some seconds after it is deleted.
   */
  async account (namespace: string, name: string, rules: readonly object[], pod?: string): Promise<string> {
    const full = `${namespace}-${name}`
    await this.must('POST', `/api/v1/namespaces/${namespace}/serviceaccounts`, { body: { metadata: { name } } })
    const rbac = '/apis/rbac.authorization.k8s.io/v1'
    await this.must('POST', `${rbac}/clusterroles`, { body: { metadata: { name: full }, rules } })
    await this.must('POST', `${rbac}/clusterrolebindings`, {
      body: {
        metadata: { name: full },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: full },
        subjects: [{ kind: 'ServiceAccount', namespace, name }]
      }
    })
    return this.token(namespace, name, pod)
  }

  /** A token of a service account that exists. */
  async token (namespace: string, name: string, pod?: string): Promise<string> {
    const bound = pod === undefined ? {} : { boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: pod } }
    const { status } = await this.must<{ status: { token: string } }>('POST', `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`, {
      body: { spec: { expirationSeconds: 3600, ...bound } }
    })
    return status.token
  }

  /** Forgets the history in etcd; only while the API server is down, as it answers from its own memory otherwise. */
  async compact (): Promise<void> {
    const ask = async (at: string, body: object): Promise<{ header: { revision: string } }> => {
      const response = await fetch(`${this.#etcdUrl}${at}`, { method: 'POST', body: JSON.stringify(body) })
      return await response.json() as { header: { revision: string } }
    }
    const { header } = await ask('/v3/maintenance/status', {})
    await ask('/v3/kv/compaction', { revision: header.revision, physical: true })
  }
}

/** Starts etcd and the API server; `flags` are added to the API server's. */
export async function startKubernetes (...flags: string[]): Promise<KubernetesServer> {
  const programs = await kubernetesPrograms()
  const server = new KubernetesServer(programs, tempFolder('kubernetes'), await freePort(), await freePort(), flags)
  await server.start()
  return server
}
