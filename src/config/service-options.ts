/** The options of the service section. Names, meanings and defaults are those of Fluent Bit 5.1 (flb_config.c). */

import type { Fields } from './fields.ts'

const accepted = 'Accepted as in Fluent Bit.'

export const serviceOptions = {
  flush: {
    kind: 'duration',
    default: 1000,
    doc: 'Longest wait before records are sent; an idle output sends at once.',
    example: '0.2'
  },
  grace: {
    kind: 'duration',
    default: 5000,
    unlimited: ['-1'],
    doc: 'How long a stop may take to send what waits; -1 for as long as it takes. What is left stays in the buffer.',
    example: '30'
  },
  log_file: { kind: 'string', doc: 'File of the agent\'s own log, instead of standard error.', example: '/var/log/fantail.log' },
  log_level: {
    kind: 'choice',
    values: ['off', 'error', 'warn', 'warning', 'info', 'debug', 'trace'],
    default: 'info',
    doc: 'How much the agent writes to its own log.',
    example: 'warn'
  },
  parsers_file: {
    kind: 'string',
    multiple: true,
    doc: 'File with parsers, YAML or classic; relative to the file that names it.',
    example: 'parsers.conf'
  },
  http_server: { kind: 'boolean', default: false, doc: 'Serve metrics and health over HTTP.', example: 'on' },
  http_listen: { kind: 'string', default: '0.0.0.0', doc: 'Address that the HTTP server listens on.', example: '127.0.0.1' },
  http_port: { kind: 'integer', default: 2020, min: 0, max: 65535, doc: 'Port of the HTTP server.', example: '2020' },
  health_check: { kind: 'boolean', default: false, doc: 'Serve /api/v1/health from errors and failed retries.', example: 'on' },
  hc_errors_count: { kind: 'integer', default: 5, min: 0, doc: 'Errors within hc_period above which health is an error.', example: '5' },
  hc_retry_failure_count: {
    kind: 'integer',
    default: 5,
    min: 0,
    doc: 'Failed retries within hc_period above which health is an error.',
    example: '5'
  },
  hc_period: { kind: 'duration', default: 60_000, doc: 'The time over which health is counted.', example: '60' },
  hot_reload: {
    kind: 'boolean',
    doc: 'Load the configuration again on SIGHUP, and on POST /api/v2/reload. Not set: on SIGHUP only, when the agent was started '
      + 'by fantail run.',
    example: 'on'
  },
  'storage.path': {
    kind: 'string',
    doc: 'Folder of the buffer, positions and dead letters. Not set: /var/lib/fantail for root, else $XDG_STATE_HOME/fantail.',
    example: '/var/fluent-bit/state/flb-storage/'
  },
  'storage.type': {
    kind: 'choice',
    values: ['memory', 'filesystem', 'memrb'],
    doc: 'Where records of inputs wait that do not say it themselves; needs storage.inherit.',
    example: 'filesystem'
  },
  'storage.sync': {
    kind: 'choice',
    values: ['normal', 'full'],
    default: 'normal',
    doc: 'When frames are synced to the disk: full, each as it is written; normal, what can be read again in the background, and '
      + 'what cannot before its sender is told.',
    example: 'full'
  },
  'storage.delete_irrecoverable_chunks': {
    kind: 'boolean',
    default: false,
    doc: 'Do not keep corrupt frames of the buffer aside for people (below quarantine/ in the state folder). They are counted in '
      + 'any case, and their source is read again where it still exists.',
    example: 'on'
  },
  'storage.inherit': { kind: 'boolean', default: false, doc: 'Inputs take storage.type from here.', example: 'on' },
  'storage.total_limit_size': {
    kind: 'size',
    default: 8_000_000_000,
    unlimited: ['-1', 'off', 'false'],
    doc: 'Most bytes of the whole log on disk; when it is full, files are not read on.',
    differs: 'Fluent Bit has no such limit and fills the disk',
    example: '4G'
  },
  'storage.keep.rejected': {
    kind: 'boolean',
    default: true,
    doc: 'Keep records that a destination refuses as dead letters, with the reason.',
    differs: 'Fluent Bit drops them by default',
    example: 'on'
  },
  'storage.rejected.path': {
    kind: 'string',
    default: 'rejected',
    doc: 'Folder of the dead letters, below the state folder when relative.',
    example: 'rejected'
  },
  'storage.rejected.limit': {
    kind: 'size',
    default: 1_000_000_000,
    unlimited: ['-1', 'off', 'false'],
    doc: 'Most bytes of dead letters.',
    example: '1G'
  },
  'storage.rejected.on_full': {
    kind: 'choice',
    values: ['block', 'drop'],
    default: 'block',
    doc: 'When the dead letters are full: hold the output, or drop further ones, counted.',
    example: 'drop'
  },
  'scheduler.base': {
    kind: 'duration',
    default: 1000,
    doc: 'Shortest upper bound of the wait before a retry; it doubles with every failure.',
    differs: 'Fluent Bit waits 6 to 11 s before its first retry, each batch for itself; here one request probes for all',
    example: '5'
  },
  'scheduler.cap': {
    kind: 'duration',
    default: 60_000,
    doc: 'Longest wait before a retry.',
    differs: 'Fluent Bit waits up to 33 minutes, so that an outage goes on long after its end',
    example: '60'
  },
  multiline_buffer_limit: {
    kind: 'size',
    default: 2_000_000,
    unlimited: ['0', 'off', 'false'],
    doc: 'Most bytes of one group of joined lines.',
    example: '2M'
  },

  // Accepted, since configurations have them, and without a meaning here.
  daemon: {
    kind: 'boolean',
    default: false,
    doc: accepted,
    withoutEffect: 'the agent stays in the foreground; let systemd or Kubernetes run it'
  },
  'storage.checksum': { kind: 'boolean', doc: accepted, withoutEffect: 'every frame on disk has a checksum' },
  'storage.max_chunks_up': {
    kind: 'integer',
    doc: accepted,
    withoutEffect: 'a backlog is read from disk as it is sent, whatever its size'
  },
  'storage.backlog.mem_limit': {
    kind: 'size',
    doc: accepted,
    withoutEffect: 'a backlog is read from disk as it is sent, whatever its size'
  },
  'storage.backlog.flush_on_shutdown': {
    kind: 'boolean',
    doc: accepted,
    withoutEffect: 'a stop sends what it can within grace, the backlog included'
  },
  'storage.metrics': { kind: 'boolean', default: true, doc: accepted, withoutEffect: 'storage figures are always served' },
  'storage.trim_files': { kind: 'boolean', doc: accepted, withoutEffect: 'files of the buffer have no slack to trim' },
  'flush.adaptive': { kind: 'boolean', doc: accepted, withoutEffect: 'an idle output sends at once and a busy one gathers' },
  'flush.adaptive.min_interval': { kind: 'duration', doc: accepted, withoutEffect: 'flush.adaptive has none' },
  'flush.adaptive.max_interval': { kind: 'duration', doc: accepted, withoutEffect: 'flush.adaptive has none' },
  'flush.adaptive.low_pressure': { kind: 'number', doc: accepted, withoutEffect: 'flush.adaptive has none' },
  'flush.adaptive.medium_pressure': { kind: 'number', doc: accepted, withoutEffect: 'flush.adaptive has none' },
  'flush.adaptive.high_pressure': { kind: 'number', doc: accepted, withoutEffect: 'flush.adaptive has none' },
  'flush.adaptive.up_steps': { kind: 'integer', doc: accepted, withoutEffect: 'flush.adaptive has none' },
  'flush.adaptive.down_steps': { kind: 'integer', doc: accepted, withoutEffect: 'flush.adaptive has none' },
  'hot_reload.ensure_thread_safety': {
    kind: 'boolean', doc: accepted, withoutEffect: 'what is under way is waited for and the rest is handed over in any case'
  },
  'hot_reload.timeout': { kind: 'duration', doc: accepted, withoutEffect: 'a reload waits for the destinations for ten seconds at most' },
  coro_stack_size: { kind: 'size', doc: accepted, withoutEffect: 'there are no coroutines with stacks of their own' },
  'json.convert_nan_to_null': { kind: 'boolean', doc: accepted, withoutEffect: 'numbers pass through as they are written' },
  'json.escape_unicode': { kind: 'boolean', doc: accepted, withoutEffect: 'text passes through as it is written' },
  'sp.convert_from_str_to_num': { kind: 'boolean', doc: accepted, withoutEffect: 'there is no stream processor' },
  'dns.mode': { kind: 'string', doc: accepted, withoutEffect: 'names are resolved by the system' },
  'dns.resolver': { kind: 'string', doc: accepted, withoutEffect: 'names are resolved by the system' },
  'dns.prefer_ipv4': { kind: 'boolean', doc: accepted, withoutEffect: 'names are resolved by the system' },
  'dns.prefer_ipv6': { kind: 'boolean', doc: accepted, withoutEffect: 'names are resolved by the system' },
  enable_chunk_trace: { kind: 'boolean', doc: accepted, withoutEffect: 'there are no chunks to trace' },
  telemetry: { kind: 'any', doc: accepted, withoutEffect: 'metrics are kept per instance' }
} as const satisfies Fields
