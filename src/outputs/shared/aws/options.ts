/** Options that outputs to a service of AWS have in common. */
import type { Fields } from '../../../config/fields.ts'

export const awsOptions = {
  role_arn: { kind: 'string', doc: 'Role to assume.', example: 'arn:aws:iam::123456789012:role/logs' },
  external_id: { kind: 'string', doc: 'External id for role_arn.', example: 'logs' },
  sts_endpoint: { kind: 'string', doc: 'Host or URL of STS, for role_arn.', example: 'sts.eu-central-1.amazonaws.com' },
  profile: { kind: 'string', doc: 'Profile of the credentials.', example: 'logs' },
  /** Where it has nothing to turn off. */
  auto_retry_requests: {
    kind: 'boolean', default: true, doc: 'Accepted as in Fluent Bit.',
    withoutEffect: 'every request that fails is tried again, as often as it takes'
  }
} as const satisfies Fields
