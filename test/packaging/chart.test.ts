/** The chart and the plain manifests, rendered by real Helm and kubectl; their configurations checked by the agent. */
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { metricNames } from '../../src/metrics/names.ts'
import { fantail } from '../support/agent.ts'
import { helm, helmAndKubectl, kubectl } from '../support/servers/helm.ts'
import { promtool } from '../support/servers/prometheus.ts'
import { describeWith } from '../support/servers/server.ts'
import { tempFolder } from '../support/temp.ts'

const exec = promisify(execFile)
const daemonset = path.join(import.meta.dirname, '../../daemonset')
const chart = path.join(daemonset, 'chart')
const valuesFiles = readdirSync(path.join(daemonset, 'values')).sort()
const folder = tempFolder('chart')

interface Resource {
  readonly kind: string
  readonly metadata: { readonly name: string, readonly annotations?: Readonly<Record<string, string>> }
  readonly data?: Readonly<Record<string, string>>
  readonly rules?: readonly { readonly resources: readonly string[], readonly verbs: readonly string[] }[]
  readonly spec?: { readonly template: { readonly spec: Pod } }
}

interface Pod {
  readonly terminationGracePeriodSeconds: number
  readonly hostNetwork?: boolean
  readonly hostPID?: boolean
  readonly securityContext: object
  readonly initContainers?: readonly Container[]
  readonly containers: readonly Container[]
  readonly volumes: readonly { readonly name: string, readonly configMap?: object, readonly hostPath?: { readonly path: string } }[]
}

interface Container {
  readonly name: string
  readonly args?: readonly string[]
  readonly securityContext: object
  readonly env?: readonly { readonly name: string }[]
  readonly envFrom?: readonly object[]
  readonly volumeMounts: readonly { readonly mountPath: string, readonly readOnly?: boolean }[]
}

function resources (text: string): Resource[] {
  return parseAllDocuments(text).map((document) => document.toJS() as Resource | null).filter((resource) => resource !== null)
}

async function render (...args: string[]): Promise<Resource[]> {
  return resources(await helm(['template', 'fantail', chart, '-n', 'logging', ...args]))
}

const values = (name: string): string[] => ['-f', path.join(daemonset, 'values', name)]
const find = (list: readonly Resource[], kind: string): Resource => list.find((resource) => resource.kind === kind)!
const podOf = (list: readonly Resource[]): Pod => find(list, 'DaemonSet').spec!.template.spec

let turn = 0

/** What `fantail validate` says of the ConfigMap's configuration, with every variable set that the pod has. */
async function validate (list: readonly Resource[], main = 'fluent-bit.conf'): Promise<string> {
  const at = path.join(folder, String(++turn))
  mkdirSync(at)
  const files = list.find(({ kind, data }) => kind === 'ConfigMap' && data?.[main] !== undefined)?.data ?? {}
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(at, name), text)
  const container = podOf(list).containers[0]!
  const names = [...(container.env ?? []).map(({ name }) => name), ...(container.envFrom === undefined ? [] : secrets)]
  // as a pod has it: the chart leaves the region to the platform where it is not given
  const env = Object.fromEntries([...names, 'AWS_REGION'].map((name) => [name, name.toLowerCase()]))
  const { stdout, stderr } = await exec(fantail, ['validate', '-c', path.join(at, main)], { env: { PATH: process.env['PATH'], ...env } })
  return stdout + stderr
}

const secrets = ['ELASTICSEARCH_USER', 'ELASTICSEARCH_PASSWORD', 'CLUSTER_NAME', 'AWS_REGION']

await describeWith([helmAndKubectl], 'the chart', () => {
  it.each([[], ...valuesFiles.map((name) => [name])])('lints strictly %s', async (name) => {
    await helm(['lint', '--strict', '--quiet', chart, ...(name === undefined ? [] : values(name))])
  })

  it.each([[], ...valuesFiles.map((name) => [name])])('renders a configuration that is right, without a warning %s', async (name) => {
    expect(await validate(await render(...(name === undefined ? [] : values(name))))).toMatch(/^\S+ is right: \d+ inputs, \d+ filters?, \d+ outputs\.\n$/)
  })

  it('takes a whole configuration as YAML instead', async () => {
    const file = path.join(folder, 'yaml-values.yaml')
    writeFileSync(file, `config:
  yaml: |
    service: { flush: {{ .Values.flush }} }
    pipeline:
      inputs: [{ name: tail, path: /var/log/containers/*.log, tag: app }]
      outputs: [{ name: stdout, match: '*' }]
`)
    const list = await render('-f', file)
    expect(podOf(list).containers[0]!.args).toEqual(['run', '-c', '/fluent-bit/etc/conf/fantail.yaml'])
    expect(await validate(list, 'fantail.yaml')).toContain('is right')
  })

  it('asks for no more than to see pods, and for more only when told', async () => {
    const rules = async (...args: string[]): Promise<unknown> => (await render(...args))
      .flatMap(({ rules = [] }) => rules.map(({ resources, verbs }) => `${verbs.join(',')} ${resources.join(',')}`))
    expect(await rules()).toEqual(['get,list,watch pods'])
    expect(await rules('--set', 'rbac.create=false')).toEqual([])
    expect(await rules(...['namespaceAccess', 'eventsAccess', 'kubeletAccess'].flatMap((name) => ['--set', `rbac.${name}=true`]))).toEqual([
      'get,list,watch pods', 'get,list,watch namespaces', 'get,list,watch events', 'get nodes/pods', 'get,create,update,patch leases'
    ])
  })

  it('runs a pod that can read logs, write its state, and nothing else', async () => {
    const pod = podOf(await render())
    expect(pod.hostNetwork).toBe(false)
    expect(pod.hostPID).toBeUndefined()
    expect(pod.securityContext).toEqual({ seccompProfile: { type: 'RuntimeDefault' } })
    expect(pod.containers.map(({ securityContext }) => securityContext)).toEqual([{
      runAsUser: 0, runAsGroup: 0, privileged: false, allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] }
    }])
    expect(pod.containers[0]!.volumeMounts.filter(({ readOnly }) => readOnly !== true).map(({ mountPath }) => mountPath)).toEqual(['/var/lib/fantail'])
    expect(pod.volumes.flatMap(({ hostPath }) => (hostPath === undefined ? [] : [hostPath.path]))).toEqual([
      '/var/lib/fantail', '/var/log', '/run/log/journal', '/etc/machine-id'
    ])
  })

  it('runs without root when told', async () => {
    const pod = podOf(await render(...values('non-root.yaml')))
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, supplementalGroups: [190] })
    expect(pod.containers[0]!.securityContext).toMatchObject({ runAsUser: 65532, runAsGroup: 0, runAsNonRoot: true, capabilities: { drop: ['ALL'] } })
    expect(pod.initContainers?.map(({ securityContext }) => securityContext)).toMatchObject([{
      runAsUser: 0, capabilities: { drop: ['ALL'], add: ['CHOWN', 'DAC_READ_SEARCH'] }
    }])
  })

  it('opens /dev/kmsg only when told', async () => {
    const pod = podOf(await render('--set', 'kmsg.enabled=true'))
    expect(pod.volumes.some(({ hostPath }) => hostPath?.path === '/dev/kmsg')).toBe(true)
    // the API refuses a privileged container that must not gain privileges
    expect(pod.containers[0]!.securityContext).toEqual({ privileged: true, readOnlyRootFilesystem: true, runAsUser: 0, runAsGroup: 0 })
  })

  it('gives a stop more time than the agent takes', async () => {
    expect(podOf(await render()).terminationGracePeriodSeconds).toBe(45)
    expect(podOf(await render('--set', 'grace=120')).terminationGracePeriodSeconds).toBe(135)
    expect(podOf(await render('--set', 'terminationGracePeriodSeconds=60')).terminationGracePeriodSeconds).toBe(60)
  })

  it('follows a change of the configuration by new pods', async () => {
    const checksum = async (...args: string[]): Promise<unknown> => (find(await render(...args), 'DaemonSet').spec!.template as unknown as Resource).metadata.annotations
    expect(await checksum()).toEqual(await checksum())
    expect(await checksum()).not.toEqual(await checksum('--set', 'flush=3'))
  })

  it('has a role for the service account, monitors, alerts and a dashboard when told', async () => {
    const list = await render('--set', 'aws.roleArn=arn:aws:iam::123456789012:role/fantail',
      ...['serviceMonitor', 'podMonitor', 'prometheusRule', 'dashboards', 'networkPolicy'].flatMap((name) => ['--set', `${name}.enabled=true`]))
    expect(find(list, 'ServiceAccount').metadata.annotations).toEqual({ 'eks.amazonaws.com/role-arn': 'arn:aws:iam::123456789012:role/fantail' })
    for (const kind of ['ServiceMonitor', 'PodMonitor', 'PrometheusRule', 'NetworkPolicy']) expect(find(list, kind)).toBeDefined()
    const dashboard = list.find(({ metadata }) => metadata.name === 'fantail-dashboard')
    expect(JSON.parse(dashboard?.data?.['fantail.json'] ?? '')).toMatchObject({ title: 'Fantail' })
    expect(find(list, 'PrometheusRule')).toMatchObject({ spec: parse(readFileSync(path.join(chart, 'files/alerts.yaml'), 'utf8')) as object })
  })

  it.each([
    ['an unknown value', 'tolerationz=1'], ['an unknown value below', 'rbac.nodeProxy=true'], ['a word for a number', 'grace=long'],
    ['a role that is none', 'aws.roleArn=fantail'], ['UID 0 for an agent without root', 'state.owner=0']
  ])('refuses %s', async (_what, setting) => {
    await expect(render('--set', setting)).rejects.toThrow(setting.split(/[.=]/)[0])
  })
})

await describeWith([helmAndKubectl], 'the plain manifests', () => {
  /** Without what differs on purpose: where the configuration and the names of cluster and region come from. */
  const comparable = (pod: Pod): unknown => {
    const { containers: [agent], volumes, ...rest } = pod
    const { env = [], envFrom, ...container } = agent!
    void envFrom
    return {
      ...rest,
      container: { ...container, env: env.filter(({ name }) => name !== 'CLUSTER_NAME') },
      volumes: volumes.map((volume) => (volume.configMap === undefined ? volume : { name: volume.name }))
    }
  }

  it.each([['base', []], ['non-root', values('non-root.yaml')]])('run the pod of the chart: %s', async (name, args) => {
    const plain = resources(await kubectl(['kustomize', path.join(daemonset, 'kustomize', name)]))
    const rendered = await render(...args)
    expect(comparable(podOf(plain))).toEqual(comparable(podOf(rendered)))
    expect(find(plain, 'ClusterRole').rules).toEqual(find(rendered, 'ClusterRole').rules)
    const text = (list: readonly Resource[]): string | undefined => list.find(({ data }) => data?.['fluent-bit.conf'] !== undefined)?.data?.['fluent-bit.conf']?.trim()
    const lines = (text = ''): string[] => text.split('\n').map((line) => line.trimEnd())
    expect(lines(text(plain))).toEqual(lines(text(rendered)))
    expect(await validate(plain)).toContain('is right')
  })
})

describe('the schema of values', () => {
  it('knows every value that the chart has', () => {
    const schema = JSON.parse(readFileSync(path.join(chart, 'values.schema.json'), 'utf8')) as { properties: Record<string, { properties?: object }> }
    const known = parse(readFileSync(path.join(chart, 'values.yaml'), 'utf8')) as Record<string, unknown>
    expect(Object.keys(schema.properties).filter((name) => name !== 'global').sort()).toEqual(Object.keys(known).sort())
    for (const [name, { properties }] of Object.entries(schema.properties)) {
      if (properties !== undefined && name !== 'updateStrategy') expect(Object.keys(properties).sort(), name).toEqual(Object.keys(known[name] as object).sort())
    }
  })
})

describe('alerts and dashboard', () => {
  it.each(['alerts.yaml', 'dashboard.json'])('of %s name only metrics that the agent has', (name) => {
    const text = readFileSync(path.join(chart, 'files', name), 'utf8')
    const used = new Set([...text.matchAll(/\b(?:fantail|fluentbit|process)_[a-z_0-9]+/g)].map(([metric]) => metric.replace(/_bucket$/, '')))
    expect(used.size).toBeGreaterThan(8)
    expect([...used].filter((metric) => !(metric in metricNames))).toEqual([])
  })
})

await describeWith([promtool], 'the alerts', () => {
  it('are right, and fire when they should', async () => {
    await exec('promtool', ['check', 'rules', path.join(chart, 'files/alerts.yaml')])
    const tests = path.join(import.meta.dirname, 'alerts.test.yaml')
    expect(existsSync(tests)).toBe(true)
    await exec('promtool', ['test', 'rules', tests])
  })
})
