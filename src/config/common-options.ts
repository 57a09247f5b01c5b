/**
 * The options that every input, filter or output has, whatever its plugin. Names, meanings and defaults are those of
 * Fluent Bit 5.1 (flb_input.c, flb_filter.c, flb_output.c, flb_upstream.c, flb_tls.c); `differs` says where not and why.
 */

import type { Fields } from './fields.ts'

const log_level = {
  kind: 'choice',
  values: ['off', 'error', 'warn', 'warning', 'info', 'debug', 'trace'],
  doc: 'How much this instance writes to the agent\'s own log; the level of the service when not set.',
  example: 'debug'
} as const

const alias = {
  kind: 'string',
  doc: 'A name of its own for the instance: in metrics, in routes, and as the name of its position in the buffer.',
  example: 'application-logs'
} as const

const log_suppress_interval = {
  kind: 'duration',
  doc: 'Accepted as in Fluent Bit.',
  withoutEffect: 'every message is said at most once per ten seconds anyway, with a count',
  example: '10s'
} as const

const processors = {
  kind: 'any',
  doc: 'Processors of this instance, in order, as `logs: [{name: …}]`; any filter can be one.'
} as const

const match = {
  kind: 'string',
  doc: 'The tags it takes: exact, or with `*` for any characters.',
  example: 'kube.*'
} as const

const match_regex = {
  kind: 'string',
  doc: 'The tags it takes as a regular expression that must match from the tag\'s start; beside `match`, either suffices.',
  example: 'kube\\.(app|web)\\..*'
} as const

const host = { kind: 'string', doc: 'Name or address of the host.', example: 'logs.example.com' } as const
const port = { kind: 'integer', min: 0, max: 65535, doc: 'TCP port.', example: '9200' } as const

export const inputOptions = {
  tag: {
    kind: 'string',
    doc: 'The tag of its records; the name of the instance when not set. With tail, `*` stands for the path.',
    example: 'kube.*'
  },
  alias,
  log_level,
  log_suppress_interval,
  mem_buf_limit: {
    kind: 'size',
    default: 5_000_000,
    doc: 'Most bytes of this input that wait in memory; at the limit the input stops reading. 0 is taken as the default.',
    differs: 'Fluent Bit has no limit by default, so that an outage fills the memory of the node',
    example: '50M'
  },
  'storage.type': {
    kind: 'choice',
    values: ['memory', 'filesystem', 'memrb'],
    doc: 'Where records wait: in memory, in the log on disk, or in a ring in memory (memrb): at mem_buf_limit the input does '
      + 'not wait, and the oldest records that no output has begun with are given up, counted.',
    example: 'filesystem'
  },
  'storage.pause_on_chunks_overlimit': {
    kind: 'boolean',
    default: false,
    doc: 'Accepted as in Fluent Bit.',
    withoutEffect: 'an input waits when the buffer is full and never otherwise'
  },
  routable: { kind: 'boolean', default: true, doc: 'Off: its records reach no output.', example: 'on' },
  threaded: {
    kind: 'boolean',
    default: false,
    doc: 'Accepted as in Fluent Bit.',
    withoutEffect: 'inputs share one thread without holding each other up'
  },
  'thread.ring_buffer.capacity': {
    kind: 'integer',
    doc: 'Accepted as in Fluent Bit.',
    withoutEffect: 'there is no ring buffer between threads in which records could be lost'
  },
  'thread.ring_buffer.window': {
    kind: 'integer',
    doc: 'Accepted as in Fluent Bit.',
    withoutEffect: 'there is no ring buffer between threads in which records could be lost'
  },
  processors,
  routes: { kind: 'any', doc: 'Routes by condition, as `logs: [{name: …, condition: …, to: {outputs: […]}}]`.' }
} as const satisfies Fields

export const filterOptions = { match, match_regex, alias, log_level, log_suppress_interval } as const satisfies Fields

export const outputOptions = {
  match,
  match_regex,
  alias,
  log_level,
  log_suppress_interval,
  retry_limit: {
    kind: 'integer',
    default: Infinity,
    min: 1,
    words: { no_limits: Infinity, false: Infinity, off: Infinity, no_retries: 0 },
    doc: 'How often a batch is tried again before its records become dead letters; `no_limits` or `no_retries`.',
    differs: 'Fluent Bit\'s default is 1, after which it drops the data',
    example: 'no_limits'
  },
  workers: {
    kind: 'integer',
    min: 0,
    doc: 'Requests under way at once, at most; the plugin\'s own figure when not set.',
    example: '2'
  },
  fallback: {
    kind: 'string',
    doc: 'Alias or name of another output that takes what this one refuses, or everything while its destination does not answer.',
    example: 'local-file'
  },
  fallback_after: {
    kind: 'duration',
    default: 30_000,
    doc: 'How long the destination may not answer before everything goes to the fallback.',
    example: '1m'
  },
  'storage.total_limit_size': {
    kind: 'size',
    unlimited: ['-1', 'off', 'false'],
    doc: 'Most bytes that may wait for this output; beyond it its oldest are given up and counted.',
    example: '500M'
  },
  processors
} as const satisfies Fields

export const networkOptions = {
  host,
  port,
  ipv6: { kind: 'boolean', default: false, doc: 'Connect over IPv6 only.', example: 'on' },
  'net.dns.mode': {
    kind: 'choice',
    values: ['TCP', 'UDP'],
    doc: 'Accepted as in Fluent Bit.',
    withoutEffect: 'names are resolved by the system'
  },
  'net.dns.resolver': {
    kind: 'choice',
    values: ['LEGACY', 'ASYNC'],
    doc: 'Accepted as in Fluent Bit.',
    withoutEffect: 'names are resolved by the system, never holding up the agent'
  },
  'net.dns.prefer_ipv4': { kind: 'boolean', default: false, doc: 'Try IPv4 addresses first.', example: 'on' },
  'net.dns.prefer_ipv6': { kind: 'boolean', default: false, doc: 'Try IPv6 addresses first.', example: 'on' },
  'net.keepalive': { kind: 'boolean', default: true, doc: 'Use connections again.', example: 'off' },
  'net.keepalive_idle_timeout': {
    kind: 'duration',
    default: 30_000,
    doc: 'How long an idle connection is kept.',
    example: '30s'
  },
  'net.keepalive_max_recycle': {
    kind: 'integer',
    default: 2000,
    min: 0,
    doc: 'After how many requests a connection is closed; 0 for never.',
    example: '2000'
  },
  'net.tcp_keepalive': { kind: 'boolean', default: false, doc: 'Probe idle connections (TCP keep-alive).', example: 'on' },
  'net.tcp_keepalive_time': { kind: 'integer', default: -1, doc: 'Seconds of silence before the first probe.', example: '60' },
  'net.tcp_keepalive_interval': {
    kind: 'integer',
    default: -1,
    doc: 'Accepted as in Fluent Bit.',
    withoutEffect: 'the interval of the system is used'
  },
  'net.tcp_keepalive_probes': {
    kind: 'integer',
    default: -1,
    doc: 'Accepted as in Fluent Bit.',
    withoutEffect: 'the number of probes of the system is used'
  },
  'net.connect_timeout': {
    kind: 'duration',
    default: 10_000,
    doc: 'How long connecting may take, TLS included.',
    example: '10s'
  },
  'net.connect_timeout_log_error': {
    kind: 'boolean',
    default: true,
    doc: 'Accepted as in Fluent Bit.',
    withoutEffect: 'a failed connection is always said, at most once per ten seconds'
  },
  'net.io_timeout': {
    kind: 'duration',
    default: 0,
    doc: 'How long a connection may be silent during a request; 0 for the plugin\'s own figure.',
    example: '30s'
  },
  'net.source_address': { kind: 'string', doc: 'Local address to connect from.', example: '10.0.0.7' },
  'net.max_worker_connections': {
    kind: 'integer',
    default: 0,
    min: 0,
    doc: 'Most connections at once; 0 for no limit of their own.',
    example: '4'
  },
  'net.proxy_env_ignore': {
    kind: 'boolean',
    default: false,
    doc: 'Leave HTTP_PROXY, HTTPS_PROXY and NO_PROXY of the environment alone; Kafka\'s brokers are reached directly anyway.',
    example: 'on'
  },
  tls: { kind: 'boolean', default: false, doc: 'Use TLS.', example: 'on' },
  'tls.verify': { kind: 'boolean', default: true, doc: 'Check the certificate of the other side.', example: 'off' },
  'tls.verify_hostname': {
    kind: 'boolean',
    default: true,
    doc: 'Check that the certificate is for the host that was asked for.',
    differs: 'Fluent Bit checks the name only when told to, so that any valid certificate passes',
    example: 'on'
  },
  'tls.debug': {
    kind: 'integer',
    default: 0,
    min: 0,
    max: 4,
    doc: 'Accepted as in Fluent Bit.',
    withoutEffect: 'TLS failures are always told in full'
  },
  'tls.ca_file': { kind: 'string', doc: 'File of the authorities to trust, PEM.', example: '/etc/ssl/ca.pem' },
  'tls.ca_path': { kind: 'string', doc: 'Folder of files of authorities to trust, PEM.', example: '/etc/ssl/certs' },
  'tls.crt_file': { kind: 'string', doc: 'File of our own certificate, PEM.', example: '/etc/fantail/client.crt' },
  'tls.key_file': { kind: 'string', doc: 'File of our own key, PEM.', example: '/etc/fantail/client.key' },
  'tls.key_passwd': { kind: 'string', secret: true, doc: 'Password of our own key.', example: 'file:///run/secrets/key' },
  'tls.vhost': { kind: 'string', doc: 'Name to ask for (SNI) instead of the host.', example: 'logs.internal' },
  'tls.min_version': {
    kind: 'choice',
    values: ['TLSv1', 'TLSv1.0', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'],
    doc: 'Oldest version of TLS.',
    example: 'TLSv1.2'
  },
  'tls.max_version': {
    kind: 'choice',
    values: ['TLSv1', 'TLSv1.0', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'],
    doc: 'Newest version of TLS.',
    example: 'TLSv1.3'
  },
  'tls.ciphers': { kind: 'string', doc: 'Ciphers to allow, as OpenSSL lists them.', example: 'HIGH:!aNULL' },
  'tls.proxy.verify': { kind: 'boolean', default: true, doc: 'Check the certificate of a proxy whose URL begins with https.', example: 'off' },
  'tls.proxy.verify_hostname': { kind: 'boolean', default: true, doc: 'Check that the proxy\'s certificate is for its host.', example: 'off' },
  'tls.proxy.ca_file': { kind: 'string', doc: 'File of the authorities to trust for the proxy, PEM.', example: '/etc/ssl/proxy-ca.pem' },
  'tls.proxy.ca_path': { kind: 'string', doc: 'Folder of files of authorities to trust for the proxy, PEM.', example: '/etc/ssl/certs' }
} as const satisfies Fields

/** Options of these names hold files that must be readable when the agent starts. */
export const fileOptions = ['tls.ca_file', 'tls.crt_file', 'tls.key_file', 'tls.proxy.ca_file'] as const
