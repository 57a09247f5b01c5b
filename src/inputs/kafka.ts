/**
 * Reads Kafka topics as a member of a consumer group. A partition is a stream, an offset a position in it: what lies in
 * the buffer is known after a restart and not taken twice. The group's positions follow when every output is done.
 */
import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Stream } from '../event/stream.ts'
import { Cluster } from '../lib/kafka/cluster.ts'
import { Consumer, type Receiver } from '../lib/kafka/consumer.ts'
import { EARLIEST, LATEST, type Position, type TopicPartition } from '../lib/kafka/group-messages.ts'
import { Group, type GroupEvents } from '../lib/kafka/group.ts'
import type { RecordView } from '../lib/kafka/record-batch.ts'
import { defineInput, type Input, type InputContext, type TagHandle } from '../plugin/input.ts'
import { MessageRecord } from './kafka/message-record.ts'
import { kafkaOptions } from './kafka/options.ts'
import { readSettings, type KafkaOptions, type KafkaSettings } from './kafka/settings.ts'

/** Milliseconds that partitions which are to be given up wait for the delivery of what was read of them. */
const HANDOVER = 5000

/** A partition that is ours. */
interface Claimed extends TopicPartition {
  stream: Stream
  /** Ranges that lie in the buffer since before the start. */
  covered: readonly (readonly [from: number, to: number])[]
  /** Everything below it was taken. */
  next: number
  /** Everything below it is delivered. */
  delivered: number
  /** What the group knows. */
  committed: number
}

export default defineInput({
  name: 'kafka',
  summary: 'Reads Kafka topics as a member of a consumer group.',
  description:
    'Members of a group share the partitions, so several agents read a topic together; when one ends, the others go on where '
    + 'its deliveries ended. The identity of a record is made of topic, partition and offset, whichever member reads it.',
  options: kafkaOptions,
  examples: [{
    title: 'The second tier behind agents that write to Kafka',
    config: 'name: kafka\nbrokers: kafka-1:9092\ntopics: logs\ngroup_id: indexers\nformat: json\nunwrap: on\nrdkafka.auto.offset.reset: earliest'
  }],
  create: (options, context) => new KafkaInput(options, context)
})

class KafkaInput implements Input, GroupEvents, Receiver {
  readonly #context: InputContext
  readonly #settings: KafkaSettings
  readonly #cluster: Cluster
  readonly #group: Group
  readonly #consumer: Consumer
  readonly #messages: MessageRecord
  readonly #tag: TagHandle
  #claimed = new Map<string, Claimed>()
  /** Streams of earlier runs that were not claimed yet, by topic and partition. */
  readonly #recovered: Map<string, InputContext['recovered'][number]>
  #timer: NodeJS.Timeout | undefined
  #committing: Promise<void> = Promise.resolve()
  /** Delivery is being waited for. */
  #watching = false

  constructor(options: KafkaOptions, context: InputContext) {
    this.#context = context
    this.#settings = readSettings(options, context.log)
    this.#cluster = new Cluster(this.#settings.cluster)
    this.#group = new Group(this.#cluster, this.#settings.group, this)
    this.#consumer = new Consumer(this.#cluster, this.#settings.consumer, this)
    this.#messages = new MessageRecord(options, context.pool)
    this.#tag = context.ingest.tag(context.tag)
    this.#recovered = new Map(context.recovered.map((stream) => [stream.identity.path, stream]))
  }

  async start(): Promise<void> {
    await this.#tag.ready
    this.#group.start()
    this.#timer = setInterval(() => { void this.#commit() }, Math.max(100, this.#settings.commitInterval))
  }

  async stop(deadline: number): Promise<void> {
    clearInterval(this.#timer)
    this.#consumer.stop()
    this.#context.ingest.commit()
    await this.#handOver(Math.min(deadline, performance.now() + HANDOVER))
    for (const { stream } of this.#claimed.values()) this.#context.ingest.closeStream(stream)
    this.#context.ingest.commit()
    await this.#group.leave()
    await this.#cluster.close()
    await this.#group.ended()
  }

  // ---- the group

  async assigned(partitions: readonly TopicPartition[]): Promise<void> {
    this.#context.log.info('partitions were assigned', { partitions: partitions.map(nameOf).join(', ') || 'none' })
    if (partitions.length === 0) return
    await this.#cluster.refresh([...new Set(partitions.map(({ topic }) => topic))])
    const positions = await this.#positions(partitions)
    this.#claimed = new Map()
    const ends = new Map((await this.#consumer.ends(partitions, LATEST)).map((end) => [nameOf(end), end.offset]))
    for (const position of positions) this.#claimed.set(nameOf(position), this.#claim(position, ends.get(nameOf(position)) ?? Infinity))
    // a group that has begun is known to have begun, so that a partition that is added later is read from its first message
    await this.#commit()
    this.#consumer.start([...this.#claimed.values()].map(({ topic, partition, next }) => ({ topic, partition, offset: next })))
  }

  /** Where to read on: where the group is; else at the beginning or the end, as configured; new partitions of a known topic at their beginning. */
  async #positions(partitions: readonly TopicPartition[]): Promise<readonly Position[]> {
    const known = await this.#group.positions(this.#settings.group.topics.flatMap((topic) => this.#partitionsOf(topic)))
    const begun = new Set(known.filter(({ offset }) => offset >= 0).map(({ topic }) => topic))
    const offsets = new Map(known.map((position) => [nameOf(position), position.offset]))
    const [found, fresh] = [partitions.filter((p) => (offsets.get(nameOf(p)) ?? -1) >= 0), partitions.filter((p) => (offsets.get(nameOf(p)) ?? -1) < 0)]
    const fromStart = fresh.filter(({ topic }) => begun.has(topic) || this.#settings.begin === 'earliest')
    const fromEnd = fresh.filter((partition) => !fromStart.includes(partition))
    return [
      ...found.map(({ topic, partition }) => ({ topic, partition, offset: offsets.get(nameOf({ topic, partition }))! })),
      ...await this.#consumer.ends(fromStart, EARLIEST),
      ...await this.#consumer.ends(fromEnd, LATEST)
    ]
  }

  #partitionsOf(topic: string): TopicPartition[] {
    const partitions: TopicPartition[] = []
    for (let partition = 0; this.#cluster.has(topic, partition); partition++) partitions.push({ topic, partition })
    return partitions
  }

  /** `end`: where the partition ends. */
  #claim({ topic, partition, offset }: Position, end: number): Claimed {
    const name = nameOf({ topic, partition })
    const { ingest, name: input } = this.#context
    const before = this.#recovered.get(name)
    // only the first claim of this run follows on what was read before: another member may have been ahead since
    this.#recovered.delete(name)
    // a topic that was deleted and made anew counts from 0 again: then what we knew is of other messages
    const anew = before?.covered.some(([, to]) => to > end) === true
    const generation = (before?.generation ?? 0) + (anew ? 1 : 0)
    const uid = uidOf(this.#cluster.id, this.#settings.group.group, topic, partition)
    const stream = ingest.resumeStream(uid, generation, { input, path: name, marks: { topic, partition } })
    const covered = anew ? [] : (before?.covered ?? []).filter(([, to]) => to > offset)
    return { topic, partition, stream, covered, next: offset, delivered: offset, committed: -1 }
  }

  async revoked(lost: boolean): Promise<void> {
    this.#consumer.stop()
    if (this.#claimed.size === 0) return
    if (lost) this.#context.log.warn('the group has given our partitions to others: what is not committed is read twice')
    else await this.#handOver(performance.now() + Math.min(HANDOVER, this.#settings.group.sessionTimeout / 2))
    for (const { stream } of this.#claimed.values()) this.#context.ingest.closeStream(stream)
    this.#claimed = new Map()
  }

  /** Waits for the delivery of what was read, until a `performance.now()` time, and commits what is delivered. */
  async #handOver(deadline: number): Promise<void> {
    const waits = (): boolean => [...this.#claimed.values()].some(({ delivered, next }) => delivered < next)
    this.#watch()
    while (waits() && performance.now() < deadline) await sleep(20)
    await this.#commit()
  }

  failed(reason: string): void {
    this.#context.log.warn('Kafka cannot be read, trying again', { reason })
  }

  // ---- messages

  take({ topic, partition }: TopicPartition, records: readonly RecordView[], next: number): void {
    const claimed = this.#claimed.get(nameOf({ topic, partition }))
    if (claimed === undefined) return
    const { ingest } = this.#context
    let at = claimed.next
    // compacted messages, marks of transactions: what is not there is read, too
    const skip = (to: number): void => { if (to > at) ingest.cover(claimed.stream, at, to) }
    for (const record of records) {
      const { offset } = record
      skip(offset)
      at = offset + 1
      if (claimed.covered.some(([from, to]) => offset >= from && offset < to)) continue
      this.#messages.fill(ingest.record, claimed, record)
      ingest.emit(this.#tag, claimed.stream, offset, at)
    }
    skip(next)
    claimed.next = next
  }

  taken(): void {
    this.#context.ingest.commit()
    this.#watch()
  }

  /** Notes how far delivery is once all that is read now is delivered; one such wait at a time. */
  #watch(): void {
    if (this.#watching) return
    this.#watching = true
    const read = [...this.#claimed.values()].map((claimed) => [claimed, claimed.stream, claimed.next] as const)
    this.#context.ingest.whenDelivered(() => {
      this.#watching = false
      for (const [claimed, stream, next] of read) if (claimed.stream === stream) claimed.delivered = Math.max(claimed.delivered, next)
      if ([...this.#claimed.values()].some(({ delivered, next }) => delivered < next)) this.#watch()
    })
  }

  room(): Promise<void> | undefined {
    const { ingest } = this.#context
    return ingest.hasRoom() ? undefined : new Promise((resolve) => ingest.whenRoom(resolve))
  }

  missed({ topic, partition }: TopicPartition, messages: number): void {
    this.#context.log.error('messages were deleted by Kafka before they were read', { partition: nameOf({ topic, partition }), messages })
    this.#context.ingest.drop('deleted_by_kafka', messages)
  }

  restarted({ topic, partition }: TopicPartition, offset: number): void {
    const claimed = this.#claimed.get(nameOf({ topic, partition }))
    if (claimed === undefined) return
    const { stream } = claimed
    this.#context.log.error('the partition ends before our position: it was made anew or cut, and is read from its beginning', { partition: nameOf(claimed) })
    this.#context.ingest.closeStream(stream)
    // other messages have these offsets now
    claimed.stream = this.#context.ingest.resumeStream(stream.uid, stream.generation + 1, stream.identity)
    claimed.covered = []
    claimed.next = claimed.delivered = offset
    claimed.committed = -1
  }

  // ---- positions

  /** Tells the group how far delivery is. What fails is told with the next commit. */
  #commit(): Promise<void> {
    this.#committing = this.#committing.then(async () => {
      const news = [...this.#claimed.values()].filter(({ delivered, committed }) => delivered > committed)
      const positions = news.map(({ topic, partition, delivered }) => ({ topic, partition, offset: delivered }))
      try {
        await this.#group.commit(positions)
        news.forEach((claimed, i) => { claimed.committed = positions[i]!.offset })
      } catch (error) {
        this.#context.log.debug('positions could not be committed', { reason: (error as Error).message })
      }
    })
    return this.#committing
  }
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`
}

/** The same for every member of the group, so that a message has one identity whoever reads it. */
function uidOf(...source: readonly (string | number)[]): string {
  return createHash('sha256').update(source.join('\n')).digest('base64url').slice(0, 11)
}
