/** Options of the output forward. */
import type { Fields, OptionsOf } from '../../config/fields.ts'

export const forwardOptions = {
  require_ack_response: {
    kind: 'boolean', default: true, example: 'off',
    doc: 'A request is delivered when the other side has said that it has it; off: when it was handed to the system.',
    differs: 'Fluent Bit\'s default is off, so that what is on its way is lost when the other side or the connection fails'
  },
  shared_key: { kind: 'string', secret: true, doc: 'Key that both sides prove to have (secure forward).', example: '${SHARED_KEY}' },
  empty_shared_key: { kind: 'boolean', default: false, doc: 'Prove an empty key.', example: 'on' },
  self_hostname: { kind: 'string', doc: 'Our name in that; the host\'s when not set.', example: 'node-1' },
  username: { kind: 'string', default: '', doc: 'User, when the other side asks for one; needs a shared key, if an empty one.', example: 'fantail' },
  password: { kind: 'string', default: '', secret: true, doc: 'Password of the user.', example: '${FORWARD_PASSWORD}' },
  tag: { kind: 'string', doc: 'Tag to send instead of the record\'s own; accessors give each record its tag.', example: 'node.$TAG' },
  time_as_integer: { kind: 'boolean', default: false, doc: 'Whole seconds, as Fluentd before 0.14 wants them; neither metadata nor compression then.', example: 'on' },
  retain_metadata_in_forward_mode: { kind: 'boolean', default: true, doc: 'Send the metadata of records that have some.', example: 'off' },
  send_options: { kind: 'boolean', default: false, doc: 'Send the number of records along; needed options are sent anyway.', example: 'on' },
  compress: { kind: 'choice', values: ['gzip'], doc: 'Compress the records of a request.', example: 'gzip' },
  add_option: { kind: 'words', count: 2, multiple: true, doc: 'A further option of the protocol, name and text.', example: 'source node' },
  unix_path: { kind: 'string', doc: 'Path of a Unix socket instead of host and port; `upstream` goes before it.', example: '/run/fluent.sock' },
  upstream: { kind: 'string', doc: 'Name of an upstream of the configuration, or the file of one: nodes that take turns.', example: 'aggregators' },
  fluentd_compat: {
    kind: 'boolean', default: false, example: 'on', doc: 'Accepted as in Fluent Bit.', withoutEffect: 'it is about metrics and traces, and only logs are sent'
  }
} as const satisfies Fields

/** Options that a node of an upstream may set for itself. */
export const NODE_OPTIONS = [
  'require_ack_response', 'shared_key', 'empty_shared_key', 'self_hostname', 'username', 'password', 'time_as_integer',
  'retain_metadata_in_forward_mode', 'send_options', 'compress'
] as const

export type ForwardOptions = OptionsOf<typeof forwardOptions>
