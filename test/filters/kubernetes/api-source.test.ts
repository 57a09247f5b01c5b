import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FakeKubernetes, events, initialEnd, json, status, type Answer } from '../../support/fake-kubernetes.ts'
import { tempFolder } from '../../support/temp.ts'
import { eventually } from '../../support/wait.ts'
import { bodyOf, build, fill, type Built, type Properties } from '../support.ts'

const ID = '0123456789abcdef'.repeat(4)

let fake: FakeKubernetes
let built: Built | undefined
/** What the API server says of namespaces, and the watches it answers with, in order; then one that says nothing. */
let namespaces: Answer
const watches: Answer[] = []
let tokenFile = ''

beforeEach(async () => {
  watches.length = 0
  namespaces = status(404, 'NotFound', 'no')
  tokenFile = path.join(tempFolder('kube'), 'token')
  writeFileSync(tokenFile, 'token')
  fake = await FakeKubernetes.start((request, response) => {
    const answer = request.path === '/api/v1/pods' ? (watches.shift() ?? events([])) : namespaces
    answer(request, response)
  })
})
afterEach(async () => {
  await built?.filter.close?.()
  await fake.stop()
})

function pod (name: string, more: { status?: object, annotations?: object } = {}): object {
  return {
    metadata: { name, namespace: 'shop', uid: `uid-${name}`, resourceVersion: '7', labels: { app: name }, annotations: more.annotations },
    spec: { nodeName: 'node-a' },
    status: more.status ?? {}
  }
}

const running = { podIP: '10.0.0.1', containerStatuses: [{ name: 'app', image: 'nginx:1', imageID: 'sha256:1', containerID: `containerd://${ID}` }] }
const tagOf = (name: string): string => `kube.var.log.containers.${name}_shop_app-${ID}.log`

async function start (properties: Properties = {}): Promise<Built> {
  return (built = await build('kubernetes', { kube_url: fake.url, kube_token_file: tokenFile, kube_node_name: 'node-a', ...properties }))
}

/** What a record of the pod gets, after waiting as an input does, and how long that was in milliseconds. */
async function first (filter: Built, name: string): Promise<{ kubernetes: Record<string, unknown>, namespace: unknown, waited: number, next: () => Record<string, unknown> }> {
  const begun = performance.now()
  await filter.filter.prepare?.(tagOf(name))
  const waited = performance.now() - begun
  const apply = filter.filter.forTag(tagOf(name))
  const body = (): Record<string, Record<string, unknown>> => {
    fill(filter.record, '{"log":"x"}')
    apply(filter.record)
    return JSON.parse(bodyOf(filter.record)) as Record<string, Record<string, unknown>>
  }
  const { kubernetes, kubernetes_namespace: namespace } = body()
  return { kubernetes: kubernetes!, namespace, waited, next: () => body()['kubernetes']! }
}

describe('pods from the API server', () => {
  it('are followed by one watch of the node', async () => {
    watches.push(events([['ADDED', pod('web', { status: running })], initialEnd('9')]))
    const { kubernetes } = await first(await start(), 'web')
    expect(kubernetes).toEqual({
      pod_name: 'web', namespace_name: 'shop', pod_id: 'uid-web', labels: { app: 'web' }, host: 'node-a', pod_ip: '10.0.0.1',
      container_name: 'app', docker_id: ID, container_hash: 'sha256:1', container_image: 'nginx:1'
    })
    expect(fake.requests.map(({ path: asked, token, query }) => [asked, token, query.get('fieldSelector')])).toEqual([['/api/v1/pods', 'token', 'spec.nodeName=node-a']])
    await eventually('the message', () => built!.messages.length > 0)
    expect(built!.messages).toEqual([{ level: 'info', text: 'The pods of node node-a are followed: 1 of them.' }])
  })

  it('are rendered anew at each change', async () => {
    let send: ((event: object) => void) | undefined
    watches.push((request, response) => {
      events([['ADDED', pod('web', { status: running })], initialEnd('9')])(request, response)
      send = (event) => { response.write(`${JSON.stringify(event)}\n`) }
    })
    const { next } = await first(await start(), 'web')
    send!({ type: 'MODIFIED', object: { ...pod('web', { status: running }), metadata: { name: 'web', namespace: 'shop', uid: 'uid-web', resourceVersion: '10', labels: { app: 'new' } } } })
    await eventually('the new label', () => (next()['labels'] as { app: string }).app === 'new')
    send!({ type: 'DELETED', object: pod('web') })
    send!({ type: 'ADDED', object: pod('other') })
    const other = await first(built!, 'other')
    expect(other.kubernetes['pod_id']).toBe('uid-other')
    expect(next()['pod_id']).toBe('uid-web')
  })

  it('that are running already make nobody wait; what the runtime has not told yet is waited for, at most a second', async () => {
    watches.push(events([['ADDED', pod('web', { status: running })], ['ADDED', pod('slow')], initialEnd('9')]))
    const filter = await start()
    await first(filter, 'web')
    expect(filter.filter.prepare?.(tagOf('web'))).toBeUndefined()
    const { waited, kubernetes } = await first(filter, 'slow')
    expect(waited).toBeGreaterThan(900)
    expect(waited).toBeLessThan(3000)
    expect(kubernetes).toMatchObject({ pod_id: 'uid-slow', labels: { app: 'slow' } })
  })

  it('that come while their first lines wait are there at once', async () => {
    watches.push((request, response) => {
      events([initialEnd('9')])(request, response)
      setTimeout(() => { response.write(`${JSON.stringify({ type: 'ADDED', object: pod('late', { status: running }) })}\n`) }, 200)
    })
    const { waited, kubernetes } = await first(await start(), 'late')
    expect(waited).toBeLessThan(900)
    expect(kubernetes['pod_id']).toBe('uid-late')
  })

  it('are not waited for where the API refuses, which is said once, and again when it no longer does', async () => {
    watches.push(status(403, 'Forbidden', 'User "agent" cannot watch pods'), status(403, 'Forbidden', 'User "agent" cannot watch pods'))
    const filter = await start()
    await eventually('the message', () => filter.messages.length > 0)
    const { waited, kubernetes } = await first(filter, 'web')
    expect(waited).toBeLessThan(100)
    expect(kubernetes).toEqual({ pod_name: 'web', namespace_name: 'shop', container_name: 'app', docker_id: ID })
    watches.push(events([['ADDED', pod('web', { status: running })], initialEnd('9')]))
    await eventually('recovery', () => filter.messages.length === 2)
    expect(filter.messages.map(({ level }) => level)).toEqual(['error', 'info'])
    expect(filter.messages[0]!.text).toContain('403 Forbidden: User "agent" cannot watch pods')
    expect((await first(filter, 'web')).next()['pod_id']).toBe('uid-web')
  })

  it('are waited for while the watch is broken, which is then tried at once', async () => {
    watches.push(events([initialEnd('9')], 'cut'), (_request, response) => { response.destroy() }, (_request, response) => { response.destroy() })
    const filter = await start()
    await eventually('the break', () => filter.messages.some(({ level }) => level === 'error'))
    watches.push(events([['ADDED', pod('web', { status: running })]]))
    expect((await first(filter, 'web')).kubernetes['pod_id']).toBe('uid-web')
  })

  it('are known by their tags when the server hangs, and nobody waits longer than a few seconds', async () => {
    watches.push(() => undefined)
    const { waited, kubernetes } = await first(await start(), 'web')
    expect(waited).toBeLessThan(8000)
    expect(kubernetes).toEqual({ pod_name: 'web', namespace_name: 'shop', container_name: 'app', docker_id: ID })
  })

  it('are told to be missing when the node has another name', async () => {
    watches.push(events([initialEnd('9')]))
    const filter = await start()
    await eventually('the warning', () => filter.messages.some(({ text }) => text.includes('kube_node_name')))
  })

  it('come with labels and annotations of their namespace, asked for once', async () => {
    namespaces = json({ metadata: { name: 'shop', labels: { team: 'a' }, annotations: { 'fantail.io/exclude_stderr': 'true' } } })
    watches.push(events([['ADDED', pod('web', { status: running })], ['ADDED', pod('api', { status: running })], initialEnd('9')]))
    const filter = await start({ namespace_labels: true, 'k8s-logging.exclude': true })
    expect((await first(filter, 'web')).namespace).toEqual({ name: 'shop', labels: { team: 'a' } })
    expect((await first(filter, 'api')).namespace).toEqual({ name: 'shop', labels: { team: 'a' } })
    expect(fake.requests.map(({ path: asked }) => asked).sort()).toEqual(['/api/v1/namespaces/shop', '/api/v1/pods'])
    fill(filter.record, '{"stream":"stderr"}')
    expect(filter.filter.forTag(tagOf('web'))(filter.record)).toBe(false)
  })

  it('come without those where namespaces are refused, which is said once', async () => {
    namespaces = status(403, 'Forbidden', 'no namespaces')
    watches.push(events([['ADDED', pod('web', { status: running })], initialEnd('9')]))
    const filter = await start({ namespace_labels: true })
    const { waited, namespace, kubernetes } = await first(filter, 'web')
    expect(waited).toBeLessThan(900)
    expect([namespace, kubernetes['pod_id']]).toEqual([undefined, 'uid-web'])
    expect(filter.messages.filter(({ level }) => level === 'warn').map(({ text }) => text)).toEqual([expect.stringContaining('no namespaces')])
  })

  it('come without what they would inherit where namespaces are refused, which is no reason to warn', async () => {
    namespaces = status(403, 'Forbidden', 'no namespaces')
    watches.push(events([['ADDED', pod('web', { status: running })], initialEnd('9')]))
    const filter = await start({ 'k8s-logging.exclude': true })
    expect((await first(filter, 'web')).kubernetes['pod_id']).toBe('uid-web')
    expect(filter.messages.filter(({ text }) => text.includes('no namespaces')).map(({ level }) => level)).toEqual(['info'])
  })

  it('share the limit that their pod sets itself', async () => {
    watches.push(events([['ADDED', pod('web', { status: running, annotations: { 'fantail.io/rate-limit': '3/h' } })], initialEnd('9')]))
    const filter = await start({ 'k8s-logging.exclude': true })
    await first(filter, 'web')
    const kept = ['app', 'side'].flatMap((container) => {
      const apply = filter.filter.forTag(tagOf('web').replace('app', container))
      return [1, 2, 3].map(() => {
        fill(filter.record, '{"log":"x"}')
        return apply(filter.record)
      })
    })
    // one went through in `first`
    expect(kept).toEqual([true, true, false, false, false, false])
  })
})
