/**
 * The input kubernetes_events in two agents, as in two pods of a DaemonSet, with a service account's rights, against a real
 * API server: each event is sent by one of them, and none is lost when the one is killed or the server restarts.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Agent } from '../support/agent.ts'
import { kubernetes, startKubernetes, type KubernetesServer } from '../support/servers/kubernetes.ts'
import { describeWith } from '../support/servers/server.ts'
import { eventually, sleep } from '../support/wait.ts'

const least = [
  { apiGroups: [''], resources: ['events'], verbs: ['list', 'watch'] },
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'create', 'update'] }
]

await describeWith([kubernetes], 'events of a real API server', () => {
  let server: KubernetesServer
  const agents: Agent[] = []
  beforeAll(async () => { server = await startKubernetes() }, 1_800_000)
  afterAll(async () => {
    for (const agent of agents) if (agent.alive) await agent.kill()
    await server.stop()
  })

  const sent = (agent: Agent): string[] => {
    const file = path.join(agent.folder, 'out.json')
    const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter((line) => line !== '') : []
    return lines.map((line) => (JSON.parse(line) as { metadata: { name: string } }).metadata.name).filter((name) => name.startsWith('trial-'))
  }

  async function start (name: string, token: string): Promise<Agent> {
    const agent = await Agent.create({
      storage: 'filesystem',
      env: { POD_NAME: name, POD_NAMESPACE: 'watched' },
      pipeline: `
inputs:
  - { name: kubernetes_events, tag: events, kube_url: '${server.url}', kube_ca_file: '${server.caFile}', kube_token_file: '{dir}/token', lease_duration: 3, storage.type: filesystem }
outputs:
  - { name: file, match: '*', path: '{dir}', file: out.json, format: plain }
`
    })
    writeFileSync(path.join(agent.folder, 'token'), token)
    await agent.start()
    agents.push(agent)
    return agent
  }

  it('are sent once by one of two agents, and none is lost at a hand-over, a kill, or a restart of the server', async () => {
    await server.namespace('watched')
    const token = await server.account('watched', 'agent', least)
    let made = 0
    const make = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) {
        const time = new Date().toISOString().replace(/\.\d+/, '')
        await server.must('POST', '/api/v1/namespaces/watched/events', {
          body: {
            metadata: { name: `trial-${made++}` }, reason: 'Trial', type: 'Normal', firstTimestamp: time, lastTimestamp: time,
            involvedObject: { kind: 'Pod', namespace: 'watched', name: 'x' }
          }
        })
      }
    }
    const all = (): string[] => agents.flatMap(sent)
    const complete = (): Promise<unknown> => eventually(() => `${made} events, found ${new Set(all()).size}`, () => new Set(all()).size === made, { timeout: 60_000, interval: 100 })

    await make(20)
    const one = await start('agent-1', token)
    await complete()
    const two = await start('agent-2', token)
    await make(30)
    await complete()
    expect([sent(two).length, all().length]).toEqual([0, 50])

    // given back in good order: the other goes on exactly there
    await make(5)
    await one.stop()
    await make(25)
    await complete()
    expect(all()).toHaveLength(80)

    // killed: what the Lease does not tell yet is sent again, and nothing is lost
    await one.start()
    await make(20)
    await two.kill()
    await make(20)
    await complete()
    expect(sent(one).slice(-1)).toEqual([`trial-${made - 1}`])

    await server.stopApi()
    await server.startApi()
    await sleep(200)
    await make(20)
    await complete()
    await one.stop()
    // the events made between the last renewals before the kill and before the hand-over, and no others
    expect(all().length - made).toBeLessThanOrEqual(45)
  }, 240_000)
})
