import { expect, test } from 'vitest'
import type { Field } from '../../../src/config/fields.ts'
import { kafkaOptions } from '../../../src/outputs/kafka/options.ts'
import { kafka } from '../../../src/outputs/kafka.ts'
import { optionsOf } from '../output-context.ts'

test('what is not set is as in Fluent Bit', () => {
  expect(optionsOf(kafka)).toMatchObject({
    topics: ['fluent-bit'], format: 'json', timestamp_key: '@timestamp', timestamp_format: 'double', dynamic_topic: false,
    topic_key: undefined, message_key: undefined, message_key_field: undefined, raw_log_key: undefined, queue_full_retries: 10, aws_msk_iam: false
  })
})

test('whatever differs from Fluent Bit, or does nothing here, says so', () => {
  const options: [string, Field][] = Object.entries(kafkaOptions)
  expect(options.filter(([, field]) => field.differs !== undefined).map(([name]) => name)).toEqual(['timestamp_key'])
  expect(options.filter(([, field]) => field.withoutEffect !== undefined).map(([name]) => name)).toEqual(['group_id', 'queue_full_retries'])
})
