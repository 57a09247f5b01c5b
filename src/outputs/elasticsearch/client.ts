/**
 * The transport of @elastic/elasticsearch, loaded only when an output needs it. Its request is given a finished body; its
 * product check, retries, sniffing and content types are left out, so that Elasticsearch 7 to 9 and OpenSearch all answer.
 */
import { HttpConnection, Serializer, Transport, WeightedConnectionPool } from '@elastic/elasticsearch'
import type { Agent } from 'node:http'
import type { Answer } from '../shared/status.ts'

export interface ClientOptions {
  readonly url: URL
  readonly agent: Agent
  readonly headers: { readonly [name: string]: string }
  /** Milliseconds of silence after which a request has failed. */
  readonly timeout: number
  /** Most bytes of an answer that are read. */
  readonly longestAnswer: number
}

/** Leaves answers as text: one that says that all is well is not parsed at all. */
class TextSerializer extends Serializer {
  override deserialize<T>(json: string): T {
    return json as T
  }
}

export class BulkClient {
  readonly #transport: Transport
  readonly #pool: WeightedConnectionPool

  constructor({ url, agent, headers, timeout, longestAnswer }: ClientOptions) {
    this.#pool = new WeightedConnectionPool({ Connection: HttpConnection, agent: () => agent })
    this.#pool.addConnection(url.href)
    this.#transport = new Transport({
      connectionPool: this.#pool,
      serializer: new TextSerializer(),
      maxRetries: 0,
      requestTimeout: timeout,
      enableMetaHeader: false,
      maxResponseSize: longestAnswer,
      openTelemetry: { enabled: false },
      // its default copies the whole request into every error, the body byte by byte: seconds of CPU while a server is away
      redaction: { type: 'remove' },
      headers
    })
  }

  /**
   * Posts a body. Resolves with the answer whatever its status; rejects when there is none, with a message that begins
   * with NOT_CONNECTED when nothing was sent.
   */
  async post(path: string, query: { readonly [name: string]: string }, body: Buffer, signal: AbortSignal, headers?: { [name: string]: string }): Promise<Answer> {
    const { statusCode, headers: fields, body: text } = await this.#transport.request<string>(
      { method: 'POST', path, querystring: query, bulkBody: body },
      { meta: true, signal, ignore: STATUSES, ...(headers === undefined ? {} : { headers }) }
    )
    return { status: statusCode, headers: fields, body: typeof text === 'string' ? text : '' }
  }

  async close(): Promise<void> {
    await this.#pool.empty()
  }
}

/** Every status of failure: they are answers here, not errors. */
const STATUSES = Array.from({ length: 200 }, (_, i) => 400 + i)
