/**
 * One connection to a broker: requests behind their length, any number under way, answers in the order of the requests
 * and checked by their correlation ids. A request that is not answered in time ends the connection, since what is
 * answered in order cannot be answered later.
 *
 * Request: i32 length, i16 API key, i16 version, i32 correlation id, client id as a string, then the message.
 * Answer: i32 length, i32 correlation id, then the message.
 */
import * as net from 'node:net'
import * as tls from 'node:tls'
import { API_VERSIONS, readApiVersions, type Api, type VersionRange } from './messages.ts'
import { KafkaError, check } from './protocol-errors.ts'
import { authenticate, type Login } from './sasl.ts'
import { WireError, WireReader, WireWriter } from './wire.ts'

/** No answer is longer: what says so is no Kafka. */
const LONGEST_ANSWER = 256 * 1024 * 1024

export interface ConnectionSettings {
  readonly clientId: string
  /** Options of node:tls; undefined for a plain connection. */
  readonly tls: tls.ConnectionOptions | undefined
  readonly login: Login | undefined
  /** Milliseconds until the connection must stand. */
  readonly connectTimeout: number
  /** Milliseconds until an answer must have come. */
  readonly requestTimeout: number
  /** 4 or 6 for addresses of that kind only. */
  readonly family?: 4 | 6 | undefined
  /** Finds addresses; the system's own when not set. */
  readonly lookup?: net.LookupFunction | undefined
  readonly keepAlive?: boolean
  readonly localAddress?: string | undefined
}

/** Writes a message and says which pieces of bytes it is; without any, all that was written. */
export type Compose = (writer: WireWriter, version: number) => readonly Buffer[] | void

interface Pending {
  readonly id: number
  readonly name: string
  readonly resolve: (answer: WireReader) => void
  readonly reject: (error: KafkaError) => void
  readonly deadline: number
}

export class Connection {
  readonly host: string
  readonly port: number
  readonly #settings: ConnectionSettings
  readonly #socket: net.Socket
  readonly #pending: Pending[] = []
  #correlation = 0
  #versions: ReadonlyMap<number, VersionRange> = new Map()
  #timer: NodeJS.Timeout | undefined
  #closed: KafkaError | undefined
  // the answer that is being received
  readonly #prefix = Buffer.alloc(4)
  #prefixLength = 0
  #answer: Buffer | undefined
  #answerLength = 0
  /** `performance.now()` at which a new connection should take its place, since the login ends. */
  retireAt = Infinity
  /** `performance.now()` until which the broker wants no requests. */
  throttledUntil = 0
  /** Called once when the connection is over, whoever ended it. */
  onClose: (() => void) | undefined
  #retired = false

  private constructor(host: string, port: number, settings: ConnectionSettings, socket: net.Socket) {
    this.host = host
    this.port = port
    this.#settings = settings
    this.#socket = socket
    socket.setNoDelay(true)
    if (settings.keepAlive === true) socket.setKeepAlive(true, 60_000)
    socket.on('data', (chunk: Buffer) => this.#receive(chunk))
    socket.on('error', (error) => this.#fail(`the connection to ${this.name} broke: ${error.message}`))
    socket.on('close', () => this.#fail(`${this.name} closed the connection${this.#hint()}`))
  }

  /** Connects, asks for the versions and logs in. Rejects with KafkaError. */
  static async open(host: string, port: number, settings: ConnectionSettings): Promise<Connection> {
    const socket = await connect(host, port, settings)
    const connection = new Connection(host, port, settings, socket)
    try {
      await connection.#greet()
      return connection
    } catch (error) {
      connection.close()
      throw error
    }
  }

  get name(): string {
    return `${this.host}:${this.port}`
  }

  get isOpen(): boolean {
    return this.#closed === undefined
  }

  /** Requests under way. */
  get busy(): number {
    return this.#pending.length
  }

  async #greet(): Promise<void> {
    const { error, versions } = readApiVersions(await this.#send(API_VERSIONS, 0, () => {}))
    check(error, `${this.name} does not say what it speaks`)
    this.#versions = versions
    if (this.#settings.login === undefined) return
    const lifetime = await authenticate(this, this.#settings.login)
    // early enough that no request comes too late, by a clock that may be wrong by a little
    if (lifetime > 0) this.retireAt = performance.now() + lifetime * 0.8
  }

  /** The newest version that both sides speak; undefined when there is none. */
  version(api: Api): number | undefined {
    const range = this.#versions.get(api.key)
    if (range === undefined || range.newest < api.least || range.least > api.newest) return undefined
    return Math.min(api.newest, range.newest)
  }

  /**
   * Sends a request; resolves with its answer and the version it is in. Rejects with KafkaError: `unsure` when the broker
   * may have had it. `timeout` replaces the usual time for an answer.
   */
  async request(api: Api, compose: Compose, timeout?: number): Promise<{ readonly answer: WireReader; readonly version: number }> {
    const version = this.version(api)
    if (version === undefined) {
      throw new KafkaError(`${this.name} does not speak ${api.name} ${api.least} to ${api.newest}; Kafka 2.4 and later do`)
    }
    return { answer: await this.#send(api, version, compose, timeout), version }
  }

  /** Sends a request that has no answer (Produce with acks 0). */
  post(api: Api, compose: Compose): void {
    const version = this.version(api)
    if (version === undefined || this.#closed !== undefined) throw this.#closed ?? new KafkaError(`${this.name} does not speak ${api.name}`)
    this.#write(api, version, compose)
  }

  #send(api: Api, version: number, compose: Compose, timeout = this.#settings.requestTimeout): Promise<WireReader> {
    return new Promise((resolve, reject) => {
      if (this.#closed !== undefined) return reject(new KafkaError(this.#closed.message))
      const id = this.#write(api, version, compose)
      this.#pending.push({ id, name: api.name, resolve, reject, deadline: performance.now() + timeout })
      this.#arm()
    })
  }

  /** Returns the correlation id. */
  #write(api: Api, version: number, compose: Compose): number {
    const id = (this.#correlation = (this.#correlation + 1) & 0x7fff_ffff)
    const writer = new WireWriter(512)
    writer.int32(0)
    writer.int16(api.key)
    writer.int16(version)
    writer.int32(id)
    writer.string(this.#settings.clientId)
    const pieces = compose(writer, version) ?? [writer.view()]
    let length = -4
    for (const piece of pieces) length += piece.length
    pieces[0]!.writeInt32BE(length, 0)
    this.#socket.cork()
    for (const piece of pieces) this.#socket.write(piece)
    this.#socket.uncork()
    return id
  }

  /** One timer, for the request that must be answered first. */
  #arm(): void {
    if (this.#timer !== undefined || this.#pending.length === 0) return
    const now = performance.now()
    let first = Infinity
    for (const { deadline } of this.#pending) first = Math.min(first, deadline)
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      const late = this.#pending.find(({ deadline }) => deadline <= performance.now())
      if (late === undefined) return this.#arm()
      this.#fail(`${this.name} did not answer ${late.name} in time`)
    }, Math.max(1, Math.ceil(first - now)))
  }

  #receive(chunk: Buffer): void {
    let at = 0
    while (at < chunk.length && this.#closed === undefined) {
      if (this.#answer === undefined) {
        while (this.#prefixLength < 4 && at < chunk.length) this.#prefix[this.#prefixLength++] = chunk[at++]!
        if (this.#prefixLength < 4) return
        const length = this.#prefix.readInt32BE()
        if (length < 4 || length > LONGEST_ANSWER) return this.#fail(`${this.name} does not speak Kafka${this.#notKafka()}`)
        this.#prefixLength = 0
        if (chunk.length - at >= length) {
          this.#complete(chunk.subarray(at, at + length))
          at += length
          continue
        }
        this.#answer = Buffer.allocUnsafeSlow(length)
        this.#answerLength = 0
      }
      const taken = chunk.copy(this.#answer, this.#answerLength, at)
      this.#answerLength += taken
      at += taken
      if (this.#answerLength < this.#answer.length) return
      const answer = this.#answer
      this.#answer = undefined
      this.#complete(answer)
    }
  }

  #notKafka(): string {
    const text = this.#prefix.toString('latin1')
    if (text === 'HTTP') return ', but HTTP'
    if (this.#prefix[0] === 0x15 && this.#prefix[1] === 3) return ', but TLS: set rdkafka.security.protocol to ssl or sasl_ssl'
    return ''
  }

  #complete(answer: Buffer): void {
    const pending = this.#pending.shift()
    if (pending === undefined || answer.readInt32BE() !== pending.id) {
      if (pending !== undefined) this.#pending.unshift(pending)
      return this.#fail(`${this.name} answered what was not asked`)
    }
    if (this.#pending.length === 0) {
      clearTimeout(this.#timer)
      this.#timer = undefined
    }
    pending.resolve(new WireReader(answer, 4))
    if (this.#retired && this.#pending.length === 0) this.close()
  }

  /** A hint why a broker hangs up on the first request. */
  #hint(): string {
    if (this.#versions.size > 0) return ''
    return this.#settings.tls === undefined
      ? ' at once: it may want TLS (rdkafka.security.protocol ssl or sasl_ssl)'
      : ' at once: it may want no TLS, or a certificate of ours'
  }

  #fail(reason: string): void {
    if (this.#closed !== undefined) return
    this.#closed = new KafkaError(reason)
    clearTimeout(this.#timer)
    this.#socket.destroy()
    for (const { reject } of this.#pending.splice(0)) reject(new KafkaError(reason, { unsure: true }))
    this.onClose?.()
  }

  /** Closes once what is under way is answered. */
  retire(): void {
    this.#retired = true
    if (this.#pending.length === 0) this.close()
  }

  /** Takes no more requests; those under way fail. */
  close(): void {
    this.#fail(`the connection to ${this.name} was closed`)
  }
}

/** Runs a reader over an answer; what cannot be read is an error of the broker, not of ours. */
export function read<T>(answer: WireReader, reader: (answer: WireReader) => T): T {
  try {
    return reader(answer)
  } catch (error) {
    if (error instanceof WireError) throw new KafkaError(`the broker's answer makes no sense: ${error.message}`, { unsure: true })
    throw error
  }
}

/** Where and how to connect, for node:net. */
export function placeOf(host: string, port: number, { family, lookup, localAddress }: ConnectionSettings): net.TcpNetConnectOpts {
  return {
    host, port,
    ...(family === undefined ? {} : { family }),
    ...(lookup === undefined ? {} : { lookup }),
    ...(localAddress === undefined ? {} : { localAddress })
  }
}

function connect(host: string, port: number, settings: ConnectionSettings): Promise<net.Socket> {
  const { connectTimeout } = settings
  const where = placeOf(host, port, settings)
  return new Promise((resolve, reject) => {
    const secure = settings.tls !== undefined
    const socket = secure
      ? tls.connect({ ...where, ...(net.isIP(host) === 0 ? { servername: host } : {}), ...settings.tls })
      : net.connect(where)
    const failed = (reason: string): void => {
      clearTimeout(timer)
      socket.removeAllListeners()
      socket.on('error', () => {})
      socket.destroy()
      reject(new KafkaError(`cannot connect to ${host}:${port}: ${reason}`))
    }
    const timer = setTimeout(() => failed(`no connection within ${connectTimeout / 1000} s`), connectTimeout)
    socket.once('error', (error: Error & { code?: string; errors?: Error[] }) => {
      failed(error.message || error.errors?.[0]?.message || error.code || error.name)
    })
    socket.once('close', () => failed('the connection was closed'))
    socket.once(secure ? 'secureConnect' : 'connect', () => {
      clearTimeout(timer)
      socket.removeAllListeners('error').removeAllListeners('close')
      resolve(socket)
    })
  })
}
