/**
 * The library kafkajs behind the interface of our clients; loaded only when an output asks for it.
 *
 * It sends without sequence numbers: its own come from a count that goes on when a batch was given up with its fate
 * unknown, and the broker would take the next batch of that length for a repeat. So a lost answer means a repeat, counted.
 */
import * as net from 'node:net'
import * as tls from 'node:tls'
import {
  CompressionCodecs, CompressionTypes, Kafka, logLevel, type Admin, type ISocketFactory, type KafkaConfig, type Producer, type SASLOptions
} from 'kafkajs'
import requestQueue from 'kafkajs/src/network/requestQueue/index.js'
import { compress, decompress, type Codec } from '../../lib/kafka/compression.ts'
import { placeOf } from '../../lib/kafka/connection.ts'
import type { Outcome } from '../../lib/kafka/producer.ts'
import { KafkaError, describeError, remedyOf } from '../../lib/kafka/protocol-errors.ts'
import { recordsOf, type RecordView } from '../../lib/kafka/record-batch.ts'
import type { Login } from '../../lib/kafka/sasl.ts'
import { PluginError, type Log } from '../../plugin/context.ts'
import type { Client } from './client.ts'
import type { KafkaSettings } from './settings.ts'

/** What its errors carry, as far as it is looked at. */
interface KafkajsError extends Error {
  readonly code?: unknown
  readonly cause?: unknown
}

const TYPES = {
  none: CompressionTypes.None, gzip: CompressionTypes.GZIP, snappy: CompressionTypes.Snappy, lz4: CompressionTypes.LZ4, zstd: CompressionTypes.ZSTD
} as const satisfies { readonly [codec in Codec]: CompressionTypes }
const PAUSE = 1000
/** Its errors when no connection was made; with any other the request may have been on its way. */
const NOT_CONNECTED = /^(Connection timeout|Connection error: (connect|getaddrinfo) |Failed to connect|Not connected)/

mendIdleTimer()

/**
 * A request queue with nothing to wait for sets a timer of zero again and again: 7 to 9 % of a core while idle. It is
 * needed only while the broker throttles or requests wait.
 */
function mendIdleTimer(): void {
  const queue = requestQueue.prototype
  // oxlint-disable-next-line typescript/unbound-method -- called with its object below
  const schedule = queue.scheduleCheckPendingRequests
  queue.scheduleCheckPendingRequests = function scheduleWhenNeeded(this: typeof queue): void {
    if (this.pending.length > 0 || this.throttledUntil > Date.now()) schedule.call(this)
  }
}

export class KafkajsClient implements Client {
  readonly #settings: KafkaSettings
  readonly #producer: Producer
  readonly #admin: Admin
  readonly #counts = new Map<string, { readonly count: number; readonly until: number }>()
  #opening: Promise<void> | undefined
  #stopped = false
  #giveUp: (() => void) | undefined
  readonly #stop: Promise<void>

  constructor(settings: KafkaSettings, log: Log) {
    if (settings.producer.idempotence === 'required') {
      throw new PluginError('client kafkajs sends without sequence numbers; client bytes has them', 'rdkafka.enable.idempotence')
    }
    this.#settings = settings
    for (const codec of ['snappy', 'lz4', 'zstd'] as const) addCodec(codec, settings.level)
    const kafka = new Kafka(configuration(settings, log))
    this.#producer = kafka.producer({ allowAutoTopicCreation: true, maxInFlightRequests: 5, retry: { retries: 0 } })
    this.#admin = kafka.admin({ retry: { retries: 0 } })
    this.#stop = new Promise((resolve) => { this.#giveUp = resolve })
  }

  async open(): Promise<void> {
    this.#opening ??= Promise.all([this.#producer.connect(), this.#admin.connect()]).then(() => {})
    try {
      await this.#opening
    } catch (error) {
      this.#opening = undefined
      throw new KafkaError(causeOf(error).message)
    }
  }

  async partitions(topic: string): Promise<number> {
    const known = this.#counts.get(topic)
    if (known !== undefined && performance.now() < known.until) return known.count
    await this.open()
    try {
      const { topics } = await this.#admin.fetchTopicMetadata({ topics: [topic] })
      const count = topics[0]?.partitions.length ?? 0
      if (count === 0) throw new KafkaError(`topic ${topic}: ${describeError(3)}`, { code: 3 })
      this.#counts.set(topic, { count, until: performance.now() + this.#settings.cluster.metadataAge })
      return count
    } catch (error) {
      const code = codeOf(error)
      throw new KafkaError(`topic ${topic}: ${code === undefined ? causeOf(error).message : describeError(code)}`, code === undefined ? {} : { code })
    }
  }

  async produce(topic: string, partition: number, batch: Buffer): Promise<Outcome> {
    const { producer: { acks, ackTimeout }, codec } = this.#settings
    const messages = recordsOf(batch).map(({ key, value, headers, time }) => ({
      key, value, partition, timestamp: String(time), headers: byName(headers)
    }))
    const sending = this.#producer.send({ topic, acks, timeout: ackTimeout, compression: TYPES[codec], messages })
      .then((): Outcome => ({ kind: 'delivered' }), (error: unknown) => outcomeOf(error, topic, partition))
    const stopped = this.#stop.then((): Outcome => retry('the agent stops', true))
    const outcome = this.#stopped ? retry('the agent stops', false) : await Promise.race([sending, stopped])
    // it has no pace of its own without retries
    if (outcome.kind === 'retry' && !this.#stopped) await Promise.race([new Promise((resolve) => { setTimeout(resolve, PAUSE) }), this.#stop])
    return outcome
  }

  stop(): void {
    this.#stopped = true
    this.#giveUp?.()
  }

  async close(): Promise<void> {
    this.stop()
    await Promise.allSettled([this.#producer.disconnect(), this.#admin.disconnect()])
  }
}

/** Headers as the library wants them: those of one name together. */
function byName(headers: RecordView['headers']): { [name: string]: Buffer[] } {
  const found = new Map<string, Buffer[]>()
  for (const [name, value] of headers) {
    const values = found.get(name)
    if (values === undefined) found.set(name, [value ?? Buffer.alloc(0)])
    else values.push(value ?? Buffer.alloc(0))
  }
  return Object.fromEntries(found)
}

function addCodec(codec: 'snappy' | 'lz4' | 'zstd', level: number | undefined): void {
  CompressionCodecs[TYPES[codec]] = () => ({
    compress: async ({ buffer }: { readonly buffer: Buffer }) => await compress(codec, buffer, level),
    decompress: (buffer: Buffer) => Promise.resolve(decompress(codec, buffer))
  })
}

function configuration({ cluster }: KafkaSettings, log: Log): KafkaConfig {
  const { login } = cluster
  return {
    clientId: cluster.clientId,
    brokers: cluster.bootstrap.map(({ host, port }) => `${host}:${port}`),
    // its default of ten seconds would have it log in at every request where logins are short
    reauthenticationThreshold: 1000,
    connectionTimeout: cluster.connectTimeout,
    requestTimeout: cluster.requestTimeout,
    retry: { retries: 0 },
    logLevel: logLevel.WARN,
    // its errors come as rejections too, with the reason
    logCreator: () => ({ log: { message } }) => log.debug(`kafkajs: ${message}`),
    ...(cluster.family === undefined && cluster.lookup === undefined && cluster.localAddress === undefined ? {} : { socketFactory: connector(cluster) }),
    ...(cluster.tls === undefined ? {} : { ssl: cluster.tls }),
    ...(login === undefined ? {} : { sasl: saslOf(login) })
  }
}

/** Connections as the library makes its own, but from where and to which addresses it is told. */
function connector(cluster: KafkaSettings['cluster']): ISocketFactory {
  return ({ host, port, ssl, onConnect }) => {
    const where = placeOf(host, port, cluster)
    const socket: net.Socket = (ssl as object | undefined) === undefined
      ? net.connect(where, onConnect)
      : tls.connect({ ...where, ...(net.isIP(host) === 0 ? { servername: host } : {}), ...ssl }, onConnect)
    socket.setKeepAlive(true, 60_000)
    return socket
  }
}

function saslOf(login: Login): SASLOptions {
  if (login.mechanism === 'OAUTHBEARER') {
    return { mechanism: 'oauthbearer', oauthBearerProvider: async () => ({ value: (await login.token()).value }) }
  }
  const { username, password } = login
  switch (login.mechanism) {
    case 'PLAIN': return { mechanism: 'plain', username, password }
    case 'SCRAM-SHA-256': return { mechanism: 'scram-sha-256', username, password }
    case 'SCRAM-SHA-512': return { mechanism: 'scram-sha-512', username, password }
  }
}

/** What made it fail in the end, below the errors that say how often it was tried. */
function causeOf(error: unknown): KafkajsError {
  let found = error as KafkajsError
  while (found.cause instanceof Error) found = found.cause
  return found
}

function codeOf(error: unknown): number | undefined {
  const { code } = causeOf(error)
  return typeof code === 'number' ? code : undefined
}

function retry(reason: string, unsure: boolean, denied = false): Outcome {
  return { kind: 'retry', reason, unsure, throttle: 0, denied }
}

function outcomeOf(error: unknown, topic: string, partition: number): Outcome {
  const code = codeOf(error)
  const { name, message } = causeOf(error)
  if (code === undefined) return retry(message, !/BrokerNotFound|LockTimeout/.test(name) && !NOT_CONNECTED.test(message))
  const reason = `topic ${topic}, partition ${partition}: ${describeError(code)}`
  switch (remedyOf(code)) {
    case 'large': return { kind: 'large', reason }
    case 'bad': return { kind: 'bad', reason, records: new Map() }
    case 'never': return { kind: 'refused', reason }
    case 'denied': return retry(reason, false, true)
    default: return retry(reason, code === 7 || code === 20)
  }
}
