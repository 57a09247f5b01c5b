/**
 * The pod of the chart's DaemonSet against a real API server: installed by Helm, its container started with the volumes,
 * environment and arguments of its spec, with the token of its own service account and what the chart's RBAC lets that do.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Collector } from '../support/collector.ts'
import { AgentContainer, namespaces } from '../support/container.ts'
import { helm, helmAndKubectl } from '../support/servers/helm.ts'
import { kubernetes, startKubernetes, type KubernetesServer } from '../support/servers/kubernetes.ts'
import { describeWith } from '../support/servers/server.ts'
import { freePort } from '../support/temp.ts'
import { eventually } from '../support/wait.ts'
import { NodePod } from './pods.ts'

const chart = path.join(import.meta.dirname, '../../daemonset/chart')

interface Sent {
  readonly log_processed?: { readonly pod: string, readonly n: number, readonly uid: string }
  readonly kubernetes?: { readonly pod_name: string, readonly pod_id?: string, readonly host?: string, readonly labels?: Readonly<Record<string, string>> }
  readonly kubernetes_namespace?: { readonly name: string, readonly labels?: Readonly<Record<string, string>> }
  readonly metadata?: { readonly name: string }
}

await describeWith([kubernetes, helmAndKubectl, namespaces], 'the pod of the chart', () => {
  let server: KubernetesServer
  let collector: Collector
  const agents: AgentContainer[] = []
  beforeAll(async () => {
    server = await startKubernetes()
    collector = await Collector.start()
    collector.keep = 10_000
    await server.namespace('shop', { team: 'a' })
  }, 1_800_000)
  afterAll(async () => {
    for (const agent of agents) await agent.kill()
    await collector.stop()
    await server.stop()
  })

  let serial = 0
  const rootOf = (node: string): string => path.join(server.folder, 'nodes', node)

  /** A pod on a node with three lines, and its status published. */
  async function logs (name: string, node: string, namespace = 'shop'): Promise<NodePod> {
    const folder = path.join(rootOf(node), 'var/log/containers')
    mkdirSync(folder, { recursive: true })
    const pod = new NodePod(server, { namespace, name, node, labels: { app: name } }, folder, serial++)
    await pod.create()
    await pod.publish()
    for (let i = 0; i < 3; i++) pod.write()
    return pod
  }

  async function inCluster (verb: 'install' | 'upgrade', release: string, values: string, port: number, ...settings: string[]): Promise<void> {
    const file = path.join(server.folder, `${release}.yaml`)
    writeFileSync(file, values)
    await helm([
      verb, release, chart, '-n', release, ...(verb === 'install' ? ['--create-namespace'] : []), '-f', file, '--set', `metricsPort=${port}`,
      ...settings.flatMap((setting) => ['--set', setting])
    ], server.kubeconfig)
  }

  async function start (release: string, node: string, port: number): Promise<AgentContainer> {
    mkdirSync(path.join(rootOf(node), 'var/log/containers'), { recursive: true })
    const agent = await AgentContainer.create(server, { namespace: release, daemonSet: `${release}-fantail`, node, root: rootOf(node), port })
    agents.push(agent)
    await agent.start()
    return agent
  }

  const sent = (): Sent[] => collector.kept.map((text) => JSON.parse(text) as Sent)
  const of = (name: string): Sent[] => sent().filter(({ kubernetes: pod }) => pod?.pod_name === name)
  const told = (agent: AgentContainer, text: RegExp): Promise<unknown> => {
    return eventually(() => `${String(text)} in the log\n${agent.log()}`, () => text.test(agent.log()), { timeout: 60_000, interval: 200 })
  }
  const arrived = (name: string, count: number): Promise<unknown> => {
    return eventually(() => `${count} records of ${name}, found ${of(name).length}\n${agents.map((agent) => agent.log()).join('\n')}`, () => of(name).length === count, { timeout: 60_000, interval: 200 })
  }

  const toCollector = (): string => `
config:
  outputs: |
    [OUTPUT]
        Name         http
        Match        *
        Host         127.0.0.1
        Port         ${collector.port}
        URI          /in
        Format       json_lines
`

  it('knows its node\'s pods with the chart\'s own configuration and rights, and no others', async () => {
    const port = await freePort()
    await inCluster('install', 'own', toCollector(), port)
    const [here, there] = [await logs('here', 'node-own'), await logs('there', 'node-other')]
    const agent = await start('own', 'node-own', port)
    await arrived('here', here.lines)
    const late = await logs('late', 'node-own')
    await arrived('late', late.lines)
    for (const pod of [here, late]) {
      for (const { log_processed: said, kubernetes: known } of of(pod.plan.name)) {
        expect([said!.uid, known]).toEqual([pod.uid, expect.objectContaining({ pod_id: pod.uid, host: 'node-own', labels: { app: pod.plan.name } })])
      }
    }
    expect(of(there.plan.name)).toEqual([])
    expect([await agent.metric('fantail_kubernetes_up'), await agent.metric('fantail_kubernetes_failures_total'), await agent.metric('fantail_kubernetes_resyncs_total')]).toEqual([1, 0, 1])
    expect((await agent.stop()).code).toBe(0)
    // positions lie on the node: the next pod goes on there
    here.write()
    await agent.start()
    await arrived('here', here.lines)
    await agent.stop()
    const complaints = agent.log().split('\n').filter((line) => /"level":"(error|warn)"/.test(line) && !line.includes('There is no journal yet'))
    expect(complaints).toEqual([])
  }, 240_000)

  it('says which right is missing, and ships what the paths tell, until it has it', async () => {
    const port = await freePort()
    await inCluster('install', 'bare', toCollector(), port, 'rbac.create=false')
    const pod = await logs('unseen', 'node-bare')
    const agent = await start('bare', 'node-bare', port)
    await arrived('unseen', pod.lines)
    expect(of('unseen').map(({ kubernetes: known }) => known!.pod_id)).toEqual([undefined, undefined, undefined])
    await told(agent, /pods is forbidden: User \\?"system:serviceaccount:bare:bare-fantail\\?" cannot (?:list|watch) resource \\?"pods\\?"/)
    expect(await agent.metric('fantail_kubernetes_up')).toBe(0)
    await inCluster('upgrade', 'bare', toCollector(), port)
    await eventually('the pods are seen', async () => await agent.metric('fantail_kubernetes_up') === 1, { timeout: 60_000, interval: 200 })
    pod.write()
    await arrived('unseen', pod.lines)
    expect(of('unseen').at(-1)!.kubernetes!.pod_id).toBe(pod.uid)
    await agent.stop()
  }, 240_000)

  it('reads labels of namespaces, and the events of the cluster once for all nodes, when it has the rights', async () => {
    const ports = [await freePort(), await freePort()]
    const values = `
config:
  yaml: |
    service: { flush: 0.2, http_server: on, http_listen: 127.0.0.1, http_port: '{{ .Values.metricsPort }}', storage.path: /var/lib/fantail/buffer }
    pipeline:
      inputs:
        - { name: tail, tag: kube.*, path: /var/log/containers/*.log, multiline.parser: cri, read_from_head: on, refresh_interval: 1 }
        - { name: kubernetes_events, tag: events, lease_duration: 3, storage.type: filesystem }
      filters:
        - { name: kubernetes, match: 'kube.*', namespace_labels: on, merge_log: on, merge_log_key: log_processed }
      outputs:
        - { name: http, match: '*', host: 127.0.0.1, port: ${collector.port}, uri: /in, format: json_lines }
`
    const rights = ['rbac.namespaceAccess=true', 'rbac.eventsAccess=true']
    await inCluster('install', 'more', values, ports[0]!, ...rights)
    const one = await start('more', 'node-1', ports[0]!)
    await inCluster('upgrade', 'more', values, ports[1]!, ...rights)
    const two = await start('more', 'node-2', ports[1]!)
    const pod = await logs('labelled', 'node-2')
    await arrived('labelled', pod.lines)
    expect(of('labelled').map(({ kubernetes_namespace: known }) => known)).toEqual([1, 2, 3].map(() => ({ name: 'shop', labels: expect.objectContaining({ team: 'a' }) as object })))

    const leads = async (): Promise<number[]> => [await one.metric('fantail_kubernetes_leader'), await two.metric('fantail_kubernetes_leader')]
    await eventually('one leader', async () => (await leads()).join(',') === '1,0', { timeout: 60_000, interval: 200 })
    const { items } = await server.must<{ items: { spec: { holderIdentity: string } }[] }>('GET', '/apis/coordination.k8s.io/v1/namespaces/more/leases')
    expect(items.map(({ spec }) => spec.holderIdentity)).toEqual([one.name])
    let made = 0
    const make = async (): Promise<void> => {
      await server.must('POST', '/api/v1/namespaces/shop/events', {
        body: { metadata: { name: `trial-${made++}` }, reason: 'Trial', type: 'Normal', lastTimestamp: new Date().toISOString().replace(/\.\d+/, ''), involvedObject: { kind: 'Pod', namespace: 'shop', name: 'x' } }
      })
    }
    const trials = (): string[] => sent().flatMap(({ metadata }) => (metadata?.name.startsWith('trial-') === true ? [metadata.name] : []))
    const complete = (): Promise<unknown> => eventually(() => `${made} events, found ${trials().length}\n${one.log()}\n${two.log()}`, () => new Set(trials()).size === made, { timeout: 60_000, interval: 200 })
    for (let i = 0; i < 5; i++) await make()
    await complete()
    expect(trials()).toHaveLength(made)
    // the node of the first goes away; the second goes on where it was
    await one.stop()
    for (let i = 0; i < 5; i++) await make()
    await complete()
    expect([trials().length, await two.metric('fantail_kubernetes_leader')]).toEqual([made, 1])

    // without the rights
    await inCluster('upgrade', 'more', values, ports[1]!)
    await told(two, /The Lease cannot be asked for.*forbidden.*leases/)
    await server.namespace('dark', { team: 'b' })
    const dark = await logs('unlabelled', 'node-2', 'dark')
    await arrived('unlabelled', dark.lines)
    await told(two, /Namespaces cannot be read, so their labels and annotations are missing\. .*namespaces \\?"dark\\?" is forbidden/)
    expect(of('unlabelled').map(({ kubernetes: known, kubernetes_namespace: around }) => [known!.pod_id, around])).toEqual([1, 2, 3].map(() => [dark.uid, undefined]))
    await two.stop()
  }, 240_000)
})
