/** The table of outputs, by the name a configuration gives. */
import type { Catalog } from '../plugin/catalog.ts'
import type { OutputSpec } from '../plugin/output.ts'

export const outputs: Catalog<OutputSpec> = {
  cloudwatch: async () => (await import('./cloudwatch.ts')).cloudwatch,
  cloudwatch_logs: async () => (await import('./cloudwatch-logs.ts')).cloudwatchLogs,
  es: async () => (await import('./es.ts')).es,
  file: async () => (await import('./file.ts')).file,
  firehose: async () => (await import('./firehose.ts')).firehose,
  forward: async () => (await import('./forward.ts')).forward,
  http: async () => (await import('./http.ts')).http,
  kafka: async () => (await import('./kafka.ts')).kafka,
  kinesis: async () => (await import('./kinesis.ts')).kinesis,
  kinesis_firehose: async () => (await import('./kinesis-firehose.ts')).kinesisFirehose,
  kinesis_streams: async () => (await import('./kinesis-streams.ts')).kinesisStreams,
  loki: async () => (await import('./loki.ts')).loki,
  null: async () => (await import('./null.ts')).nothing,
  opensearch: async () => (await import('./opensearch.ts')).opensearch,
  pretty: async () => (await import('./pretty.ts')).pretty,
  s3: async () => (await import('./s3.ts')).s3,
  stdout: async () => (await import('./stdout.ts')).stdout
}
