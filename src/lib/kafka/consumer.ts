/**
 * Reads the partitions that it is given, each from its position: one long request under way per broker, its answer handed
 * over record by record.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Cluster } from './cluster.ts'
import { read } from './connection.ts'
import { EARLIEST, LATEST, readFetch, readListOffsets, writeFetch, writeListOffsets, type Fetched, type Position, type TopicPartition } from './group-messages.ts'
import { FETCH, LIST_OFFSETS } from './messages.ts'
import { KafkaError, check, describeError, remedyOf } from './protocol-errors.ts'
import { readBatches, type RecordView } from './record-batch.ts'

export interface ConsumerSettings {
  readonly maxWait: number
  readonly minBytes: number
  readonly maxBytes: number
  readonly partitionBytes: number
  readonly committedOnly: boolean
  readonly retryBackoff: number
}

export interface Receiver {
  /** Records of a partition, in order, none before the position; all up to `next` is read then. */
  take(partition: TopicPartition, records: readonly RecordView[], next: number): void
  /** All of an answer has been taken. */
  taken(): void
  /** Undefined when there is room for more, else when there is. */
  room(): Promise<void> | undefined
  /** So many messages were deleted before they were read. */
  missed(partition: TopicPartition, messages: number): void
  /** The partition ends before the position: it is another one under the same name, read from `offset` on. */
  restarted(partition: TopicPartition, offset: number): void
  failed(reason: string): void
}

interface Reading extends TopicPartition {
  offset: number
}

/** The partitions of one assignment. */
interface Session {
  active: boolean
  readonly readings: readonly Reading[]
  readonly loops: Map<number, Promise<void>>
}

/** Asked anew after every wait. */
function isOver(session: Session): boolean {
  return !session.active
}

const OUT_OF_RANGE = 1
/** Milliseconds beside the wait that an answer may take. */
const SLACK = 30_000

export class Consumer {
  readonly #cluster: Cluster
  readonly #settings: ConsumerSettings
  readonly #receiver: Receiver
  #session: Session | undefined

  constructor(cluster: Cluster, settings: ConsumerSettings, receiver: Receiver) {
    this.#cluster = cluster
    this.#settings = settings
    this.#receiver = receiver
  }

  /** Reads these partitions from now on. */
  start(positions: readonly Position[]): void {
    const session: Session = { active: true, readings: positions.map((position) => ({ ...position })), loops: new Map() }
    this.#session = session
    this.#readAll(session)
  }

  /** Hands over nothing more. */
  stop(): void {
    if (this.#session !== undefined) this.#session.active = false
    this.#session = undefined
  }

  /** Starts a loop for every broker that leads a partition and has none. */
  #readAll(session: Session): void {
    if (!session.active) return
    let leaderless = false
    for (const { topic, partition } of session.readings) {
      const leader = this.#cluster.leader(topic, partition)
      if (leader === undefined) leaderless = true
      else if (!session.loops.has(leader)) session.loops.set(leader, this.#loop(session, leader))
    }
    if (leaderless) void this.#findLeaders(session)
  }

  async #findLeaders(session: Session): Promise<void> {
    await sleep(this.#settings.retryBackoff)
    await this.#cluster.refresh(session.readings.map(({ topic }) => topic)).catch((error: unknown) => this.#receiver.failed(sentence(error)))
    this.#readAll(session)
  }

  async #loop(session: Session, broker: number): Promise<void> {
    while (!isOver(session)) {
      const readings = session.readings.filter(({ topic, partition }) => this.#cluster.leader(topic, partition) === broker)
      if (readings.length === 0) break
      await this.#receiver.room()
      if (isOver(session)) break
      try {
        await this.#fetch(session, broker, readings)
      } catch (error) {
        if (isOver(session)) break
        this.#receiver.failed(sentence(error))
        await sleep(this.#settings.retryBackoff)
        await this.#cluster.refresh([]).catch(() => {})
        this.#readAll(session)
      }
    }
    session.loops.delete(broker)
  }

  async #fetch(session: Session, broker: number, readings: readonly Reading[]): Promise<void> {
    const connection = await this.#cluster.broker(broker)
    const request = { ...this.#settings, positions: readings }
    const { answer } = await connection.request(FETCH, (w) => writeFetch(w, request), this.#settings.maxWait + SLACK)
    const { error, throttle, parts } = read(answer, readFetch)
    check(error, 'fetching')
    if (isOver(session)) return
    let moved: string | undefined
    for (const part of parts) {
      const reading = readings.find(({ topic, partition }) => topic === part.topic && partition === part.partition)
      if (reading === undefined) continue
      if (part.error === OUT_OF_RANGE) await this.#reposition(session, reading)
      else if (part.error !== 0) {
        const reason = `topic ${part.topic}, partition ${part.partition}: ${describeError(part.error)}`
        if (remedyOf(part.error) !== 'leader') throw new KafkaError(reason, { code: part.error })
        moved = reason
      } else if (part.records.length > 0) this.#hand(reading, part)
    }
    this.#receiver.taken()
    if (throttle > 0) await sleep(throttle)
    if (moved !== undefined) throw new KafkaError(moved)
  }

  /** Hands over the records of a fetched part, without those of transactions that were given up. */
  #hand(reading: Reading, { records, aborted }: Fetched): void {
    const waiting = [...aborted].sort((a, b) => a.first - b.first)
    const open = new Set<bigint>()
    for (const batch of readBatches(records)) {
      while (waiting.length > 0 && waiting[0]!.first <= batch.lastOffset) open.add(waiting.shift()!.producerId)
      if (batch.control) open.delete(batch.producerId)
      const hidden = batch.control || (batch.transactional && open.has(batch.producerId))
      const next = batch.lastOffset + 1
      if (next <= reading.offset) continue
      this.#receiver.take(reading, hidden ? [] : batch.records.filter(({ offset }) => offset >= reading.offset), next)
      reading.offset = next
    }
  }

  /** The log no longer begins where we are, or ends before it. */
  async #reposition(session: Session, reading: Reading): Promise<void> {
    const [first] = await this.ends([reading], EARLIEST)
    const [last] = await this.ends([reading], LATEST)
    if (!session.active || first === undefined || last === undefined) return
    if (reading.offset < first.offset) this.#receiver.missed(reading, first.offset - reading.offset)
    else if (reading.offset > last.offset) this.#receiver.restarted(reading, first.offset)
    else return
    reading.offset = first.offset
  }

  /** Where logs begin (EARLIEST) or end (LATEST). Rejects with KafkaError. */
  async ends(partitions: readonly TopicPartition[], time: number): Promise<readonly Position[]> {
    const byLeader = new Map<number, TopicPartition[]>()
    for (const partition of partitions) {
      const leader = this.#cluster.leader(partition.topic, partition.partition)
      if (leader === undefined) throw new KafkaError(`topic ${partition.topic}, partition ${partition.partition} has no leader at the moment`)
      byLeader.set(leader, [...(byLeader.get(leader) ?? []), partition])
    }
    const answers = await Promise.all([...byLeader].map(async ([leader, some]) => {
      const connection = await this.#cluster.broker(leader)
      const { answer } = await connection.request(LIST_OFFSETS, (w) => writeListOffsets(w, some, time, this.#settings.committedOnly))
      return read(answer, readListOffsets)
    }))
    const positions = answers.flat()
    for (const { error, topic } of positions) check(error, `topic ${topic}`)
    return positions
  }
}

function sentence(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
