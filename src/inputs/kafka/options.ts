/** Options of the input kafka. */
import type { Fields } from '../../config/fields.ts'

export const kafkaOptions = {
  brokers: { kind: 'list', required: true, doc: 'Where to ask for the brokers of the cluster, as `host:port`.', example: 'kafka-1:9092, kafka-2:9092' },
  topics: { kind: 'list', required: true, doc: 'Topics to read.', example: 'logs' },
  group_id: {
    kind: 'string', default: 'fantail', example: 'indexers',
    doc: 'Group of consumers that share the partitions; each message goes to one of them.'
  },
  client_id: { kind: 'string', default: 'fantail', doc: 'Name of this client in the broker\'s logs and quotas.', example: 'indexer-1' },
  format: {
    kind: 'choice', values: ['none', 'json'], default: 'none', example: 'json',
    doc: 'json: a payload that is JSON becomes a structure; what is none stays text.'
  },
  unwrap: {
    kind: 'boolean', default: false, example: 'on',
    doc: 'With format json: the members of the payload are the record, without topic, partition, offset and key around them.'
  },
  timestamp_key: {
    kind: 'string', default: '@timestamp', example: 'time',
    doc: 'With unwrap: the member that is the record\'s time (seconds, or ISO 8601); it is taken out. The message\'s time stands in.'
  },
  headers_key: { kind: 'string', doc: 'Key under which the headers of a message stand in the record; not set: nowhere.', example: 'headers' },
  poll_ms: {
    kind: 'integer', default: 500, min: 0, doc: 'Accepted as in Fluent Bit.',
    withoutEffect: 'brokers answer as soon as there is something; see rdkafka.fetch.wait.max.ms', example: '500'
  },
  poll_timeout_ms: {
    kind: 'integer', default: 1, min: 0, doc: 'Accepted as in Fluent Bit.',
    withoutEffect: 'reading never holds up other inputs', example: '500'
  },
  buffer_max_size: { kind: 'size', default: 4_000_000, doc: 'Most bytes of one answer of a broker.', example: '8M' },
  enable_auto_commit: {
    kind: 'boolean', default: false, doc: 'Accepted as in Fluent Bit.',
    withoutEffect: 'positions are committed after delivery, always', example: 'off'
  },
  aws_msk_iam: { kind: 'boolean', default: false, doc: 'Log in to Amazon MSK with IAM; `rdkafka.sasl.mechanism: aws_msk_iam` means the same.', example: 'on' },
  aws_msk_iam_cluster_arn: {
    kind: 'string', doc: 'ARN of the MSK cluster, for its region; the brokers\' names or AWS_REGION tell it, too.',
    example: 'arn:aws:kafka:eu-west-1:123456789012:cluster/logs/0a1b'
  },
  'rdkafka.': {
    kind: 'string', prefix: true, example: 'earliest',
    doc: 'Properties of librdkafka: auto.offset.reset, fetching, sessions, TLS, SASL and more are honoured, the others refused or ignored by name with the reason.'
  }
} as const satisfies Fields
