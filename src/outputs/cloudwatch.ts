/** The Go plugin's name and options for CloudWatch Logs, which charts of AWS still write. */
import { defineOutput } from '../plugin/output.ts'
import { cloudwatchOptions } from './cloudwatch-logs/options.ts'
import { CloudwatchOutput, PUT_LIMITS } from './cloudwatch-logs/output.ts'
import { readGoSettings } from './cloudwatch-logs/settings.ts'

export const cloudwatch = defineOutput({
  name: 'cloudwatch',
  summary: 'Send records to CloudWatch Logs, with the options of the Go plugin cloudwatch.',
  description: 'As cloudwatch_logs; names are written with `$(…)`.',
  options: cloudwatchOptions,
  network: { port: 443 },
  examples: [{
    title: 'A group per namespace',
    config: "name: cloudwatch\nmatch: 'kube.*'\nregion: eu-central-1\nlog_group_name: /eks/$(kubernetes['namespace_name'])\n"
      + "log_stream_name: $(kubernetes['pod_name'])\nauto_create_group: true"
  }],
  limits: () => PUT_LIMITS,
  create: (options, context) => new CloudwatchOutput(readGoSettings(options, context.pool, context.network), context)
})
