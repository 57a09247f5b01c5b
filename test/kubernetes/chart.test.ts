/** The chart installed and the plain manifests applied on a real API server, and what their service account may do there. */
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { helm, helmAndKubectl, kubectl } from '../support/servers/helm.ts'
import { kubernetes, startKubernetes, type KubernetesServer } from '../support/servers/kubernetes.ts'
import { describeWith } from '../support/servers/server.ts'

const daemonset = path.join(import.meta.dirname, '../../daemonset')
const chart = path.join(daemonset, 'chart')
const values = (name: string): string => path.join(daemonset, 'values', name)

await describeWith([kubernetes, helmAndKubectl], 'on a real API server', () => {
  let server: KubernetesServer
  beforeAll(async () => { server = await startKubernetes() }, 1_800_000)
  afterAll(() => server.stop())

  const inCluster = (...args: string[]): Promise<string> => helm(args, server.kubeconfig)

  /** The statuses of reading `paths` with the token of a service account. */
  async function statuses (namespace: string, account: string, ...paths: string[]): Promise<number[]> {
    const token = await server.token(namespace, account)
    return Promise.all(paths.map(async (at) => (await server.ask('GET', at, { token })).status))
  }

  it('the chart is installed, changed and removed', async () => {
    expect(await inCluster('install', 'fantail', chart, '-n', 'logging', '--create-namespace', '-f', values('cloudwatch.yaml'))).toContain('STATUS: deployed')
    const uid = async (): Promise<{ metadata: { uid: string, generation: number }, spec: { template: { metadata: { annotations: object } } } }> => {
      return server.must('GET', '/apis/apps/v1/namespaces/logging/daemonsets/fantail')
    }
    const before = await uid()
    await inCluster('upgrade', 'fantail', chart, '-n', 'logging', '-f', values('elasticsearch.yaml'))
    const after = await uid()
    expect(after.metadata.uid).toBe(before.metadata.uid)
    expect(after.spec.template.metadata.annotations).not.toEqual(before.spec.template.metadata.annotations)
    await inCluster('uninstall', 'fantail', '-n', 'logging')
    expect((await server.ask('GET', '/apis/rbac.authorization.k8s.io/v1/clusterroles/fantail')).status).toBe(404)
  })

  it('its service account may see pods, and nothing else', async () => {
    await inCluster('install', 'least', chart, '-n', 'least', '--create-namespace')
    expect(await statuses('least', 'least-fantail', '/api/v1/pods?fieldSelector=spec.nodeName%3Dn&resourceVersion=0', '/api/v1/pods?watch=1&timeoutSeconds=1')).toEqual([200, 200])
    const closed = [
      '/api/v1/namespaces', '/api/v1/secrets', '/api/v1/nodes', '/api/v1/namespaces/least/configmaps', '/api/v1/events', '/api/v1/nodes/n/proxy/pods',
      '/apis/coordination.k8s.io/v1/namespaces/least/leases', '/api/v1/namespaces/least/pods/p/log'
    ]
    expect(await statuses('least', 'least-fantail', ...closed)).toEqual(closed.map(() => 403))
  })

  it('it may see more only when told', async () => {
    await inCluster('install', 'more', chart, '-n', 'more', '--create-namespace', ...['namespaceAccess', 'eventsAccess', 'kubeletAccess'].flatMap((name) => ['--set', `rbac.${name}=true`]))
    const paths = ['/api/v1/namespaces', '/api/v1/events', '/apis/coordination.k8s.io/v1/namespaces/more/leases/none', '/apis/coordination.k8s.io/v1/namespaces/default/leases/none', '/api/v1/secrets']
    expect(await statuses('more', 'more-fantail', ...paths)).toEqual([200, 200, 404, 403, 403])
  })

  it.each(['opensearch-serverless.yaml', 'msk.yaml', 'non-root.yaml'])('takes every field of %s strictly', async (name) => {
    await server.namespace(name.replace('.yaml', ''))
    const file = await helm(['template', 'fantail', chart, '-n', name.replace('.yaml', ''), '-f', values(name), '--output-dir', path.join(server.folder, name)])
    expect(file).toContain('wrote')
    await kubectl(['apply', '--dry-run=server', '--validate=strict', '-R', '-f', path.join(server.folder, name)], server.kubeconfig)
  })

  it('takes a privileged container for /dev/kmsg', async () => {
    expect(await inCluster('install', 'kmsg', chart, '-n', 'kmsg', '--create-namespace', '--set', 'kmsg.enabled=true')).toContain('STATUS: deployed')
  })

  it('takes the plain manifests, with and without root', async () => {
    for (const name of ['base', 'non-root']) await kubectl(['apply', '--validate=strict', '-k', path.join(daemonset, 'kustomize', name)], server.kubeconfig)
    expect(await statuses('logging', 'fantail', '/api/v1/pods', '/api/v1/secrets')).toEqual([200, 403])
    const { spec } = await server.must<{ spec: { template: { spec: { initContainers: object[] } } } }>('GET', '/apis/apps/v1/namespaces/logging/daemonsets/fantail')
    expect(spec.template.spec.initContainers).toHaveLength(1)
  })
})
