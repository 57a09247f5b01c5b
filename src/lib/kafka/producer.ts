/**
 * Sends finished record batches to the leaders of their partitions until each is acknowledged or given up.
 *
 * One batch per partition is under way at a time, and one request carries the batches of all partitions that a broker
 * leads and that are ready. With idempotence a batch keeps its sequence number through every retry here, so the broker
 * stores it once however often it arrives; a batch that is given up with its fate unknown takes the producer id of its
 * partition with it.
 */
import type { Cluster } from './cluster.ts'
import { read, type Connection } from './connection.ts'
import {
  INIT_PRODUCER_ID, PRODUCE, readInitProducerId, readProduce, writeInitProducerId, writeProduce, type ProduceAnswer
} from './messages.ts'
import { DUPLICATE_SEQUENCE, KafkaError, check, describeError, remedyOf } from './protocol-errors.ts'
import { NO_SEQUENCE, seal } from './record-batch.ts'

export interface ProducerSettings {
  /** -1: all replicas in sync; 1: the leader; 0: nobody, nothing is known of the delivery. */
  readonly acks: number
  /** `preferred`: without it when the broker does not allow it. */
  readonly idempotence: 'required' | 'preferred' | 'off'
  /** Milliseconds that the broker waits for its replicas. */
  readonly ackTimeout: number
  /** Milliseconds that a batch is tried whose fate is unknown; one that was surely not taken is given up sooner. */
  readonly deliveryTimeout: number
  /** Milliseconds before the first retry; doubled up to `retryBackoffMax`. */
  readonly retryBackoff: number
  readonly retryBackoffMax: number
  readonly warn: (message: string) => void
}

export type Outcome =
  | { readonly kind: 'delivered' }
  /** `denied`: not before somebody changes something. */
  | { readonly kind: 'retry'; readonly reason: string; readonly unsure: boolean; readonly throttle: number; readonly denied: boolean }
  | { readonly kind: 'large'; readonly reason: string }
  | { readonly kind: 'refused'; readonly reason: string }
  /** `records` names those at fault by their place in the batch; empty when the broker does not say which. */
  | { readonly kind: 'bad'; readonly reason: string; readonly records: ReadonlyMap<number, string> }

/** How long a batch that was surely not taken is tried before the caller decides anew. */
const PATIENCE = 10_000
const SEQUENCES = 0x8000_0000

interface Part {
  readonly batch: Buffer
  readonly count: number
  readonly resolve: (outcome: Outcome) => void
  /** `performance.now()` of the first try; 0 before it. */
  since: number
  tries: number
  unsure: boolean
  reason: string
}

interface Identity {
  readonly producerId: bigint
  readonly epoch: number
}

/** What waits for one partition. */
class PartitionQueue {
  readonly topic: string
  readonly partition: number
  readonly parts: Part[] = []
  sending = false
  notBefore = 0
  identity: Identity | undefined
  /** Sequence number of the next batch. */
  next = 0

  constructor(topic: string, partition: number) {
    this.topic = topic
    this.partition = partition
  }
}

export class Producer {
  readonly #cluster: Cluster
  readonly #settings: ProducerSettings
  readonly #queues = new Map<string, Map<number, PartitionQueue>>()
  /** Queues with parts that are not being sent. */
  readonly #waiting = new Set<PartitionQueue>()
  #identity: Promise<Identity> | undefined
  #idempotent: boolean
  #awake = false
  #timer: NodeJS.Timeout | undefined
  #timerAt = Infinity
  #stopped: string | undefined

  constructor(cluster: Cluster, settings: ProducerSettings) {
    this.#cluster = cluster
    this.#settings = settings
    this.#idempotent = settings.idempotence !== 'off' && settings.acks === -1
  }

  /** Sends a batch of `count` records; `batch` is sealed here and must stay untouched until the outcome is known. */
  produce(topic: string, partition: number, batch: Buffer, count: number): Promise<Outcome> {
    if (this.#stopped !== undefined) return Promise.resolve({ kind: 'retry', reason: this.#stopped, unsure: false, throttle: 0, denied: false })
    return new Promise((resolve) => {
      const queue = this.#queue(topic, partition)
      queue.parts.push({ batch, count, resolve, since: 0, tries: 0, unsure: false, reason: '' })
      if (!queue.sending) this.#waiting.add(queue)
      this.#wake()
    })
  }

  #queue(topic: string, partition: number): PartitionQueue {
    let partitions = this.#queues.get(topic)
    if (partitions === undefined) this.#queues.set(topic, (partitions = new Map<number, PartitionQueue>()))
    let queue = partitions.get(partition)
    if (queue === undefined) partitions.set(partition, (queue = new PartitionQueue(topic, partition)))
    return queue
  }

  /** Looks once at all that became ready in this turn, so that one request carries it. */
  #wake(): void {
    if (this.#awake) return
    this.#awake = true
    queueMicrotask(() => {
      this.#awake = false
      this.#pump()
    })
  }

  #pump(): void {
    const now = performance.now()
    const byLeader = new Map<number, PartitionQueue[]>()
    const leaderless: PartitionQueue[] = []
    for (const queue of this.#waiting) {
      const [part] = queue.parts
      if (part === undefined || queue.sending) {
        this.#waiting.delete(queue)
        continue
      }
      if (queue.notBefore > now) {
        this.#arm(queue.notBefore, now)
        continue
      }
      if (part.since === 0) part.since = now
      const leader = this.#cluster.leader(queue.topic, queue.partition)
      if (leader === undefined) leaderless.push(queue)
      else {
        const same = byLeader.get(leader)
        if (same === undefined) byLeader.set(leader, [queue])
        else same.push(queue)
      }
      queue.sending = true
      this.#waiting.delete(queue)
    }
    if (leaderless.length > 0) void this.#findLeaders(leaderless)
    for (const [leader, queues] of byLeader) void this.#send(leader, queues)
  }

  #arm(at: number, now: number): void {
    if (this.#timer !== undefined && this.#timerAt <= at) return
    clearTimeout(this.#timer)
    this.#timerAt = at
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#timerAt = Infinity
      this.#wake()
    }, Math.max(1, Math.ceil(at - now)))
  }

  async #findLeaders(queues: readonly PartitionQueue[]): Promise<void> {
    let reason = 'the partition has no leader at the moment'
    await this.#cluster.refresh(queues.map(({ topic }) => topic)).catch((error: unknown) => { reason = sentence(error) })
    for (const queue of queues) {
      if (this.#cluster.leader(queue.topic, queue.partition) === undefined) this.#again(queue, reason, false)
      else this.#release(queue)
    }
  }

  async #send(leader: number, queues: readonly PartitionQueue[]): Promise<void> {
    let connection: Connection
    try {
      connection = await this.#cluster.broker(leader)
      if (connection.throttledUntil > performance.now()) {
        await new Promise((resolve) => { setTimeout(resolve, connection.throttledUntil - performance.now()) })
      }
      if (this.#idempotent) await this.#identify(queues, connection)
    } catch (error) {
      // nothing was sent: somebody else may lead by now
      await this.#cluster.refresh([]).catch(() => {})
      for (const queue of queues) this.#again(queue, sentence(error), false)
      return
    }
    const parts = queues.filter(({ parts: [part] }) => part !== undefined)
    for (const queue of parts) seal(queue.parts[0]!.batch, this.#sequence(queue))
    const sent = parts.map(({ topic, partition, parts: [part] }) => ({ topic, partition, batch: part!.batch }))
    const { acks, ackTimeout } = this.#settings
    try {
      if (acks === 0) {
        connection.post(PRODUCE, (w) => writeProduce(w, sent, acks, ackTimeout))
        for (const queue of parts) this.#settle(queue, { kind: 'delivered' })
        return
      }
      const { answer, version } = await connection.request(PRODUCE, (w) => writeProduce(w, sent, acks, ackTimeout))
      const { parts: answers, throttle } = read(answer, (r) => readProduce(r, version))
      if (throttle > 0) connection.throttledUntil = performance.now() + throttle
      this.#answered(parts, answers, throttle)
    } catch (error) {
      const unsure = error instanceof KafkaError ? error.unsure : true
      await this.#cluster.refresh([]).catch(() => {})
      for (const queue of parts) this.#again(queue, sentence(error), unsure)
    }
  }

  #sequence({ identity, next }: PartitionQueue): { producerId: bigint; epoch: number; first: number } {
    return identity === undefined ? NO_SEQUENCE : { ...identity, first: next }
  }

  /** Gives every queue a producer id; all that have none share a fresh one. */
  async #identify(queues: readonly PartitionQueue[], connection: Connection): Promise<void> {
    const without = queues.filter(({ identity }) => identity === undefined)
    if (without.length === 0) return
    this.#identity ??= this.#askIdentity(connection)
    try {
      const identity = await this.#identity
      for (const queue of without) {
        queue.identity = identity
        queue.next = 0
      }
    } catch (error) {
      this.#identity = undefined
      const refused = error instanceof KafkaError && error.code !== undefined && remedyOf(error.code) === 'denied'
      if (!refused || this.#settings.idempotence === 'required') throw error
      this.#idempotent = false
      this.#settings.warn(`The broker allows no idempotent producer (${sentence(error)}): batches whose answer is lost may be stored twice.`)
    }
  }

  async #askIdentity(connection: Connection): Promise<Identity> {
    if (connection.version(INIT_PRODUCER_ID) === undefined) throw new KafkaError('it does not know InitProducerId', { code: 35 })
    const { error, producerId, epoch } = read((await connection.request(INIT_PRODUCER_ID, writeInitProducerId)).answer, readInitProducerId)
    check(error, 'no producer id')
    return { producerId, epoch }
  }

  #answered(queues: readonly PartitionQueue[], answers: readonly ProduceAnswer[], throttle: number): void {
    let moved = false
    for (const queue of queues) {
      const answer = answers.find(({ topic, partition }) => topic === queue.topic && partition === queue.partition)
      if (answer === undefined) {
        this.#again(queue, 'the broker\'s answer leaves the partition out', true)
        continue
      }
      const { error, message, records } = answer
      if (error === 0 || error === DUPLICATE_SEQUENCE) {
        this.#settle(queue, { kind: 'delivered' })
        continue
      }
      const reason = `topic ${queue.topic}, partition ${queue.partition}: ${describeError(error, message)}`
      switch (remedyOf(error)) {
        case 'large': this.#settle(queue, { kind: 'large', reason }); break
        case 'never': this.#settle(queue, { kind: 'refused', reason }); break
        case 'bad':
          this.#settle(queue, { kind: 'bad', reason, records: new Map(records.map(([index, words]) => [index, words ?? reason])) })
          break
        case 'denied': this.#settle(queue, { kind: 'retry', reason, unsure: queue.parts[0]!.unsure, throttle, denied: true }); break
        case 'identity':
          this.#forgetIdentity(queue)
          // what may have arrived under the old identity is sent again by the caller, who counts it as repeated
          if (queue.parts[0]?.unsure === true) this.#settle(queue, { kind: 'retry', reason, unsure: true, throttle, denied: false })
          else this.#again(queue, reason, false)
          break
        case 'leader':
          moved = true
          this.#again(queue, reason, false)
          break
        // the leader has it, but not enough replicas confirmed: the same sequence again does no harm
        case 'again': this.#again(queue, reason, error === 7 || error === 20 || error === -1)
      }
    }
    if (moved) this.#cluster.refresh([]).catch(() => {})
  }

  #forgetIdentity(queue: PartitionQueue): void {
    queue.identity = undefined
    queue.next = 0
    this.#identity = undefined
  }

  /** The first part of the queue is tried again, or given up when it was tried for long enough. */
  #again(queue: PartitionQueue, reason: string, unsure: boolean): void {
    const [part] = queue.parts
    if (part === undefined) return this.#release(queue)
    part.tries++
    part.reason = reason
    if (unsure) part.unsure = true
    const now = performance.now()
    const { deliveryTimeout, retryBackoff, retryBackoffMax } = this.#settings
    // without a sequence number each try may be stored: the caller sends it again, and counts it as repeated
    const limit = part.unsure ? (this.#idempotent ? deliveryTimeout : 0) : Math.min(PATIENCE, deliveryTimeout)
    if (now - part.since >= limit || this.#stopped !== undefined) {
      return this.#settle(queue, { kind: 'retry', reason, unsure: part.unsure, throttle: 0, denied: false })
    }
    queue.notBefore = now + Math.min(retryBackoffMax, retryBackoff * 2 ** Math.min(part.tries - 1, 10)) * (0.8 + Math.random() * 0.4)
    this.#release(queue)
  }

  /** The first part of the queue is over. */
  #settle(queue: PartitionQueue, outcome: Outcome): void {
    const part = queue.parts.shift()
    queue.notBefore = 0
    if (part !== undefined) {
      if (outcome.kind === 'delivered') queue.next = (queue.next + part.count) % SEQUENCES
      else if (part.unsure) this.#forgetIdentity(queue)
      part.resolve(outcome)
    }
    this.#release(queue)
  }

  #release(queue: PartitionQueue): void {
    queue.sending = false
    if (queue.parts.length === 0) return
    this.#waiting.add(queue)
    this.#wake()
  }

  /** Gives up everything; what is under way may arrive all the same. */
  stop(reason: string): void {
    this.#stopped = reason
    clearTimeout(this.#timer)
    this.#waiting.clear()
    for (const partitions of this.#queues.values()) {
      for (const queue of partitions.values()) {
        const first = queue.parts[0]
        for (const part of queue.parts.splice(0)) {
          part.resolve({ kind: 'retry', reason: part.reason || reason, unsure: part.unsure || (queue.sending && part === first), throttle: 0, denied: false })
        }
      }
    }
  }
}

function sentence(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
