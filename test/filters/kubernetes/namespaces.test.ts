import { afterEach, beforeEach, expect, it } from 'vitest'
import { Namespaces } from '../../../src/filters/kubernetes/namespaces.ts'
import { FakeKubernetes, json, status } from '../../support/fake-kubernetes.ts'
import { eventually, sleep } from '../../support/wait.ts'

let fake: FakeKubernetes
let namespaces: Namespaces | undefined
const warnings: string[] = []
const changed: string[] = []
beforeEach(async () => {
  fake = await FakeKubernetes.start()
  warnings.length = changed.length = 0
})
afterEach(async () => {
  namespaces?.close()
  await fake.stop()
})

function follow (ttl: number): Namespaces {
  return (namespaces = new Namespaces(fake.client(), (text) => { warnings.push(text) }, ttl, (name) => { changed.push(name) }))
}

it('a namespace is asked for when it is first wanted, and again when it is old', async () => {
  fake.answer = json({ metadata: { labels: { v: '1' }, managedFields: ['large'] } })
  const all = follow(500)
  expect([all.settled('shop'), all.settled('shop'), all.get('shop')]).toEqual([false, false, undefined])
  await eventually('it is there', () => all.settled('shop'))
  expect(all.get('shop')).toEqual({ metadata: { labels: { v: '1' } } })
  fake.answer = json({ metadata: { labels: { v: '2' } } })
  await eventually('it is new', () => all.get('shop')?.metadata?.labels?.['v'] === '2')
  expect(changed.slice(0, 2)).toEqual(['shop', 'shop'])
})

it('one that never gets old is asked for once, and one that is let go is no longer known', async () => {
  fake.answer = json({ metadata: {} })
  const all = follow(0)
  all.settled('shop')
  await eventually('it is there', () => all.settled('shop'))
  await sleep(1200)
  expect(fake.requests).toHaveLength(1)
  all.forget('shop')
  expect(all.get('shop')).toBeUndefined()
})

it('failures settle it too, keep what was known, and are said once in a row', async () => {
  fake.answer = status(403, 'Forbidden', 'no')
  const all = follow(60_000)
  all.settled('a')
  all.settled('b')
  await eventually('both are settled', () => all.settled('a') && all.settled('b'))
  expect(warnings).toEqual([expect.stringContaining('403 Forbidden: no')])
})
