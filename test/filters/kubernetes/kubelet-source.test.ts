import { afterEach, beforeEach, expect, it } from 'vitest'
import { KubeletSource } from '../../../src/filters/kubernetes/kubelet-source.ts'
import type { PodContainer } from '../../../src/filters/kubernetes/metadata.ts'
import { FakeKubernetes, json, status, type Answer } from '../../support/fake-kubernetes.ts'
import { eventually } from '../../support/wait.ts'

const ID = 'a'.repeat(64)
const container = (pod: string): PodContainer => ({ pod, namespace: 'shop', container: 'app', dockerId: ID, containerHash: undefined })

function list (...names: string[]): Answer {
  return json({
    kind: 'PodList',
    metadata: {},
    items: names.map((name) => ({
      metadata: { name, namespace: 'shop', uid: `uid-${name}` },
      status: { containerStatuses: [{ name: 'app', imageID: 'sha256:1', containerID: `containerd://${ID}` }] }
    }))
  })
}

let fake: FakeKubernetes
let source: KubeletSource | undefined
const said: string[] = []
beforeEach(async () => {
  said.length = 0
  fake = await FakeKubernetes.start(list('web'))
})
afterEach(async () => {
  await source?.close()
  await fake.stop()
})

function open (): KubeletSource {
  const say = (text: string): void => { said.push(text) }
  return (source = new KubeletSource({
    client: fake.client(),
    log: { error: say, warn: say, info: say, debug: say },
    meter: { counter: () => ({ value: 0 }), gauge: () => undefined, gauges: () => undefined },
    listener: { podChanged: () => undefined, namespaceChanged: () => undefined, podForgotten: () => undefined },
    namespaces: undefined
  }))
}

it('pods are read at the start, and nobody waits for one that is known', async () => {
  const kubelet = open()
  await kubelet.prepare(container('web'))
  expect(kubelet.pod(container('web'), undefined)?.metadata?.uid).toBe('uid-web')
  expect(kubelet.prepare(container('web'))).toBeUndefined()
  expect(fake.requests.map((request) => request.path)).toEqual(['/pods'])
  expect(said).toEqual(['The kubelet tells of 1 pods.'])
})

it('a new pod is read for, for all that are new at once, and no more than once a second', async () => {
  const kubelet = open()
  await kubelet.prepare(container('web'))
  fake.answer = list('web', 'a', 'b')
  await Promise.all([kubelet.prepare(container('a')), kubelet.prepare(container('b')), kubelet.prepare(container('a'))])
  expect(['a', 'b'].map((name) => kubelet.pod(container(name), undefined)?.metadata?.uid)).toEqual(['uid-a', 'uid-b'])
  expect(fake.requests).toHaveLength(2)
})

it('a pod that is no longer told stays known', async () => {
  const kubelet = open()
  await kubelet.prepare(container('web'))
  fake.answer = list('other')
  await kubelet.prepare(container('other'))
  expect(kubelet.pod(container('web'), undefined)?.metadata?.uid).toBe('uid-web')
})

it('a kubelet that refuses is told of once, with the right that is missing, and nobody waits', async () => {
  fake.answer = status(403, 'Forbidden', 'subresource(s)=[pods proxy]')
  const kubelet = open()
  await eventually('the message', () => said.length > 0)
  expect(kubelet.prepare(container('web'))).toBeUndefined()
  expect(said).toEqual([expect.stringMatching(/403.*nodes\/pods/)])
})

it('an answer that is cut off, or garbage, is tried again', async () => {
  const cut: Answer = (_request, response) => { response.end('{"items":[{"metadata":') }
  fake.script.push(cut)
  const kubelet = open()
  await eventually('the message', () => said.length > 0)
  expect(said[0]).toContain('cut off')
  await kubelet.prepare(container('web'))
  expect(kubelet.pod(container('web'), undefined)?.metadata?.uid).toBe('uid-web')
})
