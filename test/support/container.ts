/**
 * The agent's container of a pod, started as a kubelet does it but without an image: a root of its own in which there is
 * what the agent runs with and, at the paths that the pod says, the pod's volumes; the service account's token, certificate
 * and namespace in their place; the environment that the pod says; no capabilities.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fantail } from './agent.ts'
import { Running, type Ending } from './process.ts'
import { onPath, type Requirement } from './servers/server.ts'
import type { KubernetesServer } from './servers/kubernetes.ts'
import { eventually } from './wait.ts'

const checkout = path.join(import.meta.dirname, '../..')

/** Linux that lets us make a root of our own. */
export const namespaces: Requirement = {
  name: 'mount namespaces',
  prepare: async () => {
    for (const command of ['unshare', 'setpriv']) if (!onPath(command)) throw new Error(`needs ${command} of util-linux`)
    try {
      execFileSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'root', '/mnt'], { stdio: 'pipe' })
    } catch (error) {
      throw new Error(`needs user and mount namespaces: ${String((error as { stderr?: Buffer }).stderr ?? error).trim()}`, { cause: error })
    }
    return Promise.resolve()
  }
}

interface Template {
  readonly metadata: object
  readonly spec: {
    readonly serviceAccountName: string
    readonly containers: readonly [{
      readonly args: readonly string[]
      readonly env: readonly { readonly name: string, readonly value?: string, readonly valueFrom?: { readonly fieldRef: { readonly fieldPath: string } } }[]
      readonly volumeMounts: readonly { readonly name: string, readonly mountPath: string, readonly readOnly?: boolean }[]
    }]
    readonly volumes: readonly { readonly name: string, readonly hostPath?: { readonly path: string }, readonly configMap?: { readonly name: string } }[]
  }
}

export interface PlacedPod {
  readonly namespace: string
  /** The DaemonSet whose pod it is. */
  readonly daemonSet: string
  readonly node: string
  /** A folder that stands for `/` of the node. */
  readonly root: string
  /** Where metrics are served, as the values of the chart say. */
  readonly port: number
}

export class AgentContainer {
  readonly name: string
  readonly url: string
  readonly #folder: string
  readonly #args: readonly string[]
  readonly #env: NodeJS.ProcessEnv
  #running: Running | undefined

  private constructor (name: string, folder: string, port: number, args: readonly string[], env: NodeJS.ProcessEnv) {
    this.name = name
    this.url = `http://127.0.0.1:${port}`
    this.#folder = folder
    this.#args = args
    this.#env = env
  }

  /** Makes the pod of a DaemonSet on a node, as controller and scheduler would, and what its container finds. */
  static async create (server: KubernetesServer, { namespace, daemonSet, node, root, port }: PlacedPod): Promise<AgentContainer> {
    const { spec: { template } } = await server.must<{ spec: { template: Template } }>('GET', `/apis/apps/v1/namespaces/${namespace}/daemonsets/${daemonSet}`)
    const name = `${daemonSet}-${node}`
    await server.must('POST', `/api/v1/namespaces/${namespace}/pods`, {
      body: { metadata: { ...template.metadata, name }, spec: { ...template.spec, nodeName: node } }
    })
    const { serviceAccountName, containers: [container], volumes } = template.spec
    const folder = path.join(root, 'var/lib/kubelet/pods', name)
    const account = path.join(folder, 'account')
    mkdirSync(account, { recursive: true })
    writeFileSync(path.join(account, 'token'), await server.token(namespace, serviceAccountName, name))
    writeFileSync(path.join(account, 'namespace'), namespace)
    execFileSync('cp', [server.caFile, path.join(account, 'ca.crt')])
    const mounts: Mount[] = [{ from: account, to: '/run/secrets/kubernetes.io/serviceaccount', readOnly: true }]
    for (const { name: volumeName, mountPath, readOnly = false } of container.volumeMounts) {
      const { hostPath, configMap } = volumes.find((volume) => volume.name === volumeName)!
      const from = hostPath === undefined ? path.join(folder, volumeName) : path.join(root, hostPath.path)
      if (hostPath?.path === '/etc/machine-id') {
        mkdirSync(path.dirname(from), { recursive: true })
        writeFileSync(from, '0123456789abcdef0123456789abcdef\n')
      } else mkdirSync(from, { recursive: true })
      if (configMap !== undefined) {
        const { data } = await server.must<{ data: Readonly<Record<string, string>> }>('GET', `/api/v1/namespaces/${namespace}/configmaps/${configMap.name}`)
        for (const [file, text] of Object.entries(data)) writeFileSync(path.join(from, file), text)
      }
      mounts.push({ from, to: mountPath, readOnly })
    }
    const fields: Readonly<Record<string, string>> = {
      'spec.nodeName': node, 'status.hostIP': '127.0.0.1', 'metadata.name': name, 'metadata.namespace': namespace
    }
    const api = new URL(server.url)
    const env: NodeJS.ProcessEnv = { PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin', KUBERNETES_SERVICE_HOST: api.hostname, KUBERNETES_SERVICE_PORT: api.port }
    for (const { name: variable, value, valueFrom } of container.env) env[variable] = value ?? fields[valueFrom!.fieldRef.fieldPath]
    const entry = ['setpriv', '--bounding-set=-all', '--inh-caps=-all', '--no-new-privs', fantail, ...container.args]
    return new AgentContainer(name, folder, port, ['-rm', 'sh', '-ec', `${rootScript(path.join(folder, 'root'), mounts)}\nexec chroot . "$@"`, 'sh', ...entry], env)
  }

  async start (): Promise<void> {
    mkdirSync(path.join(this.#folder, 'root'), { recursive: true })
    this.#running = new Running({ command: 'unshare', args: this.#args, env: this.#env, cwd: '/', log: path.join(this.#folder, 'log') })
    await eventually(() => `the agent of ${this.name} runs\n${this.log()}`, async () => !this.alive || (await fetch(`${this.url}/live`)).ok, { timeout: 60_000 })
    if (!this.alive) throw new Error(`the agent of ${this.name} ended at its start:\n${this.log()}`)
  }

  get alive (): boolean {
    return this.#running?.alive === true
  }

  /** What it said, in all lives. */
  log (): string {
    return this.#running?.tail(1000) ?? ''
  }

  /** A value of its metrics, summed over labels that contain `labels`. */
  async metric (name: string, labels = ''): Promise<number> {
    return (await (await fetch(`${this.url}/metrics`)).text()).split('\n')
      .filter((line) => line.startsWith(`${name}{`) && line.includes(labels)).reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
  }

  async stop (): Promise<Ending> {
    return this.#running!.stop(30_000)
  }

  async kill (): Promise<void> {
    await this.#running?.kill()
  }
}

interface Mount {
  readonly from: string
  readonly to: string
  readonly readOnly: boolean
}

/** Makes the root at `folder` and enters it: what a container's image has is that of this machine, read-only. */
function rootScript (folder: string, mounts: readonly Mount[]): string {
  const lines = [`mount -t tmpfs root ${folder}`, `cd ${folder}`, 'mkdir var etc', 'ln -s /run var/run']
  const bind = ({ from, to, readOnly }: Mount): void => {
    const at = `.${to}`
    lines.push(to === '/etc/machine-id' ? `touch ${at}` : `mkdir -p ${at}`, `mount --rbind ${from} ${at}`)
    if (readOnly) lines.push(`mount -o remount,bind,ro ${at}`)
  }
  lines.push('cp -a /etc/ssl /etc/passwd /etc/group etc/ 2>/dev/null || true')
  // merged folders are links
  for (const name of ['bin', 'lib', 'lib64', 'sbin']) lines.push(`if [ -L /${name} ]; then cp -a /${name} .; elif [ -d /${name} ]; then mkdir ${name}; mount --rbind /${name} ${name}; fi`)
  for (const at of ['/usr', '/dev', '/proc', checkout]) bind({ from: at, to: at, readOnly: false })
  for (const mount of mounts) bind(mount)
  lines.push('mount -o remount,ro .')
  return lines.join('\n')
}
