/** The plugins of Fluent Bit 5.1 and of AWS's distribution of it, so that one that Fantail lacks is named as such. */

export const fluentBitNames: Readonly<Record<'input' | 'filter' | 'output' | 'processor', readonly string[]>> = {
  input: [
    'blob', 'collectd', 'cpu', 'disk', 'docker', 'docker_events', 'dummy', 'ebpf', 'elasticsearch', 'emitter',
    'event_test', 'event_type', 'exec', 'exec_wasi', 'etw', 'fluentbit_logs', 'fluentbit_metrics', 'forward',
    'gpu_metrics', 'head', 'health', 'http', 'kafka', 'kmsg', 'kubernetes_events', 'lib', 'mem', 'mqtt', 'netif',
    'nginx_metrics', 'node_exporter_metrics', 'opentelemetry', 'podman_metrics', 'proc', 'process_exporter_metrics',
    'prometheus_remote_write', 'prometheus_scrape', 'prometheus_textfile', 'random', 'serial', 'splunk', 'statsd',
    'stdin', 'storage_backlog', 'stream_processor', 'syslog', 'systemd', 'tail', 'tcp', 'thermal', 'udp',
    'unix_socket', 'windows_exporter_metrics', 'winevtlog', 'winlog', 'winstat'
  ],
  filter: [
    'alter_size', 'aws', 'checklist', 'ecs', 'expect', 'geoip2', 'grep', 'kubernetes', 'log_to_metrics',
    'lookup', 'lua', 'modify', 'multiline', 'nest', 'nightfall', 'parser', 'record_modifier', 'rewrite_tag', 'stdout',
    'sysinfo', 'tensorflow', 'throttle', 'throttle_size', 'type_converter', 'wasm'
  ],
  output: [
    'azure', 'azure_blob', 'azure_kusto', 'azure_logs_ingestion', 'bigquery', 'chronicle', 'cloudwatch',
    'cloudwatch_logs', 'counter', 'datadog', 'es', 'exit', 'file', 'firehose', 'flowcounter', 'forward', 'gelf', 'http',
    'influxdb', 'kafka', 'kafka-rest', 'kinesis', 'kinesis_firehose', 'kinesis_streams', 'lib', 'logdna', 'loki',
    'nats', 'nrlogs', 'null', 'opensearch', 'opentelemetry', 'oracle_log_analytics', 'pgsql', 'plot',
    'prometheus_exporter', 'prometheus_remote_write', 's3', 'skywalking', 'slack', 'splunk', 'stackdriver', 'stdout',
    'syslog', 'tcp', 'td', 'udp', 'vivo_exporter', 'websocket'
  ],
  processor: [
    'content_modifier', 'cumulative_to_delta', 'labels', 'metrics_selector', 'opentelemetry_envelope', 'sampling', 'sql',
    'tda', 'template'
  ]
}

/** What to write here instead of a plugin of Fluent Bit, where there is something. */
export const replacements: Readonly<Record<string, string>> = {
  kinesis: 'Use kinesis_streams.',
  firehose: 'Use kinesis_firehose.'
}

/** Sections of Fluent Bit that have no counterpart. */
export const unsupportedSections: readonly string[] = [
  'custom', 'customs', 'plugins', 'stream_processor', 'extensions'
]
