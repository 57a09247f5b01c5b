/** Options of the input cloudwatch_logs; it is ours, Fluent Bit has none. */
import type { Fields, OptionsOf } from '../../config/fields.ts'
import { CA_FILE, TOKEN_FILE } from '../../lib/kubernetes-api/in-cluster.ts'
import { COMPONENTS } from './component.ts'

export const options = {
  log_group_name: { kind: 'string', required: true, example: '/aws/eks/prod/cluster', doc: 'The group to read.' },
  region: { kind: 'string', example: 'eu-central-1', doc: 'Region of AWS; without it AWS_REGION or that of the profile.' },
  log_types: {
    kind: 'list', example: 'audit, authenticator',
    doc: `Only these logs of an EKS control plane: ${COMPONENTS.join(', ')}.`
  },
  log_stream_name_prefix: { kind: 'string', example: 'kube-apiserver-audit-', doc: 'Only streams whose names begin so.' },
  filter_pattern: { kind: 'string', example: '{ $.verb = "delete" }', doc: 'Only events that match, by the service\'s own filter patterns.' },
  since: { kind: 'duration', default: 0, example: '1h', doc: 'At the very first start: begin so long ago; 0 for what comes from now on.' },
  interval: { kind: 'duration', default: 10_000, example: '30s', doc: 'Time between two looks once everything is read.' },
  settle: {
    kind: 'duration', default: 15_000, example: '30s',
    doc: 'Events are read when they are in CloudWatch for so long, since not all of one moment are seen at once.'
  },
  lateness: {
    kind: 'duration', default: 300_000, example: '15m',
    doc: 'Longest time from an event to its arrival in CloudWatch; later ones are left out, and counted when they are an hour old. Each look reads as far back.'
  },
  log_key: { kind: 'string', default: 'log', example: 'message', doc: 'Key of the message.' },
  endpoint: { kind: 'string', example: 'vpce-0a1b2c.logs.eu-central-1.vpce.amazonaws.com', doc: 'Host (HTTPS) or URL to ask instead of that of the region.' },
  profile: { kind: 'string', example: 'logs', doc: 'Profile of the credentials.' },
  role_arn: { kind: 'string', example: 'arn:aws:iam::123456789012:role/logs', doc: 'Role to assume.' },
  external_id: { kind: 'string', example: 'logs', doc: 'External id for role_arn.' },
  sts_endpoint: { kind: 'string', example: 'sts.eu-central-1.amazonaws.com', doc: 'Host or URL of STS, for role_arn.' },
  leader_election: {
    kind: 'boolean', default: false, example: 'on',
    doc: 'Of all agents with this input in the cluster only one reads at a time: it holds a Lease of the Kubernetes API.'
  },
  lease_name: { kind: 'string', default: 'fantail-cloudwatch-logs', example: 'control-plane-logs', doc: 'Name of the Lease.' },
  lease_namespace: { kind: 'string', example: 'logging', doc: 'Namespace of the Lease; the pod\'s own when not set.' },
  lease_duration: { kind: 'duration', default: 30_000, example: '30s', doc: 'How long after the last renewal another agent goes on.' },
  kube_url: {
    kind: 'string', default: 'https://kubernetes.default.svc', example: 'https://10.100.0.1:443',
    doc: 'The API server with the Lease. For the default, the address that the kubelet gives to every pod is used, which needs no DNS.'
  },
  kube_token_file: { kind: 'string', default: TOKEN_FILE, example: '/etc/token', doc: 'File with the token for the API server.' },
  kube_ca_file: {
    kind: 'string', default: CA_FILE, example: '/etc/kubernetes/pki/ca.crt', doc: 'File with the certificates of the authority that signed the server\'s.'
  }
} as const satisfies Fields

export type Options = OptionsOf<typeof options>
