/** Options of the output kafka. */
import type { Fields } from '../../config/fields.ts'

export const kafkaOptions = {
  brokers: {
    kind: 'list', doc: 'Where to ask for the brokers of the cluster, as `host:port`; host and port when not set.', example: 'kafka-1:9092, kafka-2:9092'
  },
  topics: {
    kind: 'list', default: ['fluent-bit'], example: 'logs, audit',
    doc: 'Topics that may be written to; the first takes what topic_key does not send elsewhere.'
  },
  topic_key: {
    kind: 'string', example: 'topic',
    doc: 'Key (or accessor) of the topic\'s name in the record; only names in topics count, unless dynamic_topic is on.'
  },
  dynamic_topic: {
    kind: 'boolean', default: false, example: 'on', doc: 'Take any topic that topic_key names; the broker creates it if it is configured to.'
  },
  format: {
    kind: 'choice', values: ['json', 'msgpack', 'gelf', 'raw', 'avro', 'otlp_json', 'otlp_proto'], default: 'json', example: 'raw',
    doc: 'What a message holds: the record as JSON, MessagePack or GELF, or one value of it as it is; avro and OTLP are refused.'
  },
  raw_log_key: { kind: 'string', doc: 'Key (or accessor) of the value that is the message in format raw.', example: 'log' },
  timestamp_key: {
    kind: 'string', default: '@timestamp', example: 'time', doc: 'Key of the record\'s time in json and msgpack.',
    differs: 'where a record has this key already, Fluent Bit writes it twice; ours writes the record\'s own only'
  },
  timestamp_format: {
    kind: 'choice', values: ['double', 'iso8601', 'iso8601_ns'], default: 'double', example: 'iso8601', doc: 'How the time is written.'
  },
  message_key: { kind: 'string', doc: 'Key of all messages; messages with the same key go to the same partition.', example: 'node-1' },
  message_key_field: {
    kind: 'string', example: 'customer',
    doc: 'Key (or accessor) of the message\'s key in the record; message_key stands in where a record has none.'
  },
  header: { kind: 'words', count: 2, multiple: true, doc: 'A header of every message: its name and its value.', example: 'cluster eu-1' },
  id_header: {
    kind: 'string', default: 'fantail-id', example: 'off',
    doc: 'Header with the record\'s identity, the same when it is sent again, so that consumers can tell repeats; `off` for none.'
  },
  client_id: { kind: 'string', default: 'fantail', doc: 'Name of this client in the broker\'s logs and quotas.', example: 'node-agent' },
  group_id: { kind: 'string', doc: 'Accepted as in Fluent Bit.', withoutEffect: 'groups are for consumers', example: 'logs' },
  client: {
    kind: 'choice', values: ['bytes', 'kafkajs'], default: 'bytes', example: 'kafkajs',
    doc: 'Who speaks to the brokers: Fantail\'s own producer, which sends encoded records as they are, or the library kafkajs.'
  },
  queue_full_retries: {
    kind: 'integer', default: 10, min: 0, doc: 'Accepted as in Fluent Bit.',
    withoutEffect: 'there is no queue of the client that could be full', example: '10'
  },
  aws_msk_iam: { kind: 'boolean', default: false, doc: 'Log in to Amazon MSK with IAM; `rdkafka.sasl.mechanism: aws_msk_iam` means the same.', example: 'on' },
  aws_msk_iam_cluster_arn: {
    kind: 'string', doc: 'ARN of the MSK cluster, for its region; the brokers\' names or AWS_REGION tell it, too.',
    example: 'arn:aws:kafka:eu-west-1:123456789012:cluster/logs/0a1b'
  },
  gelf_timestamp_key: { kind: 'string', doc: 'Key of GELF\'s timestamp; `timestamp` when not set, else the record\'s time.', example: 'time' },
  gelf_host_key: { kind: 'string', doc: 'Key of GELF\'s host; `host` when not set.', example: 'hostname' },
  gelf_short_message_key: { kind: 'string', doc: 'Key of GELF\'s short message; `short_message` when not set.', example: 'log' },
  gelf_full_message_key: { kind: 'string', doc: 'Key of GELF\'s full message; `full_message` when not set.', example: 'stack' },
  gelf_level_key: { kind: 'string', doc: 'Key of GELF\'s level; `level` when not set.', example: 'severity' },
  'rdkafka.': {
    kind: 'string', prefix: true, example: 'true',
    doc: 'Properties of librdkafka: compression, acks, TLS, SASL and more are honoured, the others refused or ignored by name with the reason.'
  }
} as const satisfies Fields
