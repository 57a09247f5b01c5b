import { afterEach, beforeEach, expect, it } from 'vitest'
import { Cluster } from '../../../src/lib/kafka/cluster.ts'
import { Group, type GroupSettings } from '../../../src/lib/kafka/group.ts'
import { FakeBroker } from './fake-broker.ts'
import { clusterOf } from './settings.ts'

let broker: FakeBroker
let cluster: Cluster
let group: Group
let events: string[]
beforeEach(async () => {
  broker = await FakeBroker.start()
  broker.topics.set('logs', 2)
  events = []
  make()
})
afterEach(async () => {
  await group.leave()
  await cluster.close()
  await group.ended()
  await broker.stop()
})

function make (set: Partial<GroupSettings> = {}): void {
  cluster = new Cluster(clusterOf([broker.port], { createTopics: false, metadataAge: 50 }))
  group = new Group(cluster, {
    group: 'g', instance: null, topics: ['logs'], strategies: ['range'], sessionTimeout: 1000, heartbeat: 20, rebalanceTimeout: 1000, retryBackoff: 20, ...set
  }, {
    assigned: async (partitions) => { events.push(`assigned ${partitions.map(({ partition }) => partition).join(' ')}`) },
    revoked: async (lost) => { events.push(lost ? 'lost' : 'revoked') },
    failed: (reason) => { events.push(`failed ${reason}`) }
  })
}

async function happened (...wanted: string[]): Promise<void> {
  await expect.poll(() => events, { timeout: 5000 }).toEqual(wanted)
}

it('joins, shares out and leaves', async () => {
  group.start()
  await happened('assigned 0 1')
  await group.leave()
  expect(broker.group.left).toBe(1)
})

it('keeps a member with a name of its own in the group', async () => {
  make({ instance: 'pod-1' })
  group.start()
  await happened('assigned 0 1')
  await group.leave()
  expect(broker.group.left).toBe(0)
})

it('gives up its partitions before it joins anew', async () => {
  group.start()
  await happened('assigned 0 1')
  broker.group.heartbeat = 27
  await happened('assigned 0 1', 'revoked', 'assigned 0 1')
})

it('has lost them when the group does not know it any more', async () => {
  group.start()
  await happened('assigned 0 1')
  broker.group.heartbeat = 22
  await happened('assigned 0 1', 'lost', 'assigned 0 1')
})

it('joins anew when a topic has grown', async () => {
  group.start()
  await happened('assigned 0 1')
  broker.topics.set('logs', 3)
  await happened('assigned 0 1', 'revoked', 'assigned 0 1 2')
})

it('says why it cannot join, and tries again', async () => {
  broker.group.joinErrors = [30]
  group.start()
  await happened('revoked', 'failed group g: GROUP_AUTHORIZATION_FAILED: we are not allowed to use the group', 'assigned 0 1')
})

it('stays a member while its coordinator hangs up now and then', async () => {
  group.start()
  await happened('assigned 0 1')
  broker.hangUp()
  await expect.poll(() => broker.seen.filter((api) => api === 12).length).toBeGreaterThan(4)
  expect(events).toEqual(['assigned 0 1'])
})

it('keeps positions', async () => {
  group.start()
  await happened('assigned 0 1')
  await group.commit([{ topic: 'logs', partition: 1, offset: 5 }])
  await group.commit([])
  expect(await group.positions([{ topic: 'logs', partition: 0 }, { topic: 'logs', partition: 1 }])).toEqual([
    { topic: 'logs', partition: 0, offset: -1 }, { topic: 'logs', partition: 1, offset: 5 }
  ])
})
