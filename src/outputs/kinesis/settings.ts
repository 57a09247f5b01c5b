/** What the options of the four plugins come to. */
import { compileAccessor, type Accessor } from '../../event/accessor.ts'
import type { Pool } from '../../event/pool.ts'
import { PluginError } from '../../plugin/context.ts'
import type { Limits, NetworkOptions } from '../../plugin/output.ts'
import { atOption, optionAccessor } from '../shared/accessors.ts'
import type { AwsAuthOptions } from '../shared/aws/auth.ts'
import { awsEndpoint } from '../shared/aws/endpoint.ts'
import type { Endpoint } from '../shared/network.ts'
import type { FirehoseOptions, KinesisFirehoseOptions, KinesisOptions, KinesisStreamsOptions } from './options.ts'

export interface Service {
  readonly name: 'kinesis' | 'firehose'
  /** Value of X-Amz-Target. */
  readonly target: string
  /** Member of the request that names the stream. */
  readonly stream: 'StreamName' | 'DeliveryStreamName'
  /** Member of the answer that has an item for each record. */
  readonly answers: 'Records' | 'RequestResponses'
  /** Bytes of data, before base64, and of partition keys in one request. */
  readonly maxBytes: number
  /** Bytes of the data of one record, its partition key included. */
  readonly maxRecord: number
  readonly hasKeys: boolean
}

/** Items of a request. */
export const MOST_ITEMS = 500

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html */
const STREAMS: Service = {
  name: 'kinesis', target: 'Kinesis_20131202.PutRecords', stream: 'StreamName', answers: 'Records',
  maxBytes: 5 * 1024 * 1024, maxRecord: 1024 * 1024, hasKeys: true
}
/** https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecordBatch.html */
const FIREHOSE: Service = {
  name: 'firehose', target: 'Firehose_20150804.PutRecordBatch', stream: 'DeliveryStreamName', answers: 'RequestResponses',
  maxBytes: 4 * 1024 * 1024, maxRecord: 1000 * 1024, hasKeys: false
}

export interface DataSettings {
  readonly timeKey: string | undefined
  /** In the conversions of lib/strftime.ts, with MICROSECONDS. */
  readonly timeFormat: string
  readonly logKey: Accessor | undefined
  readonly dataKeys: readonly string[] | undefined
  readonly newline: boolean
}

export interface Settings {
  readonly service: Service
  readonly stream: string
  readonly endpoint: Endpoint
  readonly path: string
  readonly auth: AwsAuthOptions
  readonly data: DataSettings
  readonly partitionKey: Accessor | undefined
  readonly aggregation: 'none' | 'lines' | 'kpl'
  readonly compression: 'none' | 'gzip' | 'zstd' | 'snappy' | 'zlib'
}

/** Stands in a format for the microseconds. */
export const MICROSECONDS = '\u0001'

/** How the engine cuts batches: a request for each, unless records are put together. */
export function limitsOf(aggregates: boolean): Limits {
  return {
    maxBytes: 3 * 1024 * 1024, maxRecords: aggregates ? 10_000 : MOST_ITEMS, concurrency: 4, ordered: false, gather: true
  }
}

/** Throws PluginError. */
export function readStreams(options: KinesisStreamsOptions, pool: Pool, network: NetworkOptions): Settings {
  return { ...readC(STREAMS, options, pool, network), stream: options.stream }
}

/** Throws PluginError. */
export function readFirehose(options: KinesisFirehoseOptions, pool: Pool, network: NetworkOptions): Settings {
  return { ...readC(FIREHOSE, options, pool, network), stream: options.delivery_stream }
}

/** Throws PluginError. */
export function readGoStreams(options: KinesisOptions, pool: Pool, network: NetworkOptions): Settings {
  const { partition_key } = options
  return {
    ...readTarget(STREAMS, { ...options, external_id: undefined, profile: undefined }, network),
    stream: options.stream,
    data: readGoData(options, pool, options.append_newline),
    partitionKey: partition_key === undefined ? undefined : atOption('partition_key', () => (
      compileAccessor('$' + partition_key.split('->').map((key) => `['${key.trim()}']`).join(''), pool)
    )),
    aggregation: options.aggregation ? 'kpl' : 'none',
    compression: options.compression
  }
}

/** Throws PluginError. */
export function readGoFirehose(options: FirehoseOptions, pool: Pool, network: NetworkOptions): Settings {
  return {
    ...readTarget(FIREHOSE, { ...options, external_id: undefined, profile: undefined }, network),
    stream: options.delivery_stream,
    data: readGoData(options, pool, true),
    partitionKey: undefined,
    aggregation: 'none',
    compression: 'none'
  }
}

type C = Omit<KinesisStreamsOptions, 'stream'>

function readC(service: Service, options: C, pool: Pool, network: NetworkOptions): Omit<Settings, 'stream'> {
  const { time_key, time_key_format, log_key, compression, simple_aggregation } = options
  return {
    ...readTarget(service, options, network),
    data: {
      timeKey: time_key,
      // there %3N are milliseconds, and %L and %9N nanoseconds
      timeFormat: time_key_format.replaceAll('%L', '%N').replaceAll('%9N', '%N').replaceAll('%3N', '%L'),
      logKey: optionAccessor(log_key, pool, 'log_key'),
      dataKeys: undefined,
      newline: true
    },
    partitionKey: undefined,
    aggregation: simple_aggregation ? 'lines' : 'none',
    compression: compression ?? 'none'
  }
}

function readGoData({ time_key, time_key_format, log_key, data_keys }: Omit<FirehoseOptions, 'delivery_stream'>, pool: Pool, newline: boolean): DataSettings {
  return {
    timeKey: time_key,
    timeFormat: time_key_format.replaceAll('%f', MICROSECONDS),
    logKey: optionAccessor(log_key, pool, 'log_key'),
    dataKeys: data_keys,
    newline
  }
}

type Target = Pick<C, 'region' | 'endpoint' | 'role_arn' | 'external_id' | 'sts_endpoint' | 'profile'>

function readTarget(service: Service, options: Target, network: NetworkOptions): Pick<Settings, 'service' | 'endpoint' | 'path' | 'auth'> {
  const region = options.region ?? process.env['AWS_REGION'] ?? process.env['AWS_DEFAULT_REGION']
  if (region === undefined) throw new PluginError('the region of the stream is needed: region or AWS_REGION', 'region')
  const { role_arn, external_id, sts_endpoint, profile } = options
  const { endpoint, path } = awsEndpoint(service.name, region, options.endpoint, network)
  return {
    service,
    endpoint,
    path: `${path}/`,
    auth: { aws_region: region, aws_role_arn: role_arn, aws_external_id: external_id, aws_sts_endpoint: sts_endpoint, aws_profile: profile }
  }
}
