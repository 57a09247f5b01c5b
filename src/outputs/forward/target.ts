/** One node that speaks the forward protocol: its connections, and one exchange after the other on each. */
import type { Batch } from '../../event/batch.ts'
import type { Pool } from '../../event/pool.ts'
import { DELIVERED, UNSURE, delivered, type NetworkOptions, type Verdict } from '../../plugin/output.ts'
import { connect } from '../shared/connect.ts'
import { LateError } from '../shared/request.ts'
import { WriterPool } from '../shared/writer-pool.ts'
import { Connection } from './connection.ts'
import { secretsOf, shakeHands, type Secrets } from './handshake.ts'
import { Messages, type Message } from './messages.ts'
import type { ForwardOptions } from './options.ts'

/** Milliseconds for an answer when net.io_timeout does not say. */
const ANSWER_TIMEOUT = 60_000
const PORT = 24_224

export interface Exchanged {
  readonly verdict: Verdict
  /** The node could not be reached at all, or not be talked to: nothing was sent. */
  readonly unreached: boolean
}

export class Target {
  readonly name: string
  readonly #o: ForwardOptions
  readonly #network: NetworkOptions
  readonly #secrets: Secrets | undefined
  readonly #messages: Messages
  readonly #writers: WriterPool
  readonly #timeout: number
  readonly #idle: Connection[] = []
  /** Exchanges under way, and those that wait for their turn. */
  #busy = 0
  readonly #turns: (() => void)[] = []

  constructor(options: ForwardOptions, network: NetworkOptions, pool: Pool, name: string, concurrency: number) {
    this.name = name
    this.#o = options
    this.#network = network
    this.#secrets = secretsOf(options)
    this.#messages = new Messages(options, pool)
    this.#writers = new WriterPool(concurrency)
    const silence = network.net['io_timeout']
    this.#timeout = typeof silence === 'number' && silence > 0 ? silence : ANSWER_TIMEOUT
  }

  /** Sends a batch. Never rejects. */
  async send(batch: Batch, signal: AbortSignal): Promise<Exchanged> {
    const most = this.#network.net['max_worker_connections']
    while (typeof most === 'number' && most > 0 && this.#busy >= most) await new Promise<void>((resolve) => { this.#turns.push(resolve) })
    this.#busy++
    try {
      return await this.#exchange(batch, signal)
    } finally {
      this.#busy--
      this.#turns.shift()?.()
    }
  }

  async #exchange(batch: Batch, signal: AbortSignal): Promise<Exchanged> {
    const writer = this.#writers.take()
    const messages = await this.#messages.write(batch, writer)
    let connection: Connection
    try {
      connection = await this.#connection(signal)
    } catch (error) {
      this.#writers.give(writer)
      return { verdict: { kind: 'retry', reason: `${this.name}: ${(error as Error).message}` }, unreached: true }
    }
    const acknowledged = new Set<string>()
    try {
      await limited(connection, this.#timeout, signal, async () => {
        await connection.write(writer.view())
        if (this.#o.require_ack_response) await readAcks(connection, messages, acknowledged)
      })
      this.#writers.give(writer)
      this.#putBack(connection)
      return { verdict: delivered, unreached: false }
    } catch (error) {
      connection.close()
      return { verdict: this.#rest(messages, acknowledged, batch.count, error as Error), unreached: false }
    }
  }

  /** What was acknowledged before the failure is delivered, the rest may be. */
  #rest(messages: readonly Message[], acknowledged: ReadonlySet<string>, count: number, error: Error): Verdict {
    const reason = `${this.name}: ${error.message}`
    if (acknowledged.size === 0) return { kind: 'retry', reason, unsure: true, ...(error instanceof LateError ? { slow: true } : {}) }
    const outcomes = new Uint8Array(count).fill(UNSURE)
    const reasons = new Map<number, string>()
    for (const { chunk, from, to } of messages) {
      if (acknowledged.has(chunk)) outcomes.fill(DELIVERED, from, to)
      else for (let i = from; i < to; i++) reasons.set(i, reason)
    }
    return { kind: 'partial', outcomes, reasons }
  }

  async #connection(signal: AbortSignal): Promise<Connection> {
    for (let known = this.#idle.pop(); known !== undefined; known = this.#idle.pop()) {
      if (!known.usable) continue
      known.work()
      return known
    }
    const { host, port, tls } = this.#network
    const endpoint = { secure: tls['enabled'] === true, host: host ?? '127.0.0.1', port: port ?? PORT }
    const connection = new Connection(await connect(this.#network, endpoint, signal, this.#o.unix_path))
    if (this.#secrets !== undefined) {
      const secrets = this.#secrets
      try {
        await limited(connection, this.#timeout, signal, () => shakeHands(connection, secrets))
      } catch (error) {
        connection.close()
        throw error
      }
    }
    connection.work()
    return connection
  }

  #putBack(connection: Connection): void {
    const { net } = this.#network
    const most = net['keepalive_max_recycle']
    const idle = net['keepalive_idle_timeout']
    if (net['keepalive'] === false || (typeof most === 'number' && most > 0 && connection.uses >= most)) connection.close()
    else {
      connection.rest(typeof idle === 'number' ? idle : 0)
      this.#idle.push(connection)
    }
  }

  close(): void {
    for (const connection of this.#idle.splice(0)) connection.close()
  }
}

/** Reads until every message is acknowledged; servers may do that in any order. */
async function readAcks(connection: Connection, messages: readonly Message[], acknowledged: Set<string>): Promise<void> {
  const open = new Set(messages.map(({ chunk }) => chunk))
  while (open.size > 0) {
    const answer = await connection.read()
    const ack: unknown = answer instanceof Map ? answer.get('ack') : undefined
    if (typeof ack !== 'string' || !open.delete(ack)) throw new Error('the answer is no acknowledgement of what was sent')
    acknowledged.add(ack)
  }
}

/** Ends the connection when the work on it takes too long, or at an abort. */
async function limited(connection: Connection, timeout: number, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  const aborted = (): void => { connection.close(new Error('aborted')) }
  const timer = setTimeout(() => { connection.close(new LateError(`no answer within ${timeout / 1000} s`)) }, timeout)
  signal.addEventListener('abort', aborted, { once: true })
  if (signal.aborted) aborted()
  try {
    await work()
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', aborted)
  }
}
