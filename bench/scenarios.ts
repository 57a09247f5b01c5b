/** What is measured: one configuration each, the same text for Fantail and for Fluent Bit. */
import type { Corpus } from './corpus.ts'

export interface Scenario {
  readonly name: string
  /** Most CPU seconds per 100 MB, as a share of Fluent Bit's in the same run. */
  readonly bar: number
  config(corpus: Corpus, where: { readonly port: number; readonly tls: number; readonly scratch: string }): string
}

const service = (filesystem: string | undefined): string => `service:
  flush: 1
  grace: 30
  log_level: error
${filesystem === undefined ? '' : `  storage.path: ${filesystem}\n  storage.checksum: on\n`}`

const es = (port: number): string => `  outputs:
    - name: es
      match: '*'
      host: 127.0.0.1
      port: ${port}
      suppress_type_name: on
      retry_limit: no_limits
`

const cloudwatch = (port: number): string => `  outputs:
    - name: cloudwatch_logs
      match: '*'
      region: eu-central-1
      log_group_name: bench
      log_stream_prefix: node-
      auto_create_group: on
      endpoint: 127.0.0.1
      port: ${port}
      tls.verify: off
      retry_limit: no_limits
`

/** For bench/kafka.ts, which starts the broker. */
export function kafkaConfiguration(
  corpus: Corpus, { brokers, topic, client, codec }: { readonly brokers: string; readonly topic: string; readonly client: string; readonly codec: string }
): string {
  return service(undefined) + tail(corpus.containers, cri) + kubernetes(corpus) + `  outputs:
    - name: kafka
      match: '*'
      brokers: ${brokers}
      topics: ${topic}
      retry_limit: no_limits
      client: ${client}
      rdkafka.compression.codec: ${codec}
`
}

const nowhere = `  outputs:
    - name: 'null'
      match: '*'
`

function tail(path: string, more: string, storage = 'memory'): string {
  return `pipeline:
  inputs:
    - name: tail
      path: ${path}
      read_from_head: true
      exit_on_eof: true
      storage.type: ${storage}
${more}`
}

function kubernetes(corpus: Corpus): string {
  // a tag has no two dots in a row, as `/.cache/` would make: with another prefix than the tag's no pod would be found
  const prefix = `kube.${corpus.containers.slice(1, -'*.log'.length).replaceAll('/', '.').replace(/\.{2,}/g, '.')}`
  return `  filters:
    - name: kubernetes
      match: 'kube.*'
      kube_tag_prefix: ${prefix}
      kube_meta_preload_cache_dir: ${corpus.metadata}
      kube_url: http://127.0.0.1:1
      dns_retries: 1
      dns_wait_time: 1
      merge_log: on
`
}

const cri = '      tag: kube.*\n      multiline.parser: cri\n'

const jsonParser = `parsers:
  - name: j
    format: json
    time_key: time
    time_format: '%Y-%m-%dT%H:%M:%S.%L%z'
`

const nginxParser = `parsers:
  - name: n
    format: regex
    regex: '^(?<remote>[^ ]*) (?<host>[^ ]*) (?<user>[^ ]*) \\[(?<time>[^\\]]*)\\] "(?<method>\\S+)(?: +(?<path>[^\\"]*?)(?: +\\S*)?)?" (?<code>[^ ]*) (?<size>[^ ]*)(?: "(?<referer>[^\\"]*)" "(?<agent>[^\\"]*)")'
    time_key: time
    time_format: '%d/%b/%Y:%H:%M:%S %z'
`

const filters = `  filters:
    - name: grep
      match: '*'
      exclude: level debug
    - name: modify
      match: '*'
      add: cluster bench
      rename: msg message
    - name: nest
      match: '*'
      operation: nest
      wildcard: http*
      nest_under: http
`

export const scenarios: readonly Scenario[] = [
  { name: 'cri-kubernetes-es', bar: 1 / 5, config: (c, { port }) => service(undefined) + tail(c.containers, cri) + kubernetes(c) + es(port) },
  {
    name: 'cri-kubernetes-es-filesystem', bar: 1 / 5,
    config: (c, { port, scratch }) => service(`${scratch}/storage`) + tail(c.containers, cri, 'filesystem') + kubernetes(c) + es(port)
  },
  { name: 'cri-kubernetes-cloudwatch', bar: 1 / 4, config: (c, { tls }) => service(undefined) + tail(c.containers, cri) + kubernetes(c) + cloudwatch(tls) },
  { name: 'cri-null', bar: 1 / 5, config: (c) => service(undefined) + tail(c.containers, cri) + nowhere },
  {
    name: 'cri-file', bar: 1 / 5,
    config: (c, { scratch }) => service(undefined) + tail(c.containers, cri) + `  outputs:\n    - name: file\n      match: '*'\n      path: ${scratch}\n      file: out.txt\n`
  },
  { name: 'nginx-es', bar: 3 / 10, config: (c, { port }) => service(undefined) + nginxParser + tail(c.nginx, '      tag: web\n      parser: n\n') + es(port) },
  { name: 'json-es', bar: 1 / 4, config: (c, { port }) => service(undefined) + jsonParser + tail(c.json, '      tag: app\n      parser: j\n') + es(port) },
  { name: 'json-filters-es', bar: 1 / 4, config: (c, { port }) => service(undefined) + jsonParser + tail(c.json, '      tag: app\n      parser: j\n') + filters + es(port) },
  { name: 'raw-es', bar: 3 / 4, config: (c, { port }) => service(undefined) + tail(c.raw, '      tag: raw\n') + es(port) }
]
