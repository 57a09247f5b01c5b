import { expect, it } from 'vitest'
import { cloudwatchLogsOptions, cloudwatchOptions } from '../../../../src/outputs/cloudwatch-logs/options.ts'
import { kinesisFirehoseOptions, kinesisStreamsOptions } from '../../../../src/outputs/kinesis/options.ts'
import { s3Options } from '../../../../src/outputs/s3/options.ts'
import { awsOptions } from '../../../../src/outputs/shared/aws/options.ts'

it('says who sends in the same words for every output to AWS', () => {
  for (const options of [cloudwatchLogsOptions, kinesisStreamsOptions, kinesisFirehoseOptions, s3Options]) {
    const { role_arn, external_id, sts_endpoint, profile } = options
    expect({ role_arn, external_id, sts_endpoint, profile }).toMatchObject({
      role_arn: awsOptions.role_arn, external_id: awsOptions.external_id, sts_endpoint: awsOptions.sts_endpoint, profile: awsOptions.profile
    })
  }
  expect(cloudwatchOptions.role_arn).toBe(awsOptions.role_arn)
})
