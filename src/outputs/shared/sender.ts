/** Requests of an output to one HTTP server: connections, compression, authorization, and what a failure means. */
import type { Agent, OutgoingHttpHeaders } from 'node:http'
import type { NetworkOptions, Verdict } from '../../plugin/output.ts'
import type { Authorization } from './authorization.ts'
import type { AwsAuth } from './aws/auth.ts'
import { Caution } from './caution.ts'
import { compressBody, type Compression } from './compress.ts'
import { createAgent, type Endpoint } from './network.ts'
import { RequestError, send, type SentAnswer } from './request.ts'

export interface SenderOptions {
  readonly network: NetworkOptions
  readonly endpoint: Endpoint
  /** URL of an HTTP proxy; the environment's when not set. */
  readonly proxy?: string | undefined
  readonly authorization: Authorization
  readonly compression: Compression | undefined
  /** Signs each request for AWS, instead of an authorization. */
  readonly aws?: AwsAuth | undefined
  /** Milliseconds until the answer must be complete; 0 for no limit. */
  readonly timeout: number
  /** Milliseconds of silence; 0 for `net.io_timeout`. */
  readonly idleTimeout?: number
}

export interface Posting {
  readonly method: string
  /** Path and query. */
  readonly path: string
  readonly headers: OutgoingHttpHeaders
  readonly body: Buffer
  /** How many records are in it. */
  readonly records: number
}

/** An answer, or the verdict when there is none. */
export type Sent =
  | { readonly answer: SentAnswer; readonly verdict?: undefined }
  | { readonly answer?: undefined; readonly verdict: Verdict }

export class Sender {
  readonly #o: SenderOptions
  readonly #agent: Agent
  readonly #idleTimeout: number
  readonly #caution = new Caution()

  constructor(options: SenderOptions) {
    this.#o = options
    this.#agent = createAgent(options.network, options.endpoint, options.proxy)
    const silence = options.network.net['io_timeout']
    this.#idleTimeout = options.idleTimeout || (typeof silence === 'number' ? silence : 0)
  }

  /** Never rejects. With an answer that is `finished` the body's memory is free again. */
  async send({ method, path, headers, body, records }: Posting, signal: AbortSignal): Promise<Sent> {
    const { authorization, compression, endpoint, timeout, aws } = this.#o
    let value: string | undefined
    try {
      value = await authorization.header(signal)
    } catch (error) {
      return { verdict: { kind: 'retry', reason: (error as Error).message } }
    }
    const small = compression === undefined ? body : await compressBody(body, compression)
    const asks = this.#caution.asks(small.length)
    const fields: OutgoingHttpHeaders = {
      ...(value === undefined ? {} : { Authorization: value }),
      ...(compression === undefined ? {} : { 'Content-Encoding': compression }),
      ...headers
    }
    let all: OutgoingHttpHeaders
    try {
      all = aws === undefined ? fields : await aws.sign(method, path, fields, small)
    } catch (error) {
      return { verdict: { kind: 'retry', reason: (error as Error).message } }
    }
    try {
      const answer = await send(this.#agent, endpoint, { method, path, headers: all, body: small, timeout, idleTimeout: this.#idleTimeout, asks }, signal)
      if (answer.status === 401) authorization.refused?.()
      if (answer.status === 401 || answer.status === 403) aws?.refused()
      return { answer: small === body ? answer : { ...answer, finished: true } }
    } catch (error) {
      return { verdict: this.#caution.failed(error, records, small.length, error instanceof RequestError ? error.asked : 'no') }
    }
  }

  close(): void {
    this.#agent.destroy()
    this.#o.authorization.close?.()
  }
}
