/** Options of es and opensearch; the two differ in a few defaults only. */
import type { Fields, OptionsOf } from '../../config/fields.ts'
import { awsAuthOptions } from '../shared/aws/auth.ts'

export const elasticsearchOptions = {
  index: {
    kind: 'string', default: 'fluent-bit', example: 'app-$kubernetes[\'namespace_name\']-%Y.%m.%d',
    doc: 'Name of the index: conversions of strftime with the present time (UTC), and record accessors.'
  },
  type: {
    kind: 'string', example: '_doc',
    doc: 'Type of the documents, for servers before Elasticsearch 7.',
    differs: 'Fluent Bit always sends _doc unless suppress_type_name is on, which Elasticsearch 8 refuses'
  },
  suppress_type_name: {
    kind: 'boolean', default: false, example: 'on',
    doc: 'Leave the type out even when `type` is set; without `type` none is sent.'
  },
  http_user: { kind: 'string', doc: 'User for basic authentication.', example: 'fantail' },
  http_passwd: { kind: 'string', default: '', secret: true, doc: 'Password of http_user.', example: '${ES_PASSWORD}' },
  compress: { kind: 'choice', values: ['gzip', 'none'], doc: 'Compress requests.', example: 'gzip' },
  ...awsAuthOptions,
  aws_service_name: {
    kind: 'string', default: 'es', example: 'aoss',
    doc: 'Service to sign for: es, or aoss for OpenSearch Serverless, whose collections take no ids, so that none are sent unless generate_id or id_key say so.'
  },
  logstash_format: {
    kind: 'boolean', default: false, example: 'on',
    doc: 'The index is a prefix, a separator and the date of the record.'
  },
  logstash_prefix: { kind: 'string', default: 'logstash', doc: 'Prefix of logstash_format.', example: 'node' },
  logstash_prefix_separator: { kind: 'string', default: '-', doc: 'Separator of logstash_format.', example: '_' },
  logstash_prefix_key: {
    kind: 'string', example: '$kubernetes[\'namespace_name\']',
    doc: 'Accessor of a text to take as the prefix, up to 128 bytes; logstash_prefix where a record has none.'
  },
  logstash_dateformat: { kind: 'string', default: '%Y.%m.%d', doc: 'Date of logstash_format, strftime, UTC.', example: '%Y.%m' },
  time_key: {
    kind: 'string', default: '@timestamp', example: '@timestamp',
    doc: 'Key of the record\'s time; a value that the record has under it is replaced.',
    differs: 'Fluent Bit writes both, and Elasticsearch refuses a document with a key twice'
  },
  time_key_format: {
    kind: 'string', default: '%Y-%m-%dT%H:%M:%S', example: '%Y-%m-%dT%H:%M:%S',
    doc: 'Format of the time, strftime, UTC; a fraction of a second and Z follow.'
  },
  time_key_nanos: { kind: 'boolean', default: false, doc: 'Nine digits of the fraction instead of three.', example: 'on' },
  include_tag_key: { kind: 'boolean', default: false, doc: 'Add the tag to the document.', example: 'on' },
  tag_key: { kind: 'string', default: 'flb-key', doc: 'Key of the tag for include_tag_key.', example: 'tag' },
  buffer_size: {
    kind: 'size', default: 512_000, unlimited: ['false', 'off'], example: '512k',
    doc: 'Accepted as in Fluent Bit.',
    withoutEffect: 'the server is asked for short answers, and they are always read in full'
  },
  path: { kind: 'string', default: '', doc: 'What comes before /_bulk in the URI.', example: '/elastic' },
  pipeline: { kind: 'string', doc: 'Ingest pipeline of the server.', example: 'parse-app' },
  generate_id: {
    kind: 'boolean', example: 'off',
    doc: 'Not set: the id of a document is the identity of its record, so that nothing is stored twice. On: a hash '
      + '(Murmur3, 128 bits) of the document as we write it. Off: the server makes an id.',
    differs: 'Fluent Bit\'s default is off, so that a request sent again stores its documents twice; its hash, made of '
      + 'another form of the document, has other values and gives equal lines of one millisecond one id'
  },
  write_operation: {
    kind: 'choice', values: ['create', 'index', 'update', 'upsert'], default: 'create', example: 'index',
    doc: 'What to do with each document.'
  },
  id_key: { kind: 'string', doc: 'Accessor of a text to take as the id.', example: '$request_id' },
  replace_dots: { kind: 'boolean', default: false, doc: 'Replace dots in keys by underscores.', example: 'on' },
  current_time_index: { kind: 'boolean', default: false, doc: 'The present date instead of the record\'s in logstash_format.', example: 'on' },
  trace_output: { kind: 'boolean', default: false, doc: 'Write every request to the log.', example: 'on' },
  trace_error: { kind: 'boolean', default: false, doc: 'Write every answer with errors to the log.', example: 'on' },
  upstream: { kind: 'string', doc: 'Name of an upstream of the configuration, or the file of one: nodes that take turns.', example: 'nodes.conf' }
} as const satisfies Fields

/** What a request is made of besides the records; a node that sets one of them has requests of its own. */
export const BODY_OPTIONS = [
  'index', 'type', 'suppress_type_name', 'logstash_format', 'logstash_prefix', 'logstash_prefix_key', 'logstash_prefix_separator',
  'logstash_dateformat', 'replace_dots', 'current_time_index', 'generate_id', 'write_operation', 'id_key'
] as const

/** Options that a node of an upstream may set for itself. */
export const NODE_OPTIONS = [
  'http_user', 'http_passwd', 'http_api_key', 'path', 'pipeline', 'compress', 'buffer_size', 'aws_auth', 'aws_region', 'aws_sts_endpoint',
  'aws_role_arn', 'aws_external_id', 'aws_profile', 'aws_service_name', ...BODY_OPTIONS
] as const

/** Options that only out_es has. */
export const elasticOptions = {
  http_api_key: { kind: 'string', secret: true, doc: 'API key, sent as `Authorization: ApiKey …`.', example: '${ES_API_KEY}' },
  cloud_id: { kind: 'string', doc: 'Cloud ID of Elastic Cloud, instead of host and port.', example: 'logs:ZXhhbXBsZS5jb20kYWJjZA==' },
  cloud_auth: { kind: 'string', secret: true, doc: 'user:password for cloud_id.', example: 'elastic:${CLOUD_PASSWORD}' }
} as const satisfies Fields

export type ElasticsearchOptions = OptionsOf<typeof elasticsearchOptions> & Partial<OptionsOf<typeof elasticOptions>>
