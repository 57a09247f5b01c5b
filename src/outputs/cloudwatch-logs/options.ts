/** Options of cloudwatch_logs and of cloudwatch, the Go plugin's name for it. */
import type { Fields, OptionsOf } from '../../config/fields.ts'
import { awsOptions } from '../shared/aws/options.ts'

/** What both have. */
const common = {
  region: {
    kind: 'string', example: 'eu-central-1',
    doc: 'Region of AWS; without it AWS_REGION or that of the profile.'
  },
  log_key: { kind: 'string', doc: 'Send only this value of each record, text as it is; a record without it becomes a dead letter.', example: 'log',
    differs: 'Fluent Bit drops a record without it, and takes any key that log_key begins with for it' },
  log_format: {
    kind: 'string', example: 'json/emf',
    doc: 'Value of the header x-amzn-logs-format; `json/emf` where records are metrics in the embedded format.'
  },
  role_arn: awsOptions.role_arn,
  external_id: awsOptions.external_id,
  endpoint: {
    kind: 'string', example: 'vpce-0a1b2c.logs.eu-central-1.vpce.amazonaws.com',
    doc: 'Host (HTTPS) or URL to send to, such as a VPC endpoint; that of the region when not set.'
  },
  sts_endpoint: awsOptions.sts_endpoint,
  extra_user_agent: { kind: 'string', doc: 'Added to the user agent.', example: 'team-a' },
  log_retention_days: {
    kind: 'integer', default: 0, min: 0, example: '30',
    doc: 'Retention of groups that we make; 0 for none. See put_retention_policy.'
  },
  put_retention_policy: {
    kind: 'boolean', default: false, example: 'on',
    doc: 'Give log_retention_days to groups that are there already too, once per group after each start.'
  },
  log_group_class: {
    kind: 'choice', values: ['STANDARD', 'INFREQUENT_ACCESS', 'ESSENTIALS', 'DELIVERY'], example: 'INFREQUENT_ACCESS',
    doc: 'Class of groups that we make.'
  },
  log_group_kms_key_id: {
    kind: 'string', example: 'arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d',
    doc: 'Key of KMS that encrypts groups that we make.'
  },
  long_events: {
    kind: 'choice', values: ['split', 'cut'], default: 'split', example: 'cut',
    doc: 'What to do with a message longer than the 1,048,550 bytes an event may have: several events, or the first part only; counted.',
    differs: 'Fluent Bit cuts it without a word at 1,000,000 bytes of its JSON spelling, through a character if need be'
  },
  compress: {
    kind: 'choice', values: ['references', 'gzip', 'none'], default: 'references', example: 'gzip',
    doc: 'How requests are compressed. `references`: as gzip that writes the metadata of a pod once and refers to it, for less CPU than none; '
      + 'where records repeat nothing, and where the endpoint does not read gzip, not at all. `gzip`: least for NAT gateways to charge, for about twice the CPU.'
  },
  use_fips_endpoint: { kind: 'boolean', doc: 'The FIPS endpoint of the region; without it AWS_USE_FIPS_ENDPOINT decides.', example: 'on' }
} as const satisfies Fields

export const cloudwatchLogsOptions = {
  ...common,
  log_group_name: {
    kind: 'string', required: true, example: '/aws/containerinsights/prod/application',
    doc: 'Group to send to; with a template, the group of records that lack one of its values.'
  },
  log_stream_name: { kind: 'string', doc: 'Stream to send to; either this or log_stream_prefix.', example: 'node-1' },
  log_stream_prefix: { kind: 'string', doc: 'The stream is this and the tag.', example: '${HOST_NAME}-' },
  log_group_template: {
    kind: 'string', example: '/eks/$kubernetes[\'namespace_name\']',
    doc: 'Group made of values of the record.'
  },
  log_stream_template: {
    kind: 'string', example: '$kubernetes[\'pod_name\'].$kubernetes[\'container_name\']',
    doc: 'Stream made of values of the record.'
  },
  auto_create_group: { kind: 'boolean', default: false, doc: 'Make groups that are missing.', example: 'on' },
  log_group_tags: { kind: 'list', doc: 'Tags of groups that we make, `key=value`.', example: 'team=platform, env=prod' },
  profile: awsOptions.profile,
  add_entity: {
    kind: 'boolean', default: false, example: 'on',
    doc: 'Name the service that records come from, as the filters kubernetes and aws found it (`aws_entity_…`).'
  },
  auto_retry_requests: awsOptions.auto_retry_requests,
  metric_namespace: {
    kind: 'string', doc: 'Accepted as in Fluent Bit.', example: 'node',
    withoutEffect: 'it names the metrics made of the inputs cpu and mem, which Fantail does not have; records in the embedded format pass as they are'
  },
  metric_dimensions: {
    kind: 'string', doc: 'Accepted as in Fluent Bit.', example: 'host',
    withoutEffect: 'it belongs to metric_namespace'
  }
} as const satisfies Fields

export const cloudwatchOptions = {
  ...common,
  log_group_name: {
    kind: 'string', required: true, example: '/eks/$(kubernetes[\'namespace_name\'])',
    doc: 'Group to send to; `$(key)`, `$(key[\'sub\'])`, `$(tag)`, `$(tag[0])` and `$(uuid)` stand for values.'
  },
  log_stream_name: { kind: 'string', doc: 'Stream to send to, with the same variables.', example: '$(kubernetes[\'pod_name\'])' },
  log_stream_prefix: { kind: 'string', doc: 'The stream is this and the tag.', example: 'node-1-' },
  default_log_group_name: {
    kind: 'string', default: 'fluentbit-default', doc: 'Group of records that lack a value of log_group_name.', example: 'other'
  },
  default_log_stream_name: {
    kind: 'string', default: '/fluentbit-default', doc: 'Stream of records that lack a value of log_stream_name.', example: 'other'
  },
  auto_create_group: { kind: 'boolean', default: false, doc: 'Make groups that are missing.', example: 'true' },
  auto_create_stream: { kind: 'boolean', default: true, doc: 'Make streams that are missing.', example: 'true' },
  new_log_group_tags: { kind: 'list', doc: 'Tags of groups that we make, `key=value`.', example: 'team=platform,env=prod' },
  credentials_endpoint: {
    kind: 'string', doc: 'URL that answers with credentials, instead of the usual chain.', example: 'http://127.0.0.1:8080/credentials'
  }
} as const satisfies Fields

export type CloudwatchLogsOptions = OptionsOf<typeof cloudwatchLogsOptions>
export type CloudwatchOptions = OptionsOf<typeof cloudwatchOptions>
