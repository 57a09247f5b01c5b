import { beforeEach, describe, expect, it, vi } from 'vitest'
import { KnownPods } from '../../../src/filters/kubernetes/known-pods.ts'
import type { Pod, PodContainer } from '../../../src/filters/kubernetes/metadata.ts'

const told: string[] = []
let pods: KnownPods
beforeEach(() => {
  told.length = 0
  pods = new KnownPods({
    podChanged: (namespace, name) => { told.push(`changed ${namespace}/${name}`) },
    namespaceChanged: () => undefined,
    podForgotten: (namespace, name) => { told.push(`forgotten ${namespace}/${name}`) }
  })
})

function pod (name: string, uid: string, ids: readonly string[] = [], past: readonly string[] = []): Pod {
  return {
    metadata: { name, namespace: 'shop', uid, labels: { uid } },
    status: {
      containerStatuses: ids.map((id, i) => ({
        name: 'app', imageID: 'sha256:1', containerID: `containerd://${id}`, lastState: { terminated: { containerID: `containerd://${past[i] ?? ''}` } }
      }))
    }
  }
}

const container = (name: string, dockerId?: string): PodContainer => ({
  pod: name, namespace: 'shop', container: 'app', dockerId, containerHash: undefined
})
const uidOf = (name: string, dockerId?: string, bound?: string): string | undefined => pods.find(container(name, dockerId), bound)?.metadata?.uid

describe('pods of one name', () => {
  it('are told apart by the ids of their containers, those of past runs included', () => {
    pods.put(pod('web-0', 'first', ['a2'], ['a1']))
    pods.gone(pod('web-0', 'first', ['a2']))
    pods.put(pod('web-0', 'second', ['b1']))
    expect([uidOf('web-0', 'a1'), uidOf('web-0', 'a2'), uidOf('web-0', 'b1')]).toEqual(['first', 'first', 'second'])
  })

  it('are the latest to a container that none of them knows, but for one that was found to be of another', () => {
    pods.put(pod('web-0', 'first'))
    pods.gone(pod('web-0', 'first'))
    pods.put(pod('web-0', 'second'))
    expect([uidOf('web-0', 'x'), uidOf('web-0', 'x', 'first'), uidOf('web-0', undefined, 'forgotten')]).toEqual(['second', 'first', 'second'])
  })

  it('are no pods of a longer name', () => {
    pods.put(pod('web-10', 'ten'))
    expect(uidOf('web-1')).toBeUndefined()
  })
})

describe('deleted pods', () => {
  it('stay known for an hour', () => {
    vi.useFakeTimers()
    pods.put(pod('a', '1'))
    pods.gone(pod('a', '1'))
    vi.advanceTimersByTime(3_500_000)
    pods.put(pod('b', '2'))
    pods.gone(pod('b', '2'))
    expect(uidOf('a')).toBe('1')
    vi.advanceTimersByTime(200_000)
    pods.put(pod('c', '3'))
    pods.gone(pod('c', '3'))
    expect([uidOf('a'), uidOf('b')]).toEqual([undefined, '2'])
    expect(told.filter((one) => one.startsWith('forgotten'))).toEqual(['forgotten shop/a'])
    vi.useRealTimers()
  })

  it('stay known up to a number', () => {
    for (let i = 0; i < 2100; i++) {
      pods.put(pod(`p${i}`, String(i)))
      pods.gone(pod(`p${i}`, String(i)))
    }
    expect([uidOf('p0'), uidOf('p99'), uidOf('p100'), uidOf('p2099')]).toEqual([undefined, undefined, '100', '2099'])
    expect(pods.size).toBe(0)
  })

  it('are those that do not come when all come anew, and are there again when they do', () => {
    pods.begin()
    pods.put(pod('a', '1'))
    pods.put(pod('b', '2'))
    pods.end()
    pods.begin()
    pods.put(pod('b', '2'))
    pods.end()
    expect(pods.size).toBe(1)
    expect(uidOf('a')).toBe('1')
    pods.put(pod('a', '1'))
    expect(pods.size).toBe(2)
  })
})

it('a container is complete once the runtime has told its id, or without an id its image', () => {
  expect(pods.complete(container('a', 'id'))).toBe(false)
  pods.put(pod('a', '1'))
  expect([pods.complete(container('a', 'id')), pods.complete(container('a'))]).toEqual([false, false])
  pods.put(pod('a', '1', ['id']))
  expect([pods.complete(container('a', 'id')), pods.complete(container('a', 'other')), pods.complete(container('a'))]).toEqual([true, false, true])
})

it('keeps of a pod only what is added to records, and takes no object that is no pod', () => {
  pods.put({ ...pod('a', '1', ['id']), spec: { nodeName: 'n', containers: ['large'] } } as Pod)
  pods.put({})
  expect(pods.find(container('a'), undefined)).toEqual({
    metadata: { name: 'a', namespace: 'shop', uid: '1', labels: { uid: '1' } },
    spec: { nodeName: 'n' },
    status: { containerStatuses: [{ name: 'app', imageID: 'sha256:1', containerID: 'containerd://id' }] }
  })
})
