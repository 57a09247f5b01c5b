/** Options that are about asking the API server, the kubelet or the CloudWatch agent: configurations have them. */
import type { Fields } from '../../config/fields.ts'
import { CA_FILE, NAMESPACE_FILE, TOKEN_FILE } from '../../lib/kubernetes-api/in-cluster.ts'

const association = 'the services of pods are not asked for; the `entity` fields of CloudWatch are not added'
const shownByNode = 'what TLS does is shown by NODE_DEBUG=tls,https in the environment'
const noStandstill = 'the agent does not stand still at the start: it tries again by itself, and lines flow meanwhile'

export const apiOptions = {
  kube_meta_preload_cache_dir: {
    kind: 'string', example: '/var/lib/pods',
    doc: 'Folder with what the API says of pods and namespaces, as JSON: `NAMESPACE_POD.meta`, `NAMESPACE.namespace_meta`. No server is asked.'
  },
  kube_meta_cache_ttl: {
    kind: 'duration', default: 0, example: '10m',
    doc: 'Looks pods in files up anew after this time; 0 never. A watch of the API tells of changes by itself.'
  },
  kube_meta_namespace_cache_ttl: { kind: 'duration', default: 900_000, example: '15m', doc: 'Looks namespaces up anew after this time; 0 never.' },
  kube_node_name: {
    kind: 'string', example: '${NODE_NAME}',
    doc: 'The node whose pods are followed; when not set, what NODE_NAME, K8S_NODE_NAME or HOST_NAME say, else the node of the agent\'s own pod.'
  },
  buffer_size: {
    kind: 'size', default: 32_000, unlimited: ['off', 'false'], withoutEffect: 'answers are never cut off',
    doc: 'Most bytes of an answer of the API server.'
  },
  'tls.debug': { kind: 'integer', default: 0, withoutEffect: shownByNode, doc: 'How much is said of TLS.' },
  'tls.verify': { kind: 'boolean', default: true, example: 'off', doc: 'Checks the certificate of the server.' },
  'tls.vhost': { kind: 'string', example: 'kubernetes.default.svc', doc: 'Host name asked for in TLS.' },
  'tls.verify_hostname': { kind: 'boolean', default: false, example: 'on', doc: 'Checks the host name in the certificate.' },
  kube_url: {
    kind: 'string', default: 'https://kubernetes.default.svc', example: 'https://kubernetes.default.svc:443',
    doc: 'The API server. For its common name, the address that the kubelet gives to every pod is used, which needs no DNS.'
  },
  kube_ca_file: {
    kind: 'string', default: CA_FILE, example: '/etc/kubernetes/pki/ca.crt',
    doc: 'File with the certificates of the authority that signed the server\'s.'
  },
  kube_ca_path: { kind: 'string', example: '/etc/kubernetes/pki', doc: 'Folder with such certificates.' },
  kube_namespace_file: { kind: 'string', default: NAMESPACE_FILE, example: '/etc/namespace', doc: 'File with the agent\'s own namespace.' },
  kube_token_file: { kind: 'string', default: TOKEN_FILE, example: '/etc/token', doc: 'File with the token for the API server and the kubelet.' },
  kube_token_command: { kind: 'string', example: 'cat /etc/token', doc: 'Command that prints the token, instead of the file.' },
  kube_token_ttl: {
    kind: 'duration', default: 600_000, example: '10m', doc: 'How long a token is used before it is read again; one that is refused is read again at once.'
  },
  dns_retries: { kind: 'integer', default: 6, withoutEffect: noStandstill, doc: 'How often the name of the API server is looked up at start.' },
  dns_wait_time: { kind: 'duration', default: 30_000, withoutEffect: noStandstill, doc: 'Time between these look-ups.' },
  use_kubelet: { kind: 'boolean', default: false, example: 'on', doc: 'Asks the kubelet for the pods instead of the API server.' },
  kubelet_host: { kind: 'string', default: '127.0.0.1', example: '${HOST_IP}', doc: 'Host of the kubelet.' },
  kubelet_port: { kind: 'integer', default: 10250, min: 1, max: 65_535, example: '10250', doc: 'Port of the kubelet.' },
  cache_use_docker_id: {
    kind: 'boolean', default: false, withoutEffect: 'metadata is kept per container as it is',
    doc: 'Tells containers apart by their ids in the cache.'
  },
  aws_use_pod_association: {
    kind: 'boolean', default: false, aliases: ['use_pod_association'], withoutEffect: association,
    doc: 'Asks the CloudWatch agent for the services that pods belong to.'
  },
  aws_pod_association_host: { kind: 'string', default: 'cloudwatch-agent.amazon-cloudwatch', withoutEffect: association, doc: 'Host of the CloudWatch agent.' },
  aws_pod_association_endpoint: { kind: 'string', default: '/kubernetes/pod-to-service-env-map', withoutEffect: association, doc: 'Path there.' },
  aws_pod_association_port: { kind: 'integer', default: 4311, withoutEffect: association, doc: 'Port there.' },
  aws_pod_service_map_ttl: { kind: 'integer', default: 0, withoutEffect: association, doc: 'Seconds that an answer is good for.' },
  aws_pod_service_map_refresh_interval: { kind: 'integer', default: 60, withoutEffect: association, doc: 'Seconds between requests.' },
  aws_pod_service_preload_cache_dir: { kind: 'string', withoutEffect: association, doc: 'Folder with such answers.' },
  aws_pod_association_host_server_ca_file: {
    kind: 'string', default: '/etc/amazon-cloudwatch-observability-agent-server-cert/tls-ca.crt', withoutEffect: association,
    doc: 'Certificates of the authority that signed the CloudWatch agent\'s.'
  },
  aws_pod_association_host_client_cert_file: {
    kind: 'string', default: '/etc/amazon-cloudwatch-observability-agent-client-cert/client.crt', withoutEffect: association,
    doc: 'Certificate shown to the CloudWatch agent.'
  },
  aws_pod_association_host_client_key_file: {
    kind: 'string', default: '/etc/amazon-cloudwatch-observability-agent-client-cert/client.key', withoutEffect: association,
    doc: 'Key of that certificate.'
  },
  aws_pod_association_host_tls_debug: { kind: 'integer', default: 0, withoutEffect: association, doc: 'How much is said of TLS there.' },
  aws_pod_association_host_tls_verify: { kind: 'boolean', default: true, withoutEffect: association, doc: 'Checks the certificate of the CloudWatch agent.' },
  set_platform: { kind: 'string', withoutEffect: association, doc: 'The platform to name: k8s or eks.' }
} as const satisfies Fields
