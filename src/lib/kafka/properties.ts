/**
 * The configuration properties of librdkafka (its CONFIGURATION.md), as people have them in files under `rdkafka.`: what
 * is honoured here, what has no effect and why, what is refused and why.
 */
import { CODECS } from './compression.ts'

/** A property that cannot be used; `property` is its name without prefix. */
export class PropertyError extends Error {
  readonly property: string

  constructor(property: string, message: string) {
    super(message)
    this.property = property
  }
}

type Role = 'producer' | 'consumer'

interface Property {
  /** The name under which it is kept, when it is an alias. */
  readonly as?: string
  readonly role?: Role
  readonly kind: 'text' | 'boolean' | 'integer'
  readonly min?: number
  readonly max?: number
  /** Compared without case. */
  readonly values?: readonly string[]
}

const text: Property = { kind: 'text' }
const flag: Property = { kind: 'boolean' }
const whole = (min: number, max: number, role?: Role): Property => ({ kind: 'integer', min, max, ...(role === undefined ? {} : { role }) })
const one = (values: readonly string[], role?: Role): Property => ({ kind: 'text', values, ...(role === undefined ? {} : { role }) })
const alias = (as: string): Property => ({ as, kind: 'text' })

const DAY = 86_400_000
const HUGE = 1_000_000_000

const HONOURED: { readonly [name: string]: Property } = {
  'bootstrap.servers': text,
  'metadata.broker.list': alias('bootstrap.servers'),
  'client.id': text,
  'topic.metadata.refresh.interval.ms': whole(-1, 3_600_000),
  'metadata.max.age.ms': alias('topic.metadata.refresh.interval.ms'),
  'socket.timeout.ms': whole(10, 300_000),
  'socket.keepalive.enable': flag,
  'socket.connection.setup.timeout.ms': whole(1000, 2_147_483_647),
  'broker.address.family': one(['any', 'v4', 'v6']),
  'retry.backoff.ms': whole(1, 300_000),
  'retry.backoff.max.ms': whole(1, 300_000),

  'security.protocol': one(['plaintext', 'ssl', 'sasl_plaintext', 'sasl_ssl']),
  'ssl.ca.location': text,
  'ssl.ca.pem': text,
  'ssl.certificate.location': text,
  'ssl.certificate.pem': text,
  'ssl.key.location': text,
  'ssl.key.pem': text,
  'ssl.key.password': text,
  'ssl.keystore.location': text,
  'ssl.keystore.password': text,
  'ssl.cipher.suites': text,
  'ssl.curves.list': text,
  'ssl.sigalgs.list': text,
  'ssl.endpoint.identification.algorithm': one(['none', 'https']),
  'enable.ssl.certificate.verification': flag,
  'sasl.mechanisms': one(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER', 'AWS_MSK_IAM']),
  'sasl.mechanism': alias('sasl.mechanisms'),
  'sasl.username': text,
  'sasl.password': text,
  'sasl.oauthbearer.method': one(['oidc']),
  'sasl.oauthbearer.client.id': text,
  'sasl.oauthbearer.client.secret': text,
  'sasl.oauthbearer.scope': text,
  'sasl.oauthbearer.extensions': text,
  'sasl.oauthbearer.token.endpoint.url': text,

  'acks': { kind: 'text', values: ['-1', 'all', '0', '1'], role: 'producer' },
  'request.required.acks': alias('acks'),
  'enable.idempotence': { ...flag, role: 'producer' },
  'request.timeout.ms': whole(1, 900_000, 'producer'),
  'message.timeout.ms': whole(0, 2_147_483_647, 'producer'),
  'delivery.timeout.ms': alias('message.timeout.ms'),
  'message.max.bytes': whole(1000, HUGE, 'producer'),
  'batch.size': whole(1, 2_147_483_647, 'producer'),
  'batch.num.messages': whole(1, 1_000_000, 'producer'),
  'compression.codec': one(CODECS, 'producer'),
  'compression.type': alias('compression.codec'),
  'compression.level': whole(-1, 22, 'producer'),
  'partitioner': one(['random', 'consistent', 'consistent_random', 'murmur2', 'murmur2_random', 'fnv1a', 'fnv1a_random'], 'producer'),

  'group.id': { ...text, role: 'consumer' },
  'group.instance.id': { ...text, role: 'consumer' },
  'session.timeout.ms': whole(1000, 3_600_000, 'consumer'),
  'heartbeat.interval.ms': whole(100, 3_600_000, 'consumer'),
  'max.poll.interval.ms': whole(1000, DAY, 'consumer'),
  'partition.assignment.strategy': one(['range', 'roundrobin', 'range,roundrobin', 'roundrobin,range'], 'consumer'),
  'auto.offset.reset': one(['smallest', 'earliest', 'beginning', 'largest', 'latest', 'end', 'error'], 'consumer'),
  'auto.commit.interval.ms': whole(0, DAY, 'consumer'),
  'isolation.level': one(['read_uncommitted', 'read_committed'], 'consumer'),
  'fetch.min.bytes': whole(1, 100_000_000, 'consumer'),
  'fetch.wait.max.ms': whole(0, 300_000, 'consumer'),
  'fetch.max.bytes': whole(1024, 2_147_483_135, 'consumer'),
  'fetch.message.max.bytes': whole(1024, HUGE, 'consumer'),
  'max.partition.fetch.bytes': alias('fetch.message.max.bytes')
}

const queue = 'the buffer of the agent takes the place of the client\'s queue'
const lingering = 'a batch goes as soon as the broker has answered the one before; what comes meanwhile is gathered'
const retrying = 'a batch is tried until it is acknowledged; see retry_limit of the output'
const telling = 'the agent\'s own log and metrics say what there is to say'
const system = 'the system\'s own setting is used'
const reconnecting = 'connections are made again when they are needed, at the pace of retry.backoff.ms'
const versions = 'brokers are always asked what they speak'
const committing = 'positions are committed after delivery, always'
const fetching = 'messages are fetched as the buffer has room for them'

const WITHOUT_EFFECT: { readonly [name: string]: string } = {
  'queue.buffering.max.messages': queue,
  'queue.buffering.max.kbytes': queue,
  'queue.buffering.backpressure.threshold': queue,
  'queue.buffering.max.ms': lingering,
  'linger.ms': lingering,
  'sticky.partitioning.linger.ms': 'messages without a key go to the partition of their file',
  'message.send.max.retries': retrying,
  'retries': retrying,
  'max.in.flight': 'one batch per partition is under way at a time, so that order is kept',
  'max.in.flight.requests.per.connection': 'one batch per partition is under way at a time, so that order is kept',
  'message.copy.max.bytes': 'messages are not copied',
  'delivery.report.only.error': telling,
  'queuing.strategy': queue,
  'log_level': telling,
  'debug': telling,
  'log.queue': telling,
  'log.thread.name': telling,
  'log.connection.close': telling,
  'statistics.interval.ms': telling,
  'enable.metrics.push': telling,
  'enable.random.seed': telling,
  'internal.termination.signal': 'no threads have to be woken',
  'api.version.request': versions,
  'api.version.request.timeout.ms': versions,
  'api.version.fallback.ms': versions,
  'broker.version.fallback': versions,
  'broker.address.ttl': 'names are looked up at every connection',
  'client.dns.lookup': 'names are looked up at every connection',
  'reconnect.backoff.ms': reconnecting,
  'reconnect.backoff.max.ms': reconnecting,
  'reconnect.backoff.jitter.ms': reconnecting,
  'connections.max.idle.ms': reconnecting,
  'socket.max.fails': reconnecting,
  'socket.blocking.max.ms': reconnecting,
  'socket.send.buffer.bytes': system,
  'socket.receive.buffer.bytes': system,
  'socket.nagle.disable': 'it always is',
  'receive.message.max.bytes': 'answers are read whatever their size',
  'topic.metadata.refresh.fast.interval.ms': 'a partition without leader is asked for at the pace of retry.backoff.ms',
  'topic.metadata.refresh.sparse': 'only topics in use are asked for, always',
  'topic.metadata.propagation.max.ms': 'a new topic is waited for as long as any other answer',
  'metadata.recovery.strategy': 'the brokers of the configuration are asked when no other answers, always',
  'metadata.recovery.rebootstrap.trigger.ms': 'the brokers of the configuration are asked when no other answers, always',
  'allow.auto.create.topics': 'whether topics are created is for the brokers to say (auto.create.topics.enable)',
  'client.rack': 'records are fetched from the leader',
  'enable.gapless.guarantee': 'there are no gaps: nothing is given up on the way',
  'enable.auto.commit': committing,
  'enable.auto.offset.store': committing,
  'auto.commit.enable': committing,
  'offset.store.method': committing,
  'enable.partition.eof': 'the end of a partition is nothing special',
  'check.crcs': 'checksums are always compared',
  'queued.min.messages': fetching,
  'queued.max.messages.kbytes': fetching,
  'fetch.queue.backoff.ms': fetching,
  'fetch.error.backoff.ms': 'see retry.backoff.ms',
  'coordinator.query.interval.ms': 'a coordinator is looked for when one is needed'
}

const kerberos = 'Kerberos is not supported; PLAIN, SCRAM, OAUTHBEARER and MSK IAM are'

const REFUSED: { readonly [name: string]: string } = {
  'transactional.id': 'transactions would hide records until they are committed; idempotence alone keeps them from being stored twice',
  'transaction.timeout.ms': 'transactions are not used',
  'plugin.library.paths': 'there is no librdkafka here that could load libraries',
  'builtin.features': 'it only tells what librdkafka was built with',
  'topic.blacklist': 'name the topics that are wanted',
  'ssl.crl.location': 'lists of revoked certificates are not supported',
  'ssl.keystore.type': 'only PKCS#12 is supported, by ssl.keystore.location',
  'ssl.engine.location': 'engines of OpenSSL are not supported',
  'ssl.engine.id': 'engines of OpenSSL are not supported',
  'ssl.providers': 'providers of OpenSSL are not supported',
  'ssl.ca.certificate.stores': 'it is for Windows only',
  'enable.sasl.oauthbearer.unsecure.jwt': 'tokens that nobody signed are not made; use sasl.oauthbearer.method oidc',
  'sasl.oauthbearer.config': 'it makes tokens that nobody signed; use sasl.oauthbearer.method oidc',
  'sasl.kerberos.service.name': kerberos,
  'sasl.kerberos.principal': kerberos,
  'sasl.kerberos.kinit.cmd': kerberos,
  'sasl.kerberos.keytab': kerberos,
  'sasl.kerberos.min.time.before.relogin': kerberos,
  'group.protocol': 'the classic protocol of groups is used, which every broker speaks',
  'group.remote.assignor': 'the classic protocol of groups is used, which every broker speaks',
  'group.protocol.type': 'the group is always one of consumers'
}

export class Properties {
  readonly #values: ReadonlyMap<string, string>
  /** Properties that were given and do nothing here, with the reason. */
  readonly idle: readonly (readonly [name: string, reason: string])[]

  /** Throws PropertyError for the first one that cannot be used. */
  constructor(given: ReadonlyMap<string, string>, role: Role) {
    const values = new Map<string, string>()
    const idle: [string, string][] = []
    for (const [name, value] of given) {
      const honoured = HONOURED[name]
      if (honoured === undefined) {
        const reason = WITHOUT_EFFECT[name]
        if (reason === undefined) throw new PropertyError(name, REFUSED[name] ?? 'librdkafka has no such property, or it has no place here')
        idle.push([name, reason])
        continue
      }
      const target = honoured.as ?? name
      const property = HONOURED[target]!
      if (property.role !== undefined && property.role !== role) {
        idle.push([name, `it is for ${property.role}s`])
        continue
      }
      values.set(target, checked(name, property, value))
    }
    this.#values = values
    this.idle = idle
  }

  text(name: string): string | undefined {
    return this.#values.get(name)
  }

  integer(name: string): number | undefined {
    const value = this.#values.get(name)
    return value === undefined ? undefined : Number(value)
  }

  flag(name: string): boolean | undefined {
    const value = this.#values.get(name)
    return value === undefined ? undefined : value === 'true'
  }
}

function checked(name: string, { kind, min = -Infinity, max = Infinity, values }: Property, value: string): string {
  if (kind === 'boolean') {
    if (/^(true|t|1|on|yes)$/i.test(value)) return 'true'
    if (/^(false|f|0|off|no)$/i.test(value)) return 'false'
    throw new PropertyError(name, `must be true or false, not ${value}`)
  }
  if (kind === 'integer') {
    const number = Number(value)
    if (!/^-?\d+$/.test(value) || number < min || number > max) throw new PropertyError(name, `must be a whole number from ${min} to ${max}, not ${value}`)
    return String(number)
  }
  if (values === undefined) return value
  const found = values.find((known) => known.toLowerCase() === value.replaceAll(' ', '').toLowerCase())
  if (found === undefined) throw new PropertyError(name, `must be one of ${values.join(', ')}, not ${value}`)
  return found
}
