/** Options of kinesis_streams and kinesis_firehose, and of kinesis and firehose, the Go plugins' names for them. */
import type { Fields, OptionsOf } from '../../config/fields.ts'
import { awsOptions } from '../shared/aws/options.ts'

const common = {
  region: { kind: 'string', doc: 'Region of the stream; without it AWS_REGION.', example: 'eu-central-1' },
  time_key: {
    kind: 'string', doc: 'Add the record\'s time under this key; it replaces what the record has there.', example: 'time',
    differs: 'a record that has this key, too, is written with both by the plugins written in C'
  },
  time_key_format: {
    kind: 'string', default: '%Y-%m-%dT%H:%M:%S', example: '%Y-%m-%dT%H:%M:%S.%3NZ',
    doc: 'How it is written: conversions of strftime, UTC.'
  },
  log_key: {
    kind: 'string', doc: 'Send only this value of each record, text as it is; a record without it becomes a dead letter.', example: 'log',
    differs: 'Fluent Bit drops a record without it'
  },
  role_arn: awsOptions.role_arn,
  endpoint: {
    kind: 'string', example: 'https://vpce-0a1b2c.kinesis.eu-central-1.vpce.amazonaws.com',
    doc: 'Host (HTTPS) or URL to send to, such as a VPC endpoint; that of the region when not set.'
  },
  sts_endpoint: awsOptions.sts_endpoint
} as const satisfies Fields

/** What the plugins written in C have besides. */
const c = {
  external_id: awsOptions.external_id,
  profile: awsOptions.profile,
  compression: {
    kind: 'choice', values: ['gzip', 'zstd', 'snappy'], example: 'gzip',
    doc: 'Compress each record that is sent.'
  },
  simple_aggregation: {
    kind: 'boolean', default: false, example: 'on',
    doc: 'Send as many records, a line each, as one as the service takes: fewer to pay for.'
  },
  auto_retry_requests: awsOptions.auto_retry_requests
} as const satisfies Fields

/** What the Go plugins have besides. */
const go = {
  data_keys: { kind: 'list', doc: 'Send only these members of each record.', example: 'log, kubernetes' }
} as const satisfies Fields

const stream = { kind: 'string', required: true, doc: 'Name of the data stream.', example: 'logs' } as const
const deliveryStream = { kind: 'string', required: true, doc: 'Name of the Firehose stream.', example: 'logs-to-s3' } as const

export const kinesisStreamsOptions = { stream, ...common, ...c } as const satisfies Fields
export const kinesisFirehoseOptions = { delivery_stream: deliveryStream, ...common, ...c } as const satisfies Fields
export const firehoseOptions = { delivery_stream: deliveryStream, ...common, ...go } as const satisfies Fields

export const kinesisOptions = {
  stream,
  ...common,
  ...go,
  partition_key: {
    kind: 'string', example: 'kubernetes->pod_name',
    doc: 'Key, or keys joined by `->`, of the value that names the shard; any shard for records without it.'
  },
  append_newline: { kind: 'boolean', default: false, doc: 'End each record with a newline.', example: 'true' },
  aggregation: {
    kind: 'boolean', default: false, example: 'true',
    doc: 'Send many records as one in the format of the Kinesis Producer Library, which its consumers and Firehose take apart.'
  },
  compression: { kind: 'choice', values: ['none', 'zlib'], default: 'none', doc: 'Compress each record.', example: 'zlib' },
  experimental_concurrency: {
    kind: 'integer', default: 0, min: 0, max: 10, doc: 'Accepted as by the Go plugin.', example: '4',
    withoutEffect: 'requests go out beside each other as long as the service takes them (see `workers`)'
  },
  experimental_concurrency_retries: {
    kind: 'integer', default: 4, min: 0, doc: 'Accepted as by the Go plugin.', example: '4',
    withoutEffect: 'see `retry_limit`'
  }
} as const satisfies Fields

export type KinesisStreamsOptions = OptionsOf<typeof kinesisStreamsOptions>
export type KinesisFirehoseOptions = OptionsOf<typeof kinesisFirehoseOptions>
export type KinesisOptions = OptionsOf<typeof kinesisOptions>
export type FirehoseOptions = OptionsOf<typeof firehoseOptions>
