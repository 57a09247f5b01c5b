/** The client of our own: batches go to the socket as the bytes that were built. */
import { Cluster } from '../../lib/kafka/cluster.ts'
import { Producer, type Outcome } from '../../lib/kafka/producer.ts'
import { compressBatch } from '../../lib/kafka/record-batch.ts'
import type { Client } from './client.ts'
import type { KafkaSettings } from './settings.ts'

export class ByteClient implements Client {
  readonly #settings: KafkaSettings
  readonly #cluster: Cluster
  readonly #producer: Producer

  constructor(settings: KafkaSettings) {
    this.#settings = settings
    this.#cluster = new Cluster(settings.cluster)
    this.#producer = new Producer(this.#cluster, settings.producer)
  }

  async open(): Promise<void> {
    await this.#cluster.refresh([])
  }

  async partitions(topic: string): Promise<number> {
    return (await this.#cluster.topic(topic)).leaders.length
  }

  async produce(topic: string, partition: number, batch: Buffer, count: number): Promise<Outcome> {
    const { codec, level } = this.#settings
    return await this.#producer.produce(topic, partition, await compressBatch(batch, codec, level), count)
  }

  stop(): void {
    this.#producer.stop('the agent stops')
  }

  async close(): Promise<void> {
    this.stop()
    await this.#cluster.close()
  }
}
