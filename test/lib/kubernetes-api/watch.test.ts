import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Backoff } from '../../../src/lib/kubernetes-api/backoff.ts'
import { Watch, type ApiObject, type WatchOptions } from '../../../src/lib/kubernetes-api/watch.ts'
import { FakeKubernetes, events, initialEnd, json, status, type Answer } from '../../support/fake-kubernetes.ts'
import { eventually } from '../../support/wait.ts'

interface Thing extends ApiObject {
  readonly metadata: { readonly name: string, readonly resourceVersion: string }
}

const thing = (name: string, version: number): Thing => ({ metadata: { name, resourceVersion: String(version) } })
const idle: Answer = events([])
const torn: Answer = (_request, response) => { response.destroy() }

let fake: FakeKubernetes
let watch: Watch<Thing> | undefined
const said: string[] = []

beforeEach(async () => {
  said.length = 0
  fake = await FakeKubernetes.start(idle)
})
afterEach(async () => {
  await watch?.stop()
  await fake.stop()
})

function follow (script: readonly Answer[], more: Partial<WatchOptions<Thing>> = {}): void {
  fake.script.push(...script)
  watch = new Watch<Thing>({
    client: fake.client(),
    path: '/api/v1/things',
    query: { fieldSelector: 'spec.nodeName=n' },
    backoff: new Backoff(10, 50),
    sink: {
      restarted: () => { said.push('restarted') },
      put: ({ metadata }) => { said.push(`put ${metadata.name} ${metadata.resourceVersion}`) },
      gone: ({ metadata }) => { said.push(`gone ${metadata.name}`) },
      synced: () => { said.push('synced') },
      resumed: () => { said.push('resumed') },
      failed: (failure) => { said.push(`failed ${failure.status}`) }
    },
    ...more
  })
  watch.start()
}

const saw = (text: string): Promise<unknown> => eventually(() => `${text} in ${said.join(', ')}`, () => said.includes(text))

describe('a watch', () => {
  it('gives the objects there are, says so, and gives what changes, by one request', async () => {
    follow([events([['ADDED', thing('a', 3)], initialEnd('5'), ['MODIFIED', thing('a', 6)], ['DELETED', thing('a', 7)]])])
    await saw('gone a')
    expect(said).toEqual(['restarted', 'put a 3', 'synced', 'put a 6', 'gone a'])
    expect(fake.requests).toHaveLength(1)
    expect(Object.fromEntries(fake.requests[0]!.query)).toMatchObject({
      fieldSelector: 'spec.nodeName=n', watch: '1', resourceVersion: '0', sendInitialEvents: 'true',
      resourceVersionMatch: 'NotOlderThan', allowWatchBookmarks: 'true'
    })
  })

  it.each(['end', 'cut'] as const)('goes on from the last version when the stream is over by %s', async (how) => {
    follow([events([initialEnd('5'), ['ADDED', thing('a', 6)], ['BOOKMARK', thing('', 9)], '{"type":"ADDED","obj'], how), events([['ADDED', thing('b', 10)]])])
    await saw('put b 10')
    expect(said.filter((one) => !one.startsWith('failed'))).toEqual(['restarted', 'synced', 'put a 6', 'resumed', 'put b 10'])
    expect(fake.requests[1]!.query.get('resourceVersion')).toBe('9')
    expect(fake.requests[1]!.query.has('sendInitialEvents')).toBe(false)
  })

  it.each([
    ['in the stream', events([['ERROR', { kind: 'Status', code: 410, message: 'too old resource version' }]], 'end')],
    ['as an answer', status(410, 'Expired', 'too old resource version')]
  ])('reads all anew when its version has expired, told %s', async (_where, expired) => {
    follow([events([initialEnd('5')], 'end'), expired, events([['ADDED', thing('b', 8)], initialEnd('9')])])
    await eventually('all anew', () => said.at(-1) === 'synced' && said.includes('put b 8'))
    expect(said.slice(0, 2)).toEqual(['restarted', 'synced'])
    expect(said.slice(-3)).toEqual(['restarted', 'put b 8', 'synced'])
    expect(fake.requests[2]!.query.get('sendInitialEvents')).toBe('true')
  })

  it('begins anew when the initial objects break off', async () => {
    follow([events([['ADDED', thing('a', 3)]], 'end'), events([['ADDED', thing('b', 4)], initialEnd('5')])])
    await saw('synced')
    expect(said).toEqual(['restarted', 'put a 3', 'failed 0', 'restarted', 'put b 4', 'synced'])
  })

  it('lists where the server refuses to send initial objects, and remembers that', async () => {
    const list = json({ kind: 'List', metadata: { resourceVersion: '4' }, items: [thing('a', 3)] })
    follow([
      status(422, 'Invalid', 'sendInitialEvents is forbidden'), list, events([['ADDED', thing('b', 5)], ['ERROR', { code: 410 }]]), list, idle
    ])
    await eventually('all requests', () => fake.requests.length === 5)
    expect(said.slice(0, 5)).toEqual(['restarted', 'put a 3', 'synced', 'resumed', 'put b 5'])
    expect(fake.requests.map(({ query }) => [query.get('watch'), query.get('resourceVersion')])).toEqual([
      ['1', '0'], [null, '0'], ['1', '4'], [null, '0'], ['1', '4']
    ])
  })

  it('reads lists page by page where it is told to, and anew when a page has expired', async () => {
    const first = json({ metadata: { resourceVersion: '9', continue: 'more' }, items: [thing('a', 3)] })
    const last = json({ metadata: { resourceVersion: '9' }, items: [thing('b', 4)] })
    follow([first, status(410, 'Expired', 'token'), first, last], { initial: { kind: 'list', page: 1 } })
    await saw('put b 4')
    expect(fake.requests.slice(0, 4).map(({ query }) => [query.get('limit'), query.get('continue')])).toEqual([
      ['1', null], ['1', 'more'], ['1', null], ['1', 'more']
    ])
    await eventually('the watch', () => fake.requests[4]?.query.get('resourceVersion') === '9')
  })

  it.each([
    ['403', status(403, 'Forbidden', 'no'), 403], ['garbage', events(['<html>\n']), 0], ['null', events(['null\n']), 0],
    ['an ERROR without a reason', events([['ERROR', {}]]), 0], ['nothing at all', torn, 0]
  ])('tells of %s, and tries again', async (_what, bad, code) => {
    follow([bad, bad, events([['ADDED', thing('a', 3)], initialEnd('5')])])
    await saw('put a 3')
    expect(said.filter((one) => one === `failed ${code}`)).toHaveLength(2)
  })

  it('is asked again when it hangs beyond its time', async () => {
    follow([events([initialEnd('5')])], { time: 1, slack: 50 })
    await eventually('the next request', () => fake.requests.length >= 2)
    expect(said).toContain('failed 0')
    expect(fake.requests[1]!.query.get('resourceVersion')).toBe('5')
  })

  it('ends a wait early when there is reason to think that the server is back', async () => {
    follow([status(500, 'x', 'x')], { backoff: new Backoff(3_600_000, 3_600_000) })
    await saw('failed 500')
    await eventually('the next request', () => {
      watch!.nudge()
      return fake.requests.length === 2
    })
  })

  it('stops while it waits, and while it reads', async () => {
    follow([status(500, 'x', 'x')], { backoff: new Backoff(3_600_000, 3_600_000) })
    await saw('failed 500')
    await watch!.stop()
    follow([events([initialEnd('5')])])
    await saw('synced')
    await watch!.stop()
    expect(said.filter((one) => one.startsWith('failed'))).toEqual(['failed 500'])
  })
})
