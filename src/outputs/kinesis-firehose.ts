/** Sends records to Amazon Data Firehose. */
import { defineOutput } from '../plugin/output.ts'
import { kinesisFirehoseOptions } from './kinesis/options.ts'
import { KinesisOutput } from './kinesis/output.ts'
import { limitsOf, readFirehose } from './kinesis/settings.ts'

export const kinesisFirehose = defineOutput({
  name: 'kinesis_firehose',
  summary: 'Send records to Data Firehose, with a verdict for each record.',
  description: 
    'A request has as many records as the service takes. Those that it does not take (throttled) are sent again alone; a record '
    + 'that is too long becomes a dead letter. A request whose answer was lost is sent again, and its records may be there twice.',
  options: kinesisFirehoseOptions,
  network: { port: 443 },
  examples: [{
    title: 'Container logs',
    config: "name: kinesis_firehose\nmatch: 'kube.*'\nregion: eu-central-1\ndelivery_stream: logs-to-s3\nsimple_aggregation: on"
  }],
  limits: ({ simple_aggregation }) => limitsOf(simple_aggregation),
  create: (options, context) => new KinesisOutput(readFirehose(options, context.pool, context.network), context)
})
