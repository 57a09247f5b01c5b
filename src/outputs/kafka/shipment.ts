/** One batch of the engine on its way to Kafka: sorted by partition, written as record batches, sent, and what became of it. */
import type { Batch } from '../../event/batch.ts'
import type { Outcome } from '../../lib/kafka/producer.ts'
import { KafkaError, remedyOf } from '../../lib/kafka/protocol-errors.ts'
import { BatchWriter } from '../../lib/kafka/record-batch.ts'
import { REFUSED, RETRY, UNSURE, delivered, type Verdict } from '../../plugin/output.ts'
import type { Client } from './client.ts'
import type { Messages } from './message.ts'
import type { Partitions } from './partitions.ts'
import type { KafkaSettings } from './settings.ts'

export interface ShipmentParts {
  readonly settings: KafkaSettings
  readonly messages: Messages
  readonly partitions: Partitions
  /** Told when somebody must change something before messages are taken. */
  readonly alarm: (reason: string) => void
}

/** Records for one partition, by their indices. */
interface Group {
  readonly topic: string
  readonly partition: number
  readonly indices: number[]
}

/** A finished record batch: a range of the writer's bytes. */
interface Piece {
  readonly start: number
  readonly end: number
  readonly indices: readonly number[]
}

export class Shipment {
  readonly #batch: Batch
  readonly #client: Client
  readonly #writer: BatchWriter
  readonly #parts: ShipmentParts
  /** Keys by record, when they are looked up in the records. */
  readonly #keys: (Buffer | null)[] | undefined
  readonly #outcomes: Uint8Array
  readonly #reasons = new Map<number, string>()
  #after = 0

  constructor(batch: Batch, client: Client, writer: BatchWriter, parts: ShipmentParts) {
    this.#batch = batch
    this.#client = client
    this.#writer = writer
    this.#parts = parts
    this.#outcomes = new Uint8Array(batch.count)
    this.#keys = parts.messages.hasKeyField ? Array.from(this.#outcomes, (_, i) => parts.messages.key(batch, i)) : undefined
  }

  async send(): Promise<Verdict> {
    const writer = this.#writer
    const work = (await this.#sort()).map((group) => ({ group, pieces: this.#build(group.indices, writer) }))
    // all of it is written: the buffer moves no more
    const { bytes } = writer
    await Promise.all(work.map(({ group, pieces }) => this.#sendPieces(group, pieces, bytes)))
    return this.#verdict()
  }

  #verdict(): Verdict {
    const outcomes = this.#outcomes
    const reasons = this.#reasons
    const [reason] = reasons.values()
    if (reason === undefined) return delivered
    const wait = this.#after > 0 ? { after: this.#after, throttled: true } : {}
    if (outcomes.every((outcome) => outcome === RETRY || outcome === UNSURE)) {
      return { kind: 'retry', reason, ...wait, ...(outcomes.includes(UNSURE) ? { unsure: true } : {}) }
    }
    return { kind: 'partial', outcomes, reasons, ...wait }
  }

  #set(indices: readonly number[], outcome: number, reason: string): void {
    for (const index of indices) {
      this.#outcomes[index] = outcome
      this.#reasons.set(index, reason)
    }
  }

  // ---- sorting

  /** Records by topic and partition, in their order. Those whose topic cannot be used have their outcome already. */
  async #sort(): Promise<Group[]> {
    const { messages } = this.#parts
    const topics = new Map<string, number[]>()
    for (let i = 0; i < this.#batch.count; i++) {
      const topic = messages.topic(this.#batch, i)
      const indices = topics.get(topic)
      if (indices === undefined) topics.set(topic, [i])
      else indices.push(i)
    }
    const groups: Group[] = []
    for (const [topic, indices] of topics) {
      try {
        groups.push(...this.#byPartition(topic, indices, await this.#client.partitions(topic)))
      } catch (error) {
        this.#noTopic(error, indices)
      }
    }
    return groups
  }

  #byPartition(topic: string, indices: readonly number[], count: number): Group[] {
    const groups: (Group | undefined)[] = new Array<Group | undefined>(count).fill(undefined)
    for (const index of indices) {
      const partition = this.#parts.partitions.choose(this.#key(index), this.#batch.stream(index).uid, count)
      const group = groups[partition]
      if (group === undefined) groups[partition] = { topic, partition, indices: [index] }
      else group.indices.push(index)
    }
    return groups.filter((group) => group !== undefined)
  }

  #key(index: number): Buffer | null {
    return this.#keys === undefined ? this.#parts.messages.constantKey : this.#keys[index]!
  }

  #noTopic(error: unknown, indices: readonly number[]): void {
    const reason = error instanceof Error ? error.message : String(error)
    const remedy = error instanceof KafkaError && error.code !== undefined ? remedyOf(error.code) : undefined
    if (remedy === 'denied') this.#parts.alarm(reason)
    this.#set(indices, remedy === 'never' ? REFUSED : RETRY, reason)
  }

  // ---- writing

  /** Writes records of one partition as batches within the limits; those that cannot be messages are refused. */
  #build(indices: readonly number[], writer: BatchWriter): Piece[] {
    const { settings: { batchBytes, batchRecords }, messages } = this.#parts
    const now = Date.now()
    const pieces: Piece[] = []
    let taken: number[] = []
    const finish = (): void => {
      const start = writer.finish(now)
      if (taken.length === 0) writer.length = start
      else pieces.push({ start, end: writer.length, indices: taken })
      taken = []
    }
    writer.begin()
    for (const index of indices) {
      if (taken.length >= batchRecords) {
        finish()
        writer.begin()
      }
      const write = (): string | undefined => messages.write(this.#batch, index, this.#key(index), writer)
      let refused = write()
      if (refused === undefined && taken.length > 0 && writer.size > batchBytes) {
        // it begins the next batch
        writer.takeBack()
        finish()
        writer.begin()
        refused = write()
      }
      if (refused === undefined) taken.push(index)
      else this.#set([index], REFUSED, refused)
    }
    finish()
    return pieces
  }

  // ---- sending

  /** Sends batches of one partition one by one. Returns why later records must wait, if one is to be tried again. */
  async #sendPieces({ topic, partition }: Group, pieces: readonly Piece[], bytes: Buffer): Promise<string | undefined> {
    let waits: string | undefined
    for (const { start, end, indices } of pieces) {
      if (waits !== undefined) {
        this.#set(indices, RETRY, waits)
        continue
      }
      const outcome = await this.#client.produce(topic, partition, bytes.subarray(start, end), indices.length)
      waits = await this.#judge({ topic, partition, indices: [...indices] }, outcome)
    }
    return waits
  }

  async #judge(sent: Group, outcome: Outcome): Promise<string | undefined> {
    const { indices } = sent
    switch (outcome.kind) {
      case 'delivered': return undefined
      case 'refused':
        this.#set(indices, REFUSED, outcome.reason)
        return undefined
      case 'retry': {
        const { reason, unsure, throttle, denied } = outcome
        if (denied) this.#parts.alarm(reason)
        this.#set(indices, unsure ? UNSURE : RETRY, reason)
        this.#after = Math.max(this.#after, throttle)
        return reason
      }
      case 'large': return await this.#halve(sent, outcome.reason)
      case 'bad': {
        const guilty = [...outcome.records].filter(([place]) => place < indices.length)
        if (guilty.length === 0) return await this.#halve(sent, outcome.reason)
        for (const [place, words] of guilty) this.#set([indices[place]!], REFUSED, words)
        return await this.#sendAnew({ ...sent, indices: indices.filter((_, place) => !outcome.records.has(place)) })
      }
    }
  }

  /** Two batches in the place of one that was not taken; a single record is refused. */
  async #halve(sent: Group, reason: string): Promise<string | undefined> {
    const { indices } = sent
    if (indices.length === 1) {
      this.#set(indices, REFUSED, reason)
      return undefined
    }
    const half = indices.length >>> 1
    const waits = await this.#sendAnew({ ...sent, indices: indices.slice(0, half) })
    if (waits === undefined) return await this.#sendAnew({ ...sent, indices: indices.slice(half) })
    this.#set(indices.slice(half), RETRY, waits)
    return waits
  }

  async #sendAnew(group: Group): Promise<string | undefined> {
    if (group.indices.length === 0) return undefined
    const writer = new BatchWriter()
    const pieces = this.#build(group.indices, writer)
    return await this.#sendPieces(group, pieces, writer.bytes)
  }
}
