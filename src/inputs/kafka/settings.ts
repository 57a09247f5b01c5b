/** What the options of the input kafka come to. */
import type { OptionsOf } from '../../config/fields.ts'
import { STRATEGIES } from '../../lib/kafka/assignor.ts'
import { clusterSettings } from '../../lib/kafka/client-settings.ts'
import type { ClusterSettings } from '../../lib/kafka/cluster.ts'
import type { ConsumerSettings } from '../../lib/kafka/consumer.ts'
import type { GroupSettings } from '../../lib/kafka/group.ts'
import { mskTokens } from '../../lib/kafka/msk-iam.ts'
import { Properties, PropertyError } from '../../lib/kafka/properties.ts'
import { PluginError, type Log } from '../../plugin/context.ts'
import type { kafkaOptions } from './options.ts'

export type KafkaOptions = OptionsOf<typeof kafkaOptions>

export interface KafkaSettings {
  readonly cluster: ClusterSettings
  readonly group: GroupSettings
  readonly consumer: ConsumerSettings
  /** Where a group begins that has read nothing yet. */
  readonly begin: 'earliest' | 'latest'
  /** Milliseconds between two commits, at least. */
  readonly commitInterval: number
}

const SESSION_TIMEOUT = 45_000
const HEARTBEAT = 3000
const REBALANCE_TIMEOUT = 300_000
const FETCH_WAIT = 500
const PARTITION_BYTES = 1_048_576
const COMMIT_INTERVAL = 1000
const RETRY_BACKOFF = 500
/** Milliseconds after which new partitions are found. */
const METADATA_AGE = 30_000

export function readSettings(options: KafkaOptions, log: Log): KafkaSettings {
  if (options.topics.length === 0) throw new PluginError('at least one topic must be named', 'topics')
  try {
    return fromProperties(options, log)
  } catch (error) {
    if (error instanceof PropertyError) throw new PluginError(`rdkafka.${error.property}: ${error.message}`, `rdkafka.${error.property}`)
    throw error
  }
}

function fromProperties(options: KafkaOptions, log: Log): KafkaSettings {
  const properties = new Properties(options['rdkafka.'], 'consumer')
  for (const [name, reason] of properties.idle) log.warn(`rdkafka.${name} has no effect: ${reason}.`)
  const reset = properties.text('auto.offset.reset') ?? 'latest'
  if (reset === 'error') throw new PropertyError('auto.offset.reset', 'a group that has read nothing must begin somewhere: earliest or latest')
  const strategies = properties.text('partition.assignment.strategy')?.split(',') ?? STRATEGIES
  const msk = options.aws_msk_iam || properties.text('sasl.mechanisms') === 'AWS_MSK_IAM'
  const cluster = clusterSettings(properties, {
    brokers: options.brokers,
    clientId: options.client_id,
    mskTokens: msk ? mskTokens(options.aws_msk_iam_cluster_arn, options.brokers.map((name) => name.replace(/:\d+$/, '')), 'fantail') : undefined
  })
  const retryBackoff = properties.integer('retry.backoff.ms') ?? RETRY_BACKOFF
  const sessionTimeout = properties.integer('session.timeout.ms') ?? SESSION_TIMEOUT
  return {
    cluster: {
      ...cluster,
      createTopics: false,
      metadataAge: properties.integer('topic.metadata.refresh.interval.ms') === undefined ? METADATA_AGE : cluster.metadataAge
    },
    group: {
      group: properties.text('group.id') ?? options.group_id,
      instance: properties.text('group.instance.id') ?? null,
      topics: options.topics,
      strategies,
      sessionTimeout,
      heartbeat: Math.min(properties.integer('heartbeat.interval.ms') ?? HEARTBEAT, sessionTimeout / 3),
      rebalanceTimeout: properties.integer('max.poll.interval.ms') ?? REBALANCE_TIMEOUT,
      retryBackoff
    },
    consumer: {
      maxWait: properties.integer('fetch.wait.max.ms') ?? FETCH_WAIT,
      minBytes: properties.integer('fetch.min.bytes') ?? 1,
      maxBytes: properties.integer('fetch.max.bytes') ?? options.buffer_max_size,
      partitionBytes: properties.integer('fetch.message.max.bytes') ?? PARTITION_BYTES,
      committedOnly: properties.text('isolation.level') !== 'read_uncommitted',
      retryBackoff
    },
    begin: /^(smallest|earliest|beginning)$/.test(reset) ? 'earliest' : 'latest',
    commitInterval: properties.integer('auto.commit.interval.ms') ?? COMMIT_INTERVAL
  }
}
