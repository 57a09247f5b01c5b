/** What the properties of librdkafka come to for a client of ours: where it connects, how it is secured, how it logs in. */
import { readFileSync } from 'node:fs'
import type { ConnectionOptions } from 'node:tls'
import type { Address, ClusterSettings } from './cluster.ts'
import type { ConnectionSettings } from './connection.ts'
import { oidcTokens } from './oidc.ts'
import { PropertyError, type Properties } from './properties.ts'
import type { Login, Token } from './sasl.ts'

export interface Surroundings {
  readonly brokers: readonly string[]
  readonly clientId: string
  /** Options of node:tls made from other options; undefined when those do not ask for TLS. */
  readonly tls?: ConnectionOptions | undefined
  /** Milliseconds. */
  readonly connectTimeout?: number | undefined
  /** Milliseconds until an answer must have come. */
  readonly requestTimeout?: number | undefined
  readonly localAddress?: string | undefined
  readonly keepAlive?: boolean
  /** How names become addresses, as node:net takes it. */
  readonly resolving?: Pick<ConnectionSettings, 'lookup'> & { readonly family?: number }
  /** Tokens for MSK with IAM; without them that login is refused. */
  readonly mskTokens?: (() => Promise<Token>) | undefined
}

const PORT = 9092
const CONNECT_TIMEOUT = 30_000
const REQUEST_TIMEOUT = 60_000
const METADATA_AGE = 300_000
const TOPIC_WAIT = 10_000

/** Throws PropertyError. */
export function clusterSettings(properties: Properties, around: Surroundings): ClusterSettings {
  const names = around.brokers.length > 0 ? around.brokers : (properties.text('bootstrap.servers') ?? '').split(',')
  const bootstrap = names.map((name) => name.trim()).filter((name) => name !== '').map(readAddress)
  const family = properties.text('broker.address.family')
  const protocol = around.mskTokens !== undefined && properties.text('security.protocol') === undefined
    ? 'sasl_ssl'
    : properties.text('security.protocol') ?? (around.tls === undefined ? 'plaintext' : 'ssl')
  const secure = protocol.endsWith('ssl') || around.tls !== undefined
  const age = properties.integer('topic.metadata.refresh.interval.ms') ?? METADATA_AGE
  return {
    bootstrap,
    clientId: properties.text('client.id') ?? around.clientId,
    tls: secure ? { ...around.tls, ...tlsOf(properties) } : undefined,
    login: protocol.startsWith('sasl') ? loginOf(properties, around) : undefined,
    connectTimeout: properties.integer('socket.connection.setup.timeout.ms') ?? around.connectTimeout ?? CONNECT_TIMEOUT,
    requestTimeout: properties.integer('socket.timeout.ms') ?? around.requestTimeout ?? REQUEST_TIMEOUT,
    family: family === 'v4' ? 4 : family === 'v6' || around.resolving?.family === 6 ? 6 : undefined,
    lookup: around.resolving?.lookup,
    localAddress: around.localAddress,
    keepAlive: properties.flag('socket.keepalive.enable') ?? around.keepAlive ?? false,
    metadataAge: age < 0 ? Infinity : age,
    createTopics: true,
    topicWait: TOPIC_WAIT
  }
}

/** `host`, `host:port`, `[address]:port`, with a protocol in front or not. */
export function readAddress(name: string): Address {
  const [, protocol, v6, host = v6, port] = /^(?:(\w+):\/\/)?(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(name) ?? []
  if (host === undefined || Number(port ?? PORT) > 65_535) {
    throw new PropertyError('bootstrap.servers', `a broker is a name and a port, like kafka-1:9092, not ${name}`)
  }
  if (protocol !== undefined && !/^(plaintext|ssl|sasl_plaintext|sasl_ssl)$/i.test(protocol)) {
    throw new PropertyError('bootstrap.servers', `a broker speaks Kafka, not ${protocol}`)
  }
  return { host, port: Number(port ?? PORT) }
}

function tlsOf(properties: Properties): ConnectionOptions {
  const file = (location: string, pem: string): string | Buffer | undefined => {
    const path = properties.text(location)
    return path === undefined ? properties.text(pem)?.replaceAll('\\n', '\n') : readFile(location, path)
  }
  const ca = file('ssl.ca.location', 'ssl.ca.pem')
  const cert = file('ssl.certificate.location', 'ssl.certificate.pem')
  const key = file('ssl.key.location', 'ssl.key.pem')
  const store = properties.text('ssl.keystore.location')
  const passphrase = properties.text('ssl.key.password') ?? properties.text('ssl.keystore.password')
  const [ciphers, ecdhCurve, sigalgs] = ['ssl.cipher.suites', 'ssl.curves.list', 'ssl.sigalgs.list'].map((name) => properties.text(name))
  return {
    ...(properties.flag('enable.ssl.certificate.verification') === false ? { rejectUnauthorized: false } : {}),
    ...(properties.text('ssl.endpoint.identification.algorithm') === 'none' ? { checkServerIdentity: () => undefined } : {}),
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(store === undefined ? {} : { pfx: readFile('ssl.keystore.location', store) }),
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(ciphers === undefined ? {} : { ciphers }),
    ...(ecdhCurve === undefined ? {} : { ecdhCurve }),
    ...(sigalgs === undefined ? {} : { sigalgs })
  }
}

function readFile(property: string, path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new PropertyError(property, `cannot read ${path}: ${(error as Error).message}`)
  }
}

function loginOf(properties: Properties, { mskTokens }: Surroundings): Login {
  const mechanism = properties.text('sasl.mechanisms')
  if (mskTokens !== undefined && (mechanism === undefined || mechanism === 'OAUTHBEARER' || mechanism === 'AWS_MSK_IAM')) {
    return { mechanism: 'OAUTHBEARER', token: mskTokens }
  }
  switch (mechanism) {
    case 'PLAIN':
    case 'SCRAM-SHA-256':
    case 'SCRAM-SHA-512': {
      const [username, password] = [properties.text('sasl.username'), properties.text('sasl.password')]
      if (username === undefined) throw new PropertyError('sasl.username', `${mechanism} needs a user`)
      if (password === undefined) throw new PropertyError('sasl.password', `${mechanism} needs a password`)
      return { mechanism, username, password }
    }
    case 'OAUTHBEARER': return { mechanism, token: oidcTokens(oidcOf(properties)) }
    case undefined: throw new PropertyError('sasl.mechanisms', 'a login needs a mechanism: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER')
    default: throw new PropertyError('sasl.mechanisms', `${mechanism} needs aws_msk_iam on`)
  }
}

function oidcOf(properties: Properties): Parameters<typeof oidcTokens>[0] {
  const need = (name: string): string => {
    const value = properties.text(name)
    if (value === undefined) throw new PropertyError(name, 'OAUTHBEARER needs it, to ask for tokens')
    return value
  }
  const extensions = properties.text('sasl.oauthbearer.extensions')
  return {
    url: need('sasl.oauthbearer.token.endpoint.url'),
    clientId: need('sasl.oauthbearer.client.id'),
    clientSecret: need('sasl.oauthbearer.client.secret'),
    scope: properties.text('sasl.oauthbearer.scope'),
    extensions: extensions === undefined ? undefined : new Map(extensions.split(',').map((pair) => {
      const [name = '', ...value] = pair.split('=')
      return [name.trim(), value.join('=').trim()] as const
    }))
  }
}
