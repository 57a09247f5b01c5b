/** Sends records to Amazon CloudWatch Logs by PutLogEvents. */
import { defineOutput } from '../plugin/output.ts'
import { cloudwatchLogsOptions } from './cloudwatch-logs/options.ts'
import { CloudwatchOutput, PUT_LIMITS } from './cloudwatch-logs/output.ts'
import { readSettings } from './cloudwatch-logs/settings.ts'

export const cloudwatchLogs = defineOutput({
  name: 'cloudwatch_logs',
  summary: 'Send records to CloudWatch Logs, with a verdict for each event.',
  description:
    'Requests are filled to the limits of the service and events keep their order. Groups (when asked) and streams are made '
    + 'when they turn out to be missing. Events that the service refuses (too old, too new, wrong) become dead letters with '
    + 'its reason; throttled requests wait. A request whose answer was lost is sent again, and its events may be there twice.',
  options: cloudwatchLogsOptions,
  network: { port: 443 },
  examples: [
    {
      title: 'Container Insights',
      config: "name: cloudwatch_logs\nmatch: 'application.*'\nregion: eu-central-1\nlog_group_name: /aws/containerinsights/prod/application\n"
        + 'log_stream_prefix: node-1-\nauto_create_group: true'
    },
    {
      title: 'A group per namespace, kept for 30 days',
      config: "name: cloudwatch_logs\nmatch: 'kube.*'\nregion: eu-central-1\nlog_group_name: /eks/other\n"
        + "log_group_template: /eks/$kubernetes['namespace_name']\nlog_stream_prefix: from-\n"
        + "log_stream_template: $kubernetes['pod_name'].$kubernetes['container_name']\nauto_create_group: on\nlog_retention_days: 30"
    }
  ],
  limits: () => PUT_LIMITS,
  create: (options, context) => new CloudwatchOutput(readSettings(options, context.pool, context.network), context)
})
