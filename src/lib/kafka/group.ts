/**
 * Membership in a consumer group by the classic protocol: join, share out, beat, leave. All members give up their
 * partitions at every rebalance ("eager"), so that each is read by one member at a time.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { STRATEGIES, assign } from './assignor.ts'
import type { Cluster } from './cluster.ts'
import { read, type Connection } from './connection.ts'
import {
  readFindCoordinator, readGroupError, readJoinGroup, readOffsetCommit, readOffsetFetch, readSyncGroup, writeFindCoordinator, writeHeartbeat,
  writeJoinGroup, writeLeaveGroup, writeOffsetCommit, writeOffsetFetch, writeSyncGroup, type Membership, type Position, type TopicPartition
} from './group-messages.ts'
import { FIND_COORDINATOR, HEARTBEAT, JOIN_GROUP, LEAVE_GROUP, OFFSET_COMMIT, OFFSET_FETCH, SYNC_GROUP, type Api } from './messages.ts'
import { KafkaError, check } from './protocol-errors.ts'
import type { WireReader, WireWriter } from './wire.ts'

export interface GroupSettings {
  readonly group: string
  /** `group.instance.id`: the member keeps its partitions over a short absence. */
  readonly instance: string | null
  readonly topics: readonly string[]
  readonly strategies: readonly string[]
  /** Milliseconds without a beat after which the others take over. */
  readonly sessionTimeout: number
  readonly heartbeat: number
  /** Milliseconds that members have to give up their partitions. */
  readonly rebalanceTimeout: number
  readonly retryBackoff: number
}

export interface GroupEvents {
  /** These partitions are ours from now on. */
  assigned(partitions: readonly TopicPartition[]): Promise<void>
  /** The partitions are to be given up; they are ours until it resolves. `lost`: they are others' already. */
  revoked(lost: boolean): Promise<void>
  /** Something failed and is tried again. */
  failed(reason: string): void
}

const REBALANCE = 27
const ILLEGAL_GENERATION = 22
const UNKNOWN_MEMBER = 25
const MEMBER_ID_REQUIRED = 79

export class Group {
  readonly #cluster: Cluster
  readonly #settings: GroupSettings
  readonly #events: GroupEvents
  readonly #stop = new AbortController()
  #membership: Membership
  #coordinator: number | undefined
  #running: Promise<void> | undefined

  constructor(cluster: Cluster, settings: GroupSettings, events: GroupEvents) {
    this.#cluster = cluster
    this.#settings = settings
    this.#events = events
    this.#membership = { group: settings.group, generation: -1, member: '', instance: settings.instance }
  }

  /** Joins, and stays until `leave`. */
  start(): void {
    this.#running = this.#run()
  }

  /** Asked anew after every wait. */
  #isOver(): boolean {
    return this.#stop.signal.aborted
  }

  async #run(): Promise<void> {
    while (!this.#isOver()) {
      try {
        const partitions = await this.#join()
        await this.#events.assigned(partitions)
        await this.#beat()
      } catch (error) {
        const { code, message } = error as KafkaError
        const lost = code === ILLEGAL_GENERATION || code === UNKNOWN_MEMBER || code === 82
        await this.#events.revoked(lost)
        if (code === UNKNOWN_MEMBER) this.#membership = { ...this.#membership, member: '', generation: -1 }
        if (code === REBALANCE) continue
        this.#coordinator = undefined
        if (this.#isOver()) return
        if (!lost) this.#events.failed(message)
        await this.#pause(this.#settings.retryBackoff)
      }
    }
  }

  async #pause(milliseconds: number): Promise<void> {
    await sleep(milliseconds, undefined, { signal: this.#stop.signal }).catch(() => {})
  }

  async #join(): Promise<readonly TopicPartition[]> {
    const { group, sessionTimeout, rebalanceTimeout, instance, topics, strategies } = this.#settings
    // a topic that is not there yet must not keep us from the others: the leader assigns what there is
    const counts = new Map<string, number>()
    for (const topic of topics) {
      const found = await this.#cluster.topic(topic).catch((error: unknown) => this.#events.failed((error as Error).message))
      if (found !== undefined) counts.set(topic, found.leaders.length)
    }
    if (counts.size === 0) throw new KafkaError('none of the topics can be read')
    const request = { group, sessionTimeout, rebalanceTimeout, member: this.#membership.member, instance, strategies, topics }
    let joined = await this.#ask(JOIN_GROUP, (w) => writeJoinGroup(w, request), readJoinGroup, rebalanceTimeout + 5000)
    if (joined.error === MEMBER_ID_REQUIRED) {
      const named = { ...request, member: joined.member }
      joined = await this.#ask(JOIN_GROUP, (w) => writeJoinGroup(w, named), readJoinGroup, rebalanceTimeout + 5000)
    }
    check(joined.error, `group ${group}`)
    this.#membership = { group, instance, generation: joined.generation, member: joined.member }
    const assignments = joined.leader === joined.member ? await this.#assign(joined.strategy, joined.members, counts) : new Map<string, TopicPartition[]>()
    const { error, partitions } = await this.#ask(SYNC_GROUP, (w) => writeSyncGroup(w, this.#membership, assignments), readSyncGroup, rebalanceTimeout + 5000)
    check(error, `group ${group}`)
    return partitions
  }

  async #assign(strategy: string, members: Parameters<typeof assign>[1], counts: Map<string, number>): Promise<Map<string, TopicPartition[]>> {
    for (const topic of new Set(members.flatMap((member) => member.topics))) {
      if (!counts.has(topic)) await this.#cluster.topic(topic).then(({ leaders }) => counts.set(topic, leaders.length), () => {})
    }
    return assign(STRATEGIES.find((name) => name === strategy) ?? 'range', members, counts)
  }

  /** Beats until something happens, which it rejects with. Joins anew when a topic has grown. */
  async #beat(): Promise<void> {
    const { heartbeat, topics } = this.#settings
    const before = await this.#partitionCount(topics)
    let failingSince = 0
    while (!this.#isOver()) {
      await this.#pause(heartbeat)
      if (this.#isOver()) return
      try {
        check(await this.#ask(HEARTBEAT, (w) => writeHeartbeat(w, this.#membership), readGroupError), 'heartbeat')
        failingSince = 0
      } catch (error) {
        const { code } = error as KafkaError
        if (code === REBALANCE || code === ILLEGAL_GENERATION || code === UNKNOWN_MEMBER) throw error
        // a coordinator that has moved or does not answer: we are members as long as the session lasts
        this.#coordinator = undefined
        failingSince ||= performance.now()
        if (performance.now() - failingSince > this.#settings.sessionTimeout) throw error
      }
      if (await this.#partitionCount(topics) !== before) throw new KafkaError('a topic has grown', { code: REBALANCE })
    }
  }

  async #partitionCount(topics: readonly string[]): Promise<number> {
    let count = 0
    for (const topic of topics) count += (await this.#cluster.topic(topic).catch(() => undefined))?.leaders.length ?? 0
    return count
  }

  /** Positions of the group. Rejects with KafkaError. */
  async positions(partitions: readonly TopicPartition[]): Promise<readonly Position[]> {
    const { group } = this.#settings
    const { error, positions } = await this.#ask(OFFSET_FETCH, (w) => writeOffsetFetch(w, group, partitions), readOffsetFetch)
    check(error, `positions of group ${group}`)
    return positions
  }

  async commit(positions: readonly Position[]): Promise<void> {
    if (positions.length === 0) return
    check(await this.#ask(OFFSET_COMMIT, (w) => writeOffsetCommit(w, this.#membership, positions), readOffsetCommit), 'committing positions')
  }

  async #ask<T>(api: Api, compose: (w: WireWriter) => void, reader: (r: WireReader) => T, timeout?: number): Promise<T> {
    const connection = await this.#connect()
    return read((await connection.request(api, compose, timeout)).answer, reader)
  }

  async #connect(): Promise<Connection> {
    if (this.#coordinator === undefined) {
      const { group } = this.#settings
      this.#coordinator = await this.#cluster.withAnyBroker(async (connection) => {
        const answer = read((await connection.request(FIND_COORDINATOR, (w) => writeFindCoordinator(w, group))).answer, readFindCoordinator)
        check(answer.error, `coordinator of group ${group}`, answer.message)
        return answer.id
      })
      await this.#cluster.refresh([])
    }
    return await this.#cluster.broker(this.#coordinator)
  }

  /** Leaves, so that the others need not wait for the session to end. What was to be committed is committed before. */
  async leave(): Promise<void> {
    this.#stop.abort()
    if (this.#membership.member !== '' && this.#settings.instance === null) {
      await this.#ask(LEAVE_GROUP, (w) => writeLeaveGroup(w, this.#membership), readGroupError, 2000).catch(() => {})
    }
  }

  /** Resolves when nothing runs any more; the cluster must be closed for it. */
  async ended(): Promise<void> {
    await this.#running
  }
}
