/** Options of the output http. */
import type { Fields } from '../../config/fields.ts'
import { awsAuthOptions } from '../shared/aws/auth.ts'
import { COMPRESSIONS } from '../shared/compress.ts'
import { jsonDateOptions } from '../shared/dated-json.ts'
import { oauth2Options } from '../shared/oauth2.ts'

export const httpOptions = {
  uri: { kind: 'string', default: '/', doc: 'Path and query.', example: '/ingest?source=node' },
  http_method: { kind: 'choice', values: ['POST', 'PUT'], default: 'POST', doc: 'Method of the requests.', example: 'PUT' },
  format: {
    kind: 'choice', values: ['json', 'json_lines', 'json_stream', 'gelf', 'msgpack'], default: 'json', example: 'json_lines',
    doc: 'json is one list; json_lines and gelf have one object per line; json_stream has objects without anything between.'
  },
  ...jsonDateOptions,
  compress: { kind: 'choice', values: COMPRESSIONS, doc: 'Compress requests.', example: 'zstd' },
  header: {
    kind: 'words', count: 2, multiple: true, example: 'X-Source node',
    doc: 'A header field and its value.'
  },
  header_tag: { kind: 'string', doc: 'Header field that carries the tag; one request per tag then.', example: 'X-Tag' },
  headers_key: { kind: 'string', doc: 'Accessor of a map of header fields; one request per record then.', example: '$headers' },
  body_key: { kind: 'string', doc: 'Accessor of the text to send as it is; one request per record then.', example: '$payload' },
  allow_duplicated_headers: { kind: 'boolean', default: true, doc: 'Send a header field several times when given so; off: the last one counts.', example: 'off' },
  http_user: { kind: 'string', doc: 'User for basic authentication.', example: 'fantail' },
  http_passwd: { kind: 'string', default: '', secret: true, doc: 'Password of http_user.', example: '${PASSWORD}' },
  bearer_token: { kind: 'string', secret: true, doc: 'Token, sent as `Authorization: Bearer …`.', example: '${TOKEN}' },
  proxy: { kind: 'string', doc: 'URL of an HTTP proxy; HTTP_PROXY and NO_PROXY of the environment are used when not set.', example: 'http://proxy:3128' },
  'http.response_timeout': { kind: 'duration', default: 60_000, doc: 'How long an answer may take; 0 for ever.', example: '30s' },
  'http.read_idle_timeout': { kind: 'duration', default: 0, doc: 'How long the connection may be silent; 0 for net.io_timeout.', example: '10s' },
  log_response_payload: {
    kind: 'boolean', default: true, doc: 'Accepted as in Fluent Bit.',
    withoutEffect: 'the answer to a request that failed is always quoted, that to one that succeeded never', example: 'off'
  },
  gelf_timestamp_key: { kind: 'string', doc: 'Key of GELF\'s timestamp; `timestamp` when not set, else the record\'s time.', example: 'time' },
  gelf_host_key: { kind: 'string', doc: 'Key of GELF\'s host; `host` when not set.', example: 'hostname' },
  gelf_short_message_key: { kind: 'string', doc: 'Key of GELF\'s short message; `short_message` when not set.', example: 'log' },
  gelf_full_message_key: { kind: 'string', doc: 'Key of GELF\'s full message; `full_message` when not set.', example: 'stack' },
  gelf_level_key: { kind: 'string', doc: 'Key of GELF\'s level; `level` when not set.', example: 'severity' },
  ...awsAuthOptions,
  aws_service: { kind: 'string', doc: 'Service to sign for; needed with aws_auth.', example: 'execute-api' },
  ...oauth2Options
} as const satisfies Fields
