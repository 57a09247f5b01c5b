import { afterAll, beforeAll, expect, it } from 'vitest'
import { kubernetes, KUBERNETES_VERSION, startKubernetes, type KubernetesServer } from '../support/servers/kubernetes.ts'
import { describeWith } from '../support/servers/server.ts'
import { eventually } from '../support/wait.ts'

await describeWith([kubernetes], 'the stand-alone API server', () => {
  let server: KubernetesServer
  beforeAll(async () => { server = await startKubernetes() }, 1_800_000)
  afterAll(() => server.stop())

  it('says its version, and refuses a token that it does not know', async () => {
    expect(await server.must('GET', '/version')).toMatchObject({ gitVersion: `v${KUBERNETES_VERSION}` })
    expect((await server.ask('GET', '/api/v1/pods', { token: 'none' })).status).toBe(401)
  })

  it('lets a service account do what its role says and nothing else, until its token is void', async () => {
    await server.namespace('accounts')
    const pod = { metadata: { name: 'agent' }, spec: { nodeName: 'n', serviceAccountName: 'agent', containers: [{ name: 'c', image: 'x' }] } }
    await server.must('POST', '/api/v1/namespaces/accounts/pods', { body: pod })
    await server.account('accounts', 'agent', [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }])
    const token = await server.token('accounts', 'agent', 'agent')
    const ask = async (path: string): Promise<number> => (await server.ask('GET', path, { token })).status
    expect([await ask('/api/v1/namespaces/accounts/pods/agent'), await ask('/api/v1/namespaces/accounts/pods')]).toEqual([200, 403])
    await server.must('DELETE', '/api/v1/namespaces/accounts/pods/agent?gracePeriodSeconds=0')
    await eventually('the token is void', async () => await ask('/api/v1/namespaces/accounts/pods/agent') === 401, { timeout: 60_000, interval: 500 })
  }, 90_000)

  it('keeps its objects and forgets its history through a restart', async () => {
    await server.namespace('kept')
    await server.stopApi()
    await server.compact()
    await server.startApi()
    expect((await server.ask('GET', '/api/v1/namespaces/kept')).status).toBe(200)
    expect((await server.ask('GET', '/api/v1/namespaces?resourceVersion=5&resourceVersionMatch=Exact')).status).toBe(410)
  }, 180_000)
})
