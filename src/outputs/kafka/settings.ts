/** What the options of kafka come to, decided once at start. */
import type { OptionsOf } from '../../config/fields.ts'
import { clusterSettings } from '../../lib/kafka/client-settings.ts'
import type { ClusterSettings } from '../../lib/kafka/cluster.ts'
import type { Codec } from '../../lib/kafka/compression.ts'
import { keyHash, type KeyHash } from '../../lib/kafka/partitioner.ts'
import type { ProducerSettings } from '../../lib/kafka/producer.ts'
import { mskTokens } from '../../lib/kafka/msk-iam.ts'
import { Properties, PropertyError } from '../../lib/kafka/properties.ts'
import { PluginError } from '../../plugin/context.ts'
import type { OutputContext } from '../../plugin/output.ts'
import { resolving, tlsOptions } from '../shared/network.ts'
import type { kafkaOptions } from './options.ts'

export type KafkaOptions = OptionsOf<typeof kafkaOptions>

export interface KafkaSettings {
  readonly cluster: ClusterSettings
  readonly producer: ProducerSettings
  readonly codec: Codec
  readonly level: number | undefined
  /** Most bytes and records of one batch. */
  readonly batchBytes: number
  readonly batchRecords: number
  /** Where a message with a key goes; undefined when keys do not matter. */
  readonly hash: KeyHash | undefined
}

const BATCH_BYTES = 1_000_000
const BATCH_RECORDS = 10_000
const ACK_TIMEOUT = 30_000
const DELIVERY_TIMEOUT = 300_000
const RETRY_BACKOFF = 100
const RETRY_BACKOFF_MAX = 1000
const PORT = 9092

export function readSettings(options: KafkaOptions, context: OutputContext): KafkaSettings {
  if (options.format === 'raw' && options.raw_log_key === undefined) {
    throw new PluginError('format raw needs raw_log_key, which says what of the record is the message', 'format')
  }
  if (options.format === 'avro' || options.format.startsWith('otlp')) {
    throw new PluginError(`format ${options.format} is not supported; json, msgpack, gelf and raw are`, 'format')
  }
  for (const topic of options.topics) {
    if (!isTopic(topic)) throw new PluginError(`${topic} cannot be the name of a topic: 1 to 249 of the characters A-Z a-z 0-9 . _ -`, 'topics')
  }
  if (options.topics.length === 0) throw new PluginError('at least one topic must be named', 'topics')
  return atProperty(() => fromProperties(options, context))
}

/** Turns a complaint about a property of librdkafka into one about the option `rdkafka.*` that holds it. */
function atProperty<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof PropertyError) throw new PluginError(`rdkafka.${error.property}: ${error.message}`, `rdkafka.${error.property}`)
    throw error
  }
}

function fromProperties(options: KafkaOptions, context: OutputContext): KafkaSettings {
  const { network, log } = context
  const properties = new Properties(options['rdkafka.'], 'producer')
  for (const [name, reason] of properties.idle) log.warn(`rdkafka.${name} has no effect: ${reason}.`)
  const acks = properties.text('acks')
  const idempotence = properties.flag('enable.idempotence')
  if (idempotence === true && acks !== undefined && acks !== 'all' && acks !== '-1') {
    throw new PropertyError('acks', `enable.idempotence needs acks all, not ${acks}`)
  }
  const host = network.host === undefined ? [] : [`${network.host.includes(':') ? `[${network.host}]` : network.host}:${network.port ?? PORT}`]
  const milliseconds = (name: string): number | undefined => {
    const value = network.net[name]
    return typeof value === 'number' && value > 0 ? value : undefined
  }
  const local = network.net['source_address']
  const brokers = options.brokers ?? host
  const msk = options.aws_msk_iam || properties.text('sasl.mechanisms') === 'AWS_MSK_IAM'
  const cluster = clusterSettings(properties, {
    brokers,
    mskTokens: msk ? mskTokens(options.aws_msk_iam_cluster_arn, brokers.map((name) => name.replace(/:\d+$/, '')), 'fantail') : undefined,
    clientId: options.client_id,
    tls: network.tls['enabled'] === true ? tlsOptions(network, '') : undefined,
    connectTimeout: milliseconds('connect_timeout'),
    requestTimeout: milliseconds('io_timeout'),
    localAddress: typeof local === 'string' ? local : undefined,
    keepAlive: network.net['tcp_keepalive'] === true,
    resolving: resolving(network)
  })
  if (cluster.bootstrap.length === 0) throw new PluginError('the output needs brokers, like kafka-1:9092', 'brokers')
  const level = properties.integer('compression.level')
  return {
    cluster,
    producer: {
      acks: acks === '0' || acks === '1' ? Number(acks) : -1,
      idempotence: idempotence === undefined ? 'preferred' : idempotence ? 'required' : 'off',
      ackTimeout: properties.integer('request.timeout.ms') ?? ACK_TIMEOUT,
      deliveryTimeout: properties.integer('message.timeout.ms') || DELIVERY_TIMEOUT,
      retryBackoff: properties.integer('retry.backoff.ms') ?? RETRY_BACKOFF,
      retryBackoffMax: properties.integer('retry.backoff.max.ms') ?? RETRY_BACKOFF_MAX,
      warn: (message) => log.warn(message)
    },
    codec: (properties.text('compression.codec') ?? 'none') as Codec,
    level: level === undefined || level < 0 ? undefined : level,
    batchBytes: Math.min(properties.integer('message.max.bytes') ?? BATCH_BYTES, properties.integer('batch.size') ?? BATCH_BYTES),
    batchRecords: properties.integer('batch.num.messages') ?? BATCH_RECORDS,
    hash: keyHash(properties.text('partitioner') ?? 'consistent_random')
  }
}

/** Whether a topic can have this name (org.apache.kafka.common.internals.Topic). */
export function isTopic(name: string): boolean {
  return /^[\w.-]{1,249}$/.test(name) && name !== '.' && name !== '..'
}
