/** The table of outputs, by the name a configuration gives. */
import type { OutputSpec } from '../plugin/output.ts'
import { cloudwatch } from './cloudwatch.ts'
import { cloudwatchLogs } from './cloudwatch-logs.ts'
import { es } from './es.ts'
import { file } from './file.ts'
import { firehose } from './firehose.ts'
import { forward } from './forward.ts'
import { http } from './http.ts'
import { kafka } from './kafka.ts'
import { kinesis } from './kinesis.ts'
import { kinesisFirehose } from './kinesis-firehose.ts'
import { kinesisStreams } from './kinesis-streams.ts'
import { loki } from './loki.ts'
import { nothing } from './null.ts'
import { opensearch } from './opensearch.ts'
import { pretty } from './pretty.ts'
import { s3 } from './s3.ts'
import { stdout } from './stdout.ts'

export const outputs: Readonly<Record<string, OutputSpec>> = {
  cloudwatch,
  cloudwatch_logs: cloudwatchLogs,
  es,
  file,
  firehose,
  forward,
  http,
  kafka,
  kinesis,
  kinesis_firehose: kinesisFirehose,
  kinesis_streams: kinesisStreams,
  loki,
  null: nothing,
  opensearch,
  pretty,
  s3,
  stdout
}
