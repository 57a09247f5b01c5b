/** Options that are about asking the API server, the kubelet or the CloudWatch agent: configurations have them. */
import type { Fields } from '../../config/fields.ts'

const withoutEffect = 'pod metadata comes from files or from the tag; no server is asked'

export const apiOptions = {
  buffer_size: {
    kind: 'size', default: 32_000, unlimited: ['off', 'false'], withoutEffect: 'answers are never cut off',
    doc: 'Most bytes of an answer of the API server.'
  },
  'tls.debug': { kind: 'integer', default: 0, withoutEffect, doc: 'How much is said of TLS.' },
  'tls.verify': { kind: 'boolean', default: true, withoutEffect, doc: 'Checks the certificate of the server.' },
  'tls.vhost': { kind: 'string', withoutEffect, doc: 'Host name asked for in TLS.' },
  'tls.verify_hostname': { kind: 'boolean', default: false, withoutEffect, doc: 'Checks the host name in the certificate.' },
  kube_url: {
    kind: 'string', default: 'https://kubernetes.default.svc', withoutEffect, doc: 'The API server.',
    example: 'https://kubernetes.default.svc:443'
  },
  kube_ca_file: {
    kind: 'string', default: '/var/run/secrets/kubernetes.io/serviceaccount/ca.crt', withoutEffect,
    doc: 'File with the certificates of the authority that signed the server\'s.'
  },
  kube_ca_path: { kind: 'string', withoutEffect, doc: 'Folder with such certificates.' },
  kube_namespace_file: {
    kind: 'string', default: '/var/run/secrets/kubernetes.io/serviceaccount/namespace', withoutEffect,
    doc: 'File with the agent\'s own namespace.'
  },
  kube_token_file: {
    kind: 'string', default: '/var/run/secrets/kubernetes.io/serviceaccount/token', withoutEffect,
    doc: 'File with the token for the API server.'
  },
  kube_token_command: { kind: 'string', withoutEffect, doc: 'Command that prints the token.' },
  kube_token_ttl: { kind: 'duration', default: 600_000, withoutEffect, doc: 'How long a token is used before it is read again.' },
  dns_retries: { kind: 'integer', default: 6, withoutEffect, doc: 'How often the name of the API server is looked up at start.' },
  dns_wait_time: { kind: 'duration', default: 30_000, withoutEffect, doc: 'Time between these look-ups.' },
  use_kubelet: { kind: 'boolean', default: false, withoutEffect, doc: 'Asks the kubelet instead of the API server.' },
  kubelet_host: { kind: 'string', default: '127.0.0.1', withoutEffect, doc: 'Host of the kubelet.' },
  kubelet_port: { kind: 'integer', default: 10250, withoutEffect, doc: 'Port of the kubelet.' },
  cache_use_docker_id: {
    kind: 'boolean', default: false, withoutEffect: 'metadata is kept per container as it is',
    doc: 'Tells containers apart by their ids in the cache.'
  },
  aws_use_pod_association: {
    kind: 'boolean', default: false, aliases: ['use_pod_association'], withoutEffect,
    doc: 'Asks the CloudWatch agent for the services that pods belong to.'
  },
  aws_pod_association_host: { kind: 'string', default: 'cloudwatch-agent.amazon-cloudwatch', withoutEffect, doc: 'Host of the CloudWatch agent.' },
  aws_pod_association_endpoint: { kind: 'string', default: '/kubernetes/pod-to-service-env-map', withoutEffect, doc: 'Path there.' },
  aws_pod_association_port: { kind: 'integer', default: 4311, withoutEffect, doc: 'Port there.' },
  aws_pod_service_map_ttl: { kind: 'integer', default: 0, withoutEffect, doc: 'Seconds that an answer is good for.' },
  aws_pod_service_map_refresh_interval: { kind: 'integer', default: 60, withoutEffect, doc: 'Seconds between requests.' },
  aws_pod_service_preload_cache_dir: { kind: 'string', withoutEffect, doc: 'Folder with such answers.' },
  aws_pod_association_host_server_ca_file: {
    kind: 'string', default: '/etc/amazon-cloudwatch-observability-agent-server-cert/tls-ca.crt', withoutEffect,
    doc: 'Certificates of the authority that signed the CloudWatch agent\'s.'
  },
  aws_pod_association_host_client_cert_file: {
    kind: 'string', default: '/etc/amazon-cloudwatch-observability-agent-client-cert/client.crt', withoutEffect,
    doc: 'Certificate shown to the CloudWatch agent.'
  },
  aws_pod_association_host_client_key_file: {
    kind: 'string', default: '/etc/amazon-cloudwatch-observability-agent-client-cert/client.key', withoutEffect,
    doc: 'Key of that certificate.'
  },
  aws_pod_association_host_tls_debug: { kind: 'integer', default: 0, withoutEffect, doc: 'How much is said of TLS there.' },
  aws_pod_association_host_tls_verify: { kind: 'boolean', default: true, withoutEffect, doc: 'Checks the certificate of the CloudWatch agent.' },
  set_platform: { kind: 'string', withoutEffect, doc: 'The platform to name: k8s or eks.' }
} as const satisfies Fields
