import { afterEach, beforeEach, expect, it } from 'vitest'
import { Lease } from '../../../src/lib/kubernetes-api/lease.ts'
import { FakeKubernetes, json, status, type Answer } from '../../support/fake-kubernetes.ts'
import { eventually, sleep } from '../../support/wait.ts'

interface Stored {
  metadata: { name: string, resourceVersion: string, annotations?: Record<string, string> }
  spec: { holderIdentity: string, leaseTransitions: number, leaseDurationSeconds: number, renewTime: string }
}

/** A lease store with versions, as the API keeps it. */
let stored: Stored | undefined
let version = 0
let fake: FakeKubernetes
const leases: Lease[] = []

const store: Answer = (request, response) => {
  const keep = (): void => {
    stored = JSON.parse(request.body) as Stored
    stored.metadata.resourceVersion = String(++version)
    json(stored)(request, response)
  }
  if (request.method === 'POST') {
    if (stored === undefined) keep()
    else status(409, 'AlreadyExists', 'it is there')(request, response)
  } else if (stored === undefined) status(404, 'NotFound', 'not there')(request, response)
  else if (request.method === 'GET') json(stored)(request, response)
  else if ((JSON.parse(request.body) as Stored).metadata.resourceVersion !== stored.metadata.resourceVersion) {
    status(409, 'Conflict', 'the object has been modified')(request, response)
  } else keep()
}

beforeEach(async () => {
  stored = undefined
  fake = await FakeKubernetes.start(store)
})
afterEach(async () => {
  for (const lease of leases.splice(0)) await lease.stop()
  await fake.stop()
})

function candidate (identity: string, note?: string): { lease: Lease, said: string[] } {
  const said: string[] = []
  const lease = new Lease({
    client: fake.client(), namespace: 'logging', name: 'fantail', identity, duration: 900,
    acquired: ({ note: left, again }) => { said.push(`acquired ${again ? 'again ' : ''}${left ?? ''}`) },
    lost: () => { said.push('lost') },
    note: () => note,
    failed: (failure) => { said.push(`failed ${failure.status}`) }
  })
  leases.push(lease)
  lease.start()
  return { lease, said }
}

it('is made by the first, renewed, and taken at once by another with the note when it is given back', async () => {
  const one = candidate('a', 'at 7')
  await eventually('a holds it', () => one.lease.held)
  const two = candidate('b')
  const made = stored!.metadata.resourceVersion
  await eventually('it is renewed', () => Number(stored!.metadata.resourceVersion) > Number(made) + 1)
  expect(two.lease.held).toBe(false)
  expect(stored!.spec).toMatchObject({ holderIdentity: 'a', leaseTransitions: 0 })
  await one.lease.stop()
  expect(stored!.spec.holderIdentity).toBe('')
  await eventually('b holds it', () => two.lease.held)
  expect(two.said).toEqual(['acquired at 7'])
  expect(one.said).toEqual(['acquired '])
  expect(stored!.spec.leaseTransitions).toBe(1)
})

it('is taken from a holder that no longer renews it, after its duration', async () => {
  stored = { metadata: { name: 'fantail', resourceVersion: '0' }, spec: { holderIdentity: 'gone', leaseTransitions: 3, leaseDurationSeconds: 1, renewTime: '2020-01-01T00:00:00.000000Z' } }
  const begun = Date.now()
  const { lease } = candidate('a')
  await eventually('a holds it', () => lease.held)
  expect(Date.now() - begun).toBeGreaterThan(900)
})

it('goes on at once under the same identity', async () => {
  stored = { metadata: { name: 'fantail', resourceVersion: '0', annotations: { 'fantail.io/note': 'at 3' } }, spec: { holderIdentity: 'a', leaseTransitions: 0, leaseDurationSeconds: 3600, renewTime: '' } }
  const { lease, said } = candidate('a')
  await eventually('a holds it', () => lease.held)
  expect(said).toEqual(['acquired again at 3'])
})

it('is lost before its duration is over when it cannot be renewed, told once, and had again later', async () => {
  const { lease, said } = candidate('a')
  await eventually('a holds it', () => lease.held)
  fake.answer = status(500, 'InternalError', 'no')
  await eventually('it is lost', () => said.includes('lost'))
  expect(lease.held).toBe(false)
  expect(said).toEqual(['acquired ', 'failed 500', 'lost'])
  fake.answer = store
  await eventually('a holds it again', () => lease.held)
})

it('is lost to another holder, and kept when somebody else only wrote into it', async () => {
  const { lease, said } = candidate('a')
  await eventually('a holds it', () => lease.held)
  stored = { ...stored!, metadata: { ...stored!.metadata, resourceVersion: 'changed' } }
  await eventually('it is renewed', () => stored!.metadata.resourceVersion !== 'changed')
  expect(said).toEqual(['acquired '])
  stored = { metadata: { ...stored.metadata, resourceVersion: 'other' }, spec: { ...stored.spec, holderIdentity: 'b', leaseDurationSeconds: 60 } }
  await eventually('it is lost', () => said.includes('lost'))
  await sleep(100)
  expect(stored.spec.holderIdentity).toBe('b')
})
