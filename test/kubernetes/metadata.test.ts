/**
 * The filter kubernetes in an agent of its own process, against a real API server, with the token of a service account
 * that may get, list and watch pods and nothing else: 300 pods, many of them short-lived, whose labels change, while the API
 * server is restarted and forgets its history.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Agent } from '../support/agent.ts'
import { kubernetes, startKubernetes, type KubernetesServer } from '../support/servers/kubernetes.ts'
import { describeWith } from '../support/servers/server.ts'
import { eventually, sleep } from '../support/wait.ts'
import { insist, Kubelet, NodePod } from './pods.ts'

interface Line {
  readonly pod: string
  readonly n: number
  /** What was true when it was written. */
  readonly uid: string
  readonly label: string
  readonly at: number
  readonly kubernetes: {
    readonly pod_name?: string
    readonly namespace_name?: string
    readonly pod_id?: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
    readonly host?: string
    readonly pod_ip?: string
    readonly docker_id?: string
    readonly container_hash?: string
    readonly container_image?: string
  }
}

const PODS = 300
const least = [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] }]

await describeWith([kubernetes], 'metadata from a real API server', () => {
  let server: KubernetesServer
  let agent: Agent | undefined
  beforeAll(async () => { server = await startKubernetes() }, 1_800_000)
  afterAll(async () => {
    if (agent?.alive === true) await agent.stop()
    await server.stop()
  })

  const linesOf = (one: Agent): Line[] => readFileSync(path.join(one.folder, 'out.json'), 'utf8').split('\n').filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line)

  /** A value of the agent's metrics, summed over its labels. */
  const metric = async (one: Agent, name: string): Promise<number> => (await one.get('/metrics')).split('\n')
    .filter((line) => line.startsWith(`${name}{`)).reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)

  async function startAgent (token: string, filter = ''): Promise<Agent> {
    const made = await Agent.create({
      pipeline: `
inputs:
  - { name: tail, tag: kube.*, path: '{dir}/logs/*.log', read_from_head: on, refresh_interval: 1, multiline.parser: cri }
filters:
  - { name: kubernetes, match: 'kube.*', kube_tag_prefix: 'kube.{tag}.', merge_log: on, keep_log: off, kube_url: '${server.url}', kube_ca_file: '${server.caFile}', kube_token_file: '{dir}/token', kube_token_ttl: 1, tls.verify_hostname: on, kube_node_name: node-a${filter} }
outputs:
  - { name: file, match: '*', path: '{dir}', file: out.json, format: plain }
`
    })
    // the tag is made of the whole path
    writeFileSync(made.config, readFileSync(made.config, 'utf8').replace('{tag}', made.logs.slice(1).replaceAll('/', '.')))
    writeFileSync(path.join(made.folder, 'token'), token)
    return made
  }

  it('is right in every record of 300 pods, through label changes, restarts of the API server and 410s', async () => {
    await server.namespace('shop')
    const token = await server.account('shop', 'agent', least)
    agent = await startAgent(token)
    await agent.start()
    const kubelet = new Kubelet(server, 'node-a')
    const pods: NodePod[] = []
    const living = new Set<NodePod>()
    /** Intervals in which the API server could not be reached. */
    let away = false
    const restart = async (compact: boolean): Promise<void> => {
      away = true
      await server.stopApi()
      if (compact) await server.compact()
      await server.startApi()
      away = false
    }
    const lives: Promise<void>[] = []
    const live = async (pod: NodePod, short: boolean): Promise<void> => {
      await pod.create()
      await kubelet.told(pod)
      await sleep(10 + Math.random() * 200)
      pod.write()
      living.add(pod)
      if (Math.random() < 0.8) await insist(() => pod.publish())
      pod.write()
      if (short) {
        await sleep(Math.random() * 1500)
        pod.write()
        living.delete(pod)
        await insist(() => pod.delete())
        pod.write()
        return
      }
      if (pod.published === Infinity) await insist(() => pod.publish())
      if (Math.random() < 0.5) {
        await sleep(500)
        await insist(() => pod.label({ v: 'changed' }))
      }
    }
    const restarts = [100, 200]
    for (let i = 0; i < PODS; i++) {
      if (i === restarts[0] || i === restarts[1]) {
        // pods whose creation is under way finish first: the bar is for those that start while the API can be reached
        await Promise.all(lives)
        await restart(i === restarts[1])
      }
      const pod = new NodePod(server, { namespace: 'shop', name: `web-${i}`, node: 'node-a', labels: { app: `a${i % 7}` }, annotations: { serial: String(i) } }, agent.logs, i)
      pods.push(pod)
      lives.push(live(pod, i % 10 < 3))
      await sleep(40)
      if (i % 5 === 0 && !away) for (const one of living) one.write()
    }
    await Promise.all(lives)
    // published and changed more than a second ago
    await sleep(1200)
    const settled = Date.now()
    for (const pod of living) pod.write()
    const written = pods.reduce((sum, pod) => sum + pod.lines, 0)
    await eventually(() => `${written} records`, () => linesOf(agent!).length >= written, { timeout: 60_000, interval: 200 })

    const lines = linesOf(agent)
    const byName = new Map(pods.map((pod) => [pod.plan.name, pod]))
    const wrong = lines.filter(({ pod: name, uid, kubernetes: said }) => {
      const pod = byName.get(name)!
      return said.pod_name !== name || said.namespace_name !== 'shop' || said.pod_id !== uid || said.labels?.['app'] !== pod.plan.labels!['app'] || said.annotations?.['serial'] !== pod.plan.annotations!['serial'] ||
        said.host !== 'node-a' || said.docker_id !== pod.id
    })
    expect(wrong.map(({ pod, n }) => `${pod} ${n}`)).toEqual([])
    const late = lines.filter(({ pod: name, at, kubernetes: said }) => {
      const pod = byName.get(name)!
      return at > pod.published + 1000 && (said.pod_ip !== pod.ip || said.container_hash !== pod.hash || said.container_image !== pod.image)
    })
    expect(late).toEqual([])
    expect(lines.filter(({ pod: name, at, kubernetes: said }) => at >= settled && said.labels?.['v'] !== byName.get(name)!.labels['v'])).toEqual([])
    expect(lines).toHaveLength(written)

    // one watch, and for each of the two restarts a new one or all anew; what failed while the server was away is no request that it saw
    const [requests, failures, resyncs] = [
      await metric(agent, 'fantail_kubernetes_requests_total'), await metric(agent, 'fantail_kubernetes_failures_total'),
      await metric(agent, 'fantail_kubernetes_resyncs_total')
    ]
    expect(resyncs).toBeLessThanOrEqual(3)
    expect(requests - failures).toBeLessThanOrEqual(1 + 2 * restarts.length)
    process.stderr.write(`${written} records; ${requests} requests, ${failures} failures, ${resyncs} resyncs\n`)
    expect(await metric(agent, 'fantail_kubernetes_up')).toBe(1)
    await kubelet.stop()
    await agent.stop()
  }, 240_000)
})
