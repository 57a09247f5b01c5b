/** What the output needs of a client. */
import type { Outcome } from '../../lib/kafka/producer.ts'

export interface Client {
  /** Finds the cluster and logs in. Rejects with a sentence. */
  open(): Promise<void>
  /** Number of partitions of a topic. Rejects with KafkaError. */
  partitions(topic: string): Promise<number>
  /** Sends a finished batch (lib/kafka/record-batch.ts) of `count` records, which stays untouched until the outcome is known. */
  produce(topic: string, partition: number, batch: Buffer, count: number): Promise<Outcome>
  /** Gives up what is under way. */
  stop(): void
  close(): Promise<void>
}
