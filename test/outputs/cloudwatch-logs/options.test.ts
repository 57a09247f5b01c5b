import { expect, test } from 'vitest'
import type { Field } from '../../../src/config/fields.ts'
import { cloudwatchLogsOptions, cloudwatchOptions } from '../../../src/outputs/cloudwatch-logs/options.ts'
import { cloudwatchLogs } from '../../../src/outputs/cloudwatch-logs.ts'
import { cloudwatch } from '../../../src/outputs/cloudwatch.ts'
import { optionsOf } from '../output-context.ts'

test('what is not set is as in Fluent Bit, and as in the Go plugin under its name', () => {
  expect(optionsOf(cloudwatchLogs)).toMatchObject({
    auto_create_group: false, auto_retry_requests: true, log_retention_days: 0, log_key: undefined, log_format: undefined, compress: 'references', add_entity: false
  })
  expect(optionsOf(cloudwatch)).toMatchObject({
    auto_create_group: false, auto_create_stream: true, default_log_group_name: 'fluentbit-default', default_log_stream_name: '/fluentbit-default',
    log_retention_days: 0, new_log_group_tags: undefined
  })
})

test('a group must be named, whatever the name of the output', () => {
  const required = (options: { readonly [name: string]: Field }): string[] => Object.entries(options).filter(([, field]) => field.required === true).map(([name]) => name)
  expect([required(cloudwatchLogsOptions), required(cloudwatchOptions)]).toEqual([['log_group_name'], ['log_group_name']])
})
