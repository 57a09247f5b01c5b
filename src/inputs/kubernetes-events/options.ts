/** The options of the input kubernetes_events. */
import type { Fields } from '../../config/fields.ts'
import { CA_FILE, TOKEN_FILE } from '../../lib/kubernetes-api/in-cluster.ts'

const told = 'a watch tells of events as they come'
const inBuffer = 'positions travel with the data, in the buffer and in the Lease'

export const options = {
  kube_url: {
    kind: 'string', default: 'https://kubernetes.default.svc', example: 'https://10.100.0.1:443',
    doc: 'The API server. For the default, the address that the kubelet gives to every pod is used, which needs no DNS.'
  },
  kube_namespace: { kind: 'string', example: 'shop', doc: 'The one namespace whose events are read; all when not set.' },
  kube_retention_time: {
    kind: 'duration', default: 3_600_000, example: '1h',
    doc: 'Events older than this are left out at the very first start. Later none is, however long nobody read.'
  },
  kube_request_limit: { kind: 'integer', default: 0, min: 0, example: '500', doc: 'Events of one page of a list; 500 when 0.' },
  kube_watch_timeout: { kind: 'duration', default: 600_000, example: '10m', doc: 'Longest time of one watch; it is then renewed.' },
  kube_token_file: { kind: 'string', default: TOKEN_FILE, example: '/etc/token', doc: 'File with the token for the API server.' },
  kube_token_ttl: {
    kind: 'duration', default: 600_000, example: '10m', doc: 'How long a token is used before it is read again; one that is refused is read again at once.'
  },
  kube_ca_file: {
    kind: 'string', default: CA_FILE, example: '/etc/kubernetes/pki/ca.crt', doc: 'File with the certificates of the authority that signed the server\'s.'
  },
  kube_ca_path: { kind: 'string', example: '/etc/kubernetes/pki', doc: 'Folder with such certificates.' },
  'tls.verify': { kind: 'boolean', default: true, example: 'off', doc: 'Checks the certificate of the server, and the name in it.' },
  'tls.vhost': { kind: 'string', example: 'kubernetes.default.svc', doc: 'Host name asked for in TLS.' },
  'tls.debug': {
    kind: 'integer', default: 0, withoutEffect: 'what TLS does is shown by NODE_DEBUG=tls,https in the environment', doc: 'How much is said of TLS.'
  },
  leader_election: {
    kind: 'boolean', default: true, example: 'off',
    doc: 'Only the agent that holds a Lease reads; off: this one reads in any case.',
    differs: 'Fluent Bit knows no election: every agent sends every event'
  },
  lease_name: { kind: 'string', example: 'fantail-events', doc: 'Name of the Lease; `fantail-` and the input\'s name when not set.' },
  lease_namespace: { kind: 'string', example: 'logging', doc: 'Namespace of the Lease; POD_NAMESPACE, else the agent\'s own when not set.' },
  lease_duration: { kind: 'duration', default: 30_000, example: '30s', doc: 'How long after the last renewal another agent goes on.' },
  interval_sec: { kind: 'integer', default: 0, withoutEffect: told, doc: 'Seconds between requests.' },
  interval_nsec: { kind: 'integer', default: 500_000_000, withoutEffect: told, doc: 'Nanoseconds added to interval_sec.' },
  db: { kind: 'string', withoutEffect: inBuffer, example: '/var/lib/events.db', doc: 'Where Fluent Bit remembers events.' },
  'db.sync': { kind: 'string', default: 'normal', withoutEffect: inBuffer, doc: 'How that is written.' },
  'db.locking': { kind: 'boolean', default: false, withoutEffect: inBuffer, doc: 'Whether that is locked.' },
  'db.journal_mode': { kind: 'string', default: 'WAL', withoutEffect: inBuffer, doc: 'The journal of that.' }
} as const satisfies Fields
