/** What the pods of a full node cost in memory: 500 pods as large as they are in practice, with a line of each. */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Agent } from '../support/agent.ts'
import { kubernetes, startKubernetes, type KubernetesServer } from '../support/servers/kubernetes.ts'
import { describeWith } from '../support/servers/server.ts'
import { eventually, sleep } from '../support/wait.ts'

const PODS = 500
const LIMIT = 25 * 1024 * 1024

await describeWith([kubernetes], 'memory of the pods of a node', () => {
  let server: KubernetesServer
  const agents: Agent[] = []
  beforeAll(async () => { server = await startKubernetes() }, 1_800_000)
  afterAll(async () => {
    for (const agent of agents) if (agent.alive) await agent.stop()
    await server.stop()
  })

  /** Resident memory once the first lines are delivered and the agent is at rest. */
  async function rss (filter: string, token: string): Promise<number> {
    const agent = await Agent.create({
      pipeline: `
inputs:
  - { name: tail, tag: kube.*, path: '{dir}/logs/*.log', read_from_head: on, multiline.parser: cri }
${filter}
outputs:
  - { name: file, match: '*', path: '{dir}', file: out.json, format: plain }
`
    })
    agents.push(agent)
    writeFileSync(agent.config, readFileSync(agent.config, 'utf8').replace('{tag}', agent.logs.slice(1).replaceAll('/', '.')))
    writeFileSync(path.join(agent.folder, 'token'), token)
    for (let i = 0; i < PODS; i++) {
      appendFileSync(path.join(agent.logs, `web-${i}_full_app-${String(i).padStart(64, '0')}.log`), '2026-01-01T00:00:00Z stdout F {"a":1}\n'.repeat(20))
    }
    await agent.start()
    const out = path.join(agent.folder, 'out.json')
    await eventually('all lines', () => existsSync(out) && readFileSync(out, 'utf8').split('\n').length > PODS * 20, { timeout: 60_000, interval: 200 })
    if (filter !== '') expect(readFileSync(out, 'utf8').match(/"pod_id"/g)).toHaveLength(PODS * 20)
    await sleep(3000)
    const bytes = agent.rss()
    await agent.stop()
    return bytes
  }

  it(`${PODS} pods take at most 25 MB more than the same agent without the filter`, async () => {
    await server.namespace('full')
    const token = await server.account('full', 'agent', [{ apiGroups: [''], resources: ['pods'], verbs: ['list', 'watch'] }])
    const env = Array.from({ length: 60 }, (_, i) => ({ name: `SETTING_${i}`, value: 'x'.repeat(60) }))
    let next = 0
    const make = async (): Promise<void> => {
      for (let i = next++; i < PODS; i = next++) {
        const name = `web-${i}`
        await server.must('POST', '/api/v1/namespaces/full/pods', {
          body: {
            metadata: { name, labels: { app: `app-${i}`, 'pod-template-hash': '5d4f8c7b9' }, annotations: { note: 'y'.repeat(500) } },
            spec: { nodeName: 'node-a', containers: [{ name: 'app', image: 'nginx:1', env }] }
          }
        })
        await server.must('PATCH', `/api/v1/namespaces/full/pods/${name}/status`, {
          type: 'application/merge-patch+json',
          body: {
            status: {
              phase: 'Running', podIP: '10.0.0.1', containerStatuses: [{
                name: 'app', image: 'nginx:1', imageID: 'sha256:1', containerID: `containerd://${String(i).padStart(64, '0')}`, ready: true,
                started: true, restartCount: 0, state: { running: {} }
              }]
            }
          }
        })
      }
    }
    await Promise.all(Array.from({ length: 8 }, make))
    const without = await rss('', token)
    const withFilter = await rss(`filters:
  - { name: kubernetes, match: '*', kube_tag_prefix: 'kube.{tag}.', kube_url: '${server.url}', kube_ca_file: '${server.caFile}', kube_token_file: '{dir}/token', kube_node_name: node-a }`, token)
    process.stderr.write(`RSS ${(without / 1e6).toFixed(1)} MB without the filter, ${(withFilter / 1e6).toFixed(1)} MB with it\n`)
    expect(withFilter - without).toBeLessThanOrEqual(LIMIT)
  }, 240_000)
})
