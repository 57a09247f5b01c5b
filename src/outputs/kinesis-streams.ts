/** Sends records to Amazon Kinesis Data Streams. */
import { defineOutput } from '../plugin/output.ts'
import { kinesisStreamsOptions } from './kinesis/options.ts'
import { KinesisOutput } from './kinesis/output.ts'
import { limitsOf, readStreams } from './kinesis/settings.ts'

export const kinesisStreams = defineOutput({
  name: 'kinesis_streams',
  summary: 'Send records to Kinesis Data Streams, with a verdict for each record.',
  description: 
    'A request has as many records as the service takes. Those that it does not take (throttled) are sent again alone; a record '
    + 'that is too long becomes a dead letter. A request whose answer was lost is sent again, and its records may be there twice.',
  options: kinesisStreamsOptions,
  network: { port: 443 },
  examples: [{
    title: 'Container logs',
    config: "name: kinesis_streams\nmatch: 'kube.*'\nregion: eu-central-1\nstream: logs\ntime_key: time"
  }],
  limits: ({ simple_aggregation }) => limitsOf(simple_aggregation),
  create: (options, context) => new KinesisOutput(readStreams(options, context.pool, context.network), context)
})
