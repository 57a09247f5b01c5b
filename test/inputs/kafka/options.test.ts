import { expect, it } from 'vitest'
import { defaultOf } from '../../../src/config/values.ts'
import { kafkaOptions } from '../../../src/inputs/kafka/options.ts'

it('begins as people expect who configure brokers and topics alone', () => {
  const { brokers, topics, 'rdkafka.': properties, ...others } = kafkaOptions
  expect([brokers.required, topics.required, properties.prefix]).toEqual([true, true, true])
  expect(Object.fromEntries(Object.entries(others).map(([name, field]) => [name, defaultOf(field)]))).toEqual({
    group_id: 'fantail', client_id: 'fantail', format: 'none', unwrap: false, timestamp_key: '@timestamp', headers_key: undefined,
    poll_ms: 500, poll_timeout_ms: 1, buffer_max_size: 4_000_000, enable_auto_commit: false, aws_msk_iam: false, aws_msk_iam_cluster_arn: undefined
  })
})

it('says of each option that does nothing why it does nothing', () => {
  const idle = Object.entries(kafkaOptions).filter(([, field]) => 'withoutEffect' in field).map(([name]) => name)
  expect(idle).toEqual(['poll_ms', 'poll_timeout_ms', 'enable_auto_commit'])
})
