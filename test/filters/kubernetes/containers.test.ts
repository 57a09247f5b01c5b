import { expect, it } from 'vitest'
import { Containers, isOfPod, NAMELESS } from '../../../src/filters/kubernetes/containers.ts'
import type { ContainerName } from '../../../src/filters/kubernetes/container-name.ts'

const name = (pod: string, container = 'app', namespace = 'shop'): ContainerName => ({ ...NAMELESS, pod, namespace, container })
const names = (found: Iterable<{ readonly name: ContainerName }>): (string | undefined)[] => [...found].map((one) => `${one.name.pod}/${one.name.container}`)

it('containers are found by their tag, their pod and their namespace', () => {
  const containers = new Containers(10)
  const web = containers.add('t1', name('web'))
  containers.add('t2', name('web', 'side'))
  containers.add('t3', name('api'))
  containers.add('t4', name('web', 'app', 'other'))
  expect(containers.get('t1')).toBe(web)
  expect(names(containers.ofPod('shop', 'web'))).toEqual(['web/app', 'web/side'])
  expect(names(containers.ofNamespace('shop'))).toEqual(['web/app', 'web/side', 'api/app'])
  expect([...containers.all()]).toHaveLength(4)
})

it('those of a pod are let go with it, and the oldest when there are too many', () => {
  const containers = new Containers(3)
  for (const [i, pod] of ['a', 'b', 'c', 'd'].entries()) containers.add(`t${i}`, name(pod))
  expect([containers.get('t0'), names(containers.ofPod('shop', 'a'))]).toEqual([undefined, []])
  containers.forget('shop', 'b')
  expect([containers.get('t1'), names(containers.all())]).toEqual([undefined, ['c/app', 'd/app']])
  expect(names(containers.ofNamespace('shop'))).toEqual(['c/app', 'd/app'])
})

it('those of one pod share its limit, as long as it stays the same', () => {
  const containers = new Containers(10)
  const [one, other, elsewhere] = [containers.add('t1', name('web')), containers.add('t2', name('web', 'side')), containers.add('t3', name('api'))]
  one.limit = containers.limitOf(one, { records: 5, seconds: 1 })
  expect(containers.limitOf(other, { records: 5, seconds: 1 })).toBe(one.limit)
  expect(containers.limitOf(one, { records: 5, seconds: 1 })).toBe(one.limit)
  expect(containers.limitOf(other, { records: 6, seconds: 1 })).not.toBe(one.limit)
  expect(containers.limitOf(elsewhere, { records: 5, seconds: 1 })).not.toBe(one.limit)
  expect(containers.limitOf(one, undefined)).toBeUndefined()
})

it('a container is of a pod when pod and namespace are known', () => {
  expect([isOfPod(name('web')), isOfPod({ ...NAMELESS, pod: 'web' }), isOfPod(NAMELESS)]).toEqual([true, false, false])
})
