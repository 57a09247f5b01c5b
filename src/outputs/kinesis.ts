/** The Go plugin's name and options for Kinesis Data Streams, which charts of AWS still write. */
import { defineOutput } from '../plugin/output.ts'
import { kinesisOptions } from './kinesis/options.ts'
import { KinesisOutput } from './kinesis/output.ts'
import { limitsOf, readGoStreams } from './kinesis/settings.ts'

export const kinesis = defineOutput({
  name: 'kinesis',
  summary: 'Send records to Kinesis Data Streams, with the options of the Go plugin kinesis.',
  description: 'As kinesis_streams.',
  options: kinesisOptions,
  network: { port: 443 },
  examples: [{
    title: 'A shard for each container',
    config: "name: kinesis\nmatch: 'kube.*'\nregion: eu-central-1\nstream: logs\npartition_key: kubernetes->docker_id\nappend_newline: true"
  }],
  limits: ({ aggregation }) => limitsOf(aggregation),
  create: (options, context) => new KinesisOutput(readGoStreams(options, context.pool, context.network), context)
})
