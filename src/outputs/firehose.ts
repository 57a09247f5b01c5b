/** The Go plugin's name and options for Data Firehose, which charts of AWS still write. */
import { defineOutput } from '../plugin/output.ts'
import { firehoseOptions } from './kinesis/options.ts'
import { KinesisOutput } from './kinesis/output.ts'
import { limitsOf, readGoFirehose } from './kinesis/settings.ts'

export const firehose = defineOutput({
  name: 'firehose',
  summary: 'Send records to Data Firehose, with the options of the Go plugin firehose.',
  description: 'As kinesis_firehose.',
  options: firehoseOptions,
  network: { port: 443 },
  examples: [{
    title: 'Two members of each record',
    config: "name: firehose\nmatch: 'kube.*'\nregion: eu-central-1\ndelivery_stream: logs-to-s3\ndata_keys: log, kubernetes"
  }],
  limits: () => limitsOf(false),
  create: (options, context) => new KinesisOutput(readGoFirehose(options, context.pool, context.network), context)
})
