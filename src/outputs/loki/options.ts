/** Options of the output loki. */
import type { Fields, OptionsOf } from '../../config/fields.ts'

export const lokiOptions = {
  uri: { kind: 'string', default: '/loki/api/v1/push', doc: 'Path of the push API.', example: '/loki/api/v1/push' },
  labels: {
    kind: 'list', example: "job=fantail, $kubernetes['namespace_name'], app=$kubernetes['labels']['app']",
    doc: 'Labels of the streams: name=text, name=$accessor, or an accessor that is its own name; job=fluent-bit when there are none.'
  },
  label_keys: { kind: 'list', doc: 'Accessors of values that become labels under their own names.', example: "$level, $kubernetes['pod_name']" },
  label_map_path: {
    kind: 'string', example: '/etc/fantail/labelmap.json',
    doc: 'File of a JSON object shaped like a record whose texts name the labels of the values in their places; label_keys and labels count beside it.'
  },
  auto_kubernetes_labels: { kind: 'boolean', default: false, doc: 'Make labels of all labels of the pod.', example: 'on' },
  structured_metadata: { kind: 'list', doc: 'Structured metadata of the lines, written as `labels` are.', example: 'trace=$trace_id, $pod' },
  structured_metadata_map_keys: { kind: 'list', doc: 'Accessors of maps whose members become structured metadata.', example: "$kubernetes['annotations']" },
  remove_keys: { kind: 'list', doc: 'Accessors of values that are left out of the line; those that became labels or metadata are left out anyway.', example: '$stream' },
  drop_single_key: {
    kind: 'choice', values: ['off', 'false', 'no', 'on', 'true', 'yes', 'raw'], default: 'off', example: 'raw',
    doc: 'When one key is left: on, the line is its value alone; raw, without quotes, too.'
  },
  line_format: { kind: 'choice', values: ['json', 'key_value'], default: 'json', doc: 'How a record becomes a line.', example: 'key_value' },
  tenant_id: { kind: 'string', doc: 'Tenant, sent as X-Scope-OrgID.', example: 'team-a' },
  tenant_id_key: { kind: 'string', doc: 'Accessor of the tenant; one request for each, and tenant_id for records without.', example: '$tenant' },
  tenant_id_key_error_handling: {
    kind: 'choice', values: ['partial_success', 'partial_error'], default: 'partial_success', example: 'partial_error', doc: 'Accepted as in Fluent Bit.',
    withoutEffect: 'the records of each tenant have the outcome of their own request'
  },
  http_user: { kind: 'string', doc: 'User for basic authentication.', example: 'fantail' },
  http_passwd: { kind: 'string', default: '', secret: true, doc: 'Password of http_user.', example: '${LOKI_PASSWORD}' },
  bearer_token: { kind: 'string', secret: true, doc: 'Token, sent as `Authorization: Bearer …`.', example: '${LOKI_TOKEN}' },
  header: { kind: 'words', count: 2, multiple: true, doc: 'A header field and its value.', example: 'X-Source node' },
  compress: { kind: 'choice', values: ['gzip'], doc: 'Compress requests.', example: 'gzip' },
  buffer_size: {
    kind: 'size', default: 512_000, unlimited: ['false', 'off'], example: '512k', doc: 'Accepted as in Fluent Bit.',
    withoutEffect: 'answers are always read in full'
  }
} as const satisfies Fields

export type LokiOptions = OptionsOf<typeof lokiOptions>
