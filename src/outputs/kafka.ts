/** Sends records to Kafka: a message each, in batches per partition, acknowledged by the brokers. */
import type { Batch } from '../event/batch.ts'
import { BatchWriter } from '../lib/kafka/record-batch.ts'
import { defineOutput, type Output, type OutputContext, type Verdict } from '../plugin/output.ts'
import { ByteClient } from './kafka/byte-client.ts'
import type { Client } from './kafka/client.ts'
import { Messages } from './kafka/message.ts'
import { kafkaOptions } from './kafka/options.ts'
import { Partitions } from './kafka/partitions.ts'
import { readSettings, type KafkaOptions, type KafkaSettings } from './kafka/settings.ts'
import { Shipment } from './kafka/shipment.ts'

const CONCURRENCY = 4
/** A writer that one large batch has widened beyond this is not kept. */
const LARGEST_KEPT = 8 * 1024 * 1024

export const kafka = defineOutput({
  name: 'kafka',
  summary: 'Send records to Kafka topics.',
  description:
    'A record is delivered when the brokers have acknowledged it (all replicas in sync, unless rdkafka.acks says otherwise), '
    + 'once each while the agent runs. The lines of a file go to one partition, in order, unless a key says otherwise. '
    + 'A batch that is too large is split; a message that is too large alone becomes a dead letter.',
  options: kafkaOptions,
  network: { port: 9092 },
  examples: [{
    title: 'A cluster with TLS and a password',
    config: "name: kafka\nmatch: '*'\nbrokers: kafka-1:9093, kafka-2:9093\ntopics: logs\n"
      + 'rdkafka.security.protocol: sasl_ssl\nrdkafka.sasl.mechanisms: SCRAM-SHA-512\nrdkafka.sasl.username: agent\n'
      + 'rdkafka.sasl.password: ${KAFKA_PASSWORD}\nrdkafka.compression.codec: lz4'
  }],
  limits: (options) => ({
    maxBytes: 1024 * 1024, maxRecords: 10_000, concurrency: CONCURRENCY, ordered: true,
    // small batches shrink little
    gather: !/^(|none)$/i.test(options['rdkafka.'].get('compression.codec') ?? options['rdkafka.'].get('compression.type') ?? '')
  }),
  create: (options, context) => new KafkaOutput(options, context)
})

class KafkaOutput implements Output {
  readonly #options: KafkaOptions
  readonly #context: OutputContext
  readonly #settings: KafkaSettings
  readonly #messages: Messages
  readonly #partitions: Partitions
  readonly #writers: BatchWriter[] = []
  #client: Client | undefined
  #watched: AbortSignal | undefined

  constructor(options: KafkaOptions, context: OutputContext) {
    this.#options = options
    this.#context = context
    this.#settings = readSettings(options, context)
    this.#messages = new Messages(options, context.pool)
    this.#partitions = new Partitions(this.#settings.hash)
  }

  async open(): Promise<void> {
    await (await this.#made()).open()
  }

  async #made(): Promise<Client> {
    if (this.#client !== undefined) return this.#client
    if (this.#options.client === 'bytes') return (this.#client = new ByteClient(this.#settings))
    const { KafkajsClient } = await import('./kafka/kafkajs-client.ts')
    return (this.#client ??= new KafkajsClient(this.#settings, this.#context.log))
  }

  async write(batch: Batch, signal: AbortSignal): Promise<Verdict> {
    const client = await this.#made()
    if (this.#watched !== signal) {
      this.#watched = signal
      signal.addEventListener('abort', () => client.stop(), { once: true })
    }
    const writer = this.#writers.pop() ?? new BatchWriter()
    writer.reset()
    const shipment = new Shipment(batch, client, writer, {
      settings: this.#settings, messages: this.#messages, partitions: this.#partitions, alarm: this.#alarm
    })
    const verdict = await shipment.send()
    // what is to be tried again may have a socket that still reads it
    if (verdict.kind === 'delivered' && writer.bytes.length <= LARGEST_KEPT && this.#writers.length < CONCURRENCY) this.#writers.push(writer)
    return verdict
  }

  readonly #alarm = (reason: string): void => {
    this.#context.log.error(`The brokers do not accept messages: ${reason}. They wait until they do.`)
  }

  async close(): Promise<void> {
    await this.#client?.close()
  }
}
