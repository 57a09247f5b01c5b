/** One node of Elasticsearch or OpenSearch: its connections, its credentials, and how a finished body gets there. */
import type { Agent, OutgoingHttpHeaders } from 'node:http'
import { PluginError } from '../../plugin/context.ts'
import type { NetworkOptions, Verdict } from '../../plugin/output.ts'
import { AwsAuth, queryText } from '../shared/aws/auth.ts'
import { basic } from '../shared/authorization.ts'
import { Caution } from '../shared/caution.ts'
import { NOT_CONNECTED, createAgent, type Endpoint } from '../shared/network.ts'
import { RequestError, send } from '../shared/request.ts'
import type { Answer } from '../shared/status.ts'
import type { BulkBody } from './bulk-body.ts'
import type { BulkClient } from './client.ts'
import type { ElasticsearchOptions } from './options.ts'

/** The fields of an answer that say what became of each record: the rest of it costs more than sending. */
const FILTER_PATH = 'errors,items.*.status,items.*.error'
/** How long an answer may take when net.io_timeout does not say. */
const ANSWER_TIMEOUT = 60_000
/** Most bytes of an answer that are read. */
const LONGEST_ANSWER = 64 * 1024 * 1024

/** An answer, or the verdict when there is none; `unreached` when nothing was sent, so that another node may be tried. */
export type Posted =
  | { readonly answer: Answer; readonly verdict?: undefined; readonly unreached?: undefined }
  | { readonly answer?: undefined; readonly verdict: Verdict; readonly unreached: boolean }

export class Node {
  /** Makes the requests of this node. */
  readonly bulk: BulkBody
  readonly compresses: boolean
  readonly #agent: Agent
  readonly #endpoint: Endpoint
  readonly #aws: AwsAuth | undefined
  readonly #caution = new Caution()
  readonly #timeout: number
  readonly #url: URL
  readonly #path: string
  /** Path and query. */
  readonly #target: string
  readonly #query: { readonly [name: string]: string }
  readonly #headers: { readonly [name: string]: string }
  #client: BulkClient | undefined

  constructor(options: ElasticsearchOptions, network: NetworkOptions, bulk: BulkBody) {
    this.bulk = bulk
    this.compresses = options.compress === 'gzip'
    const endpoint = readEndpoint(options, network)
    this.#endpoint = endpoint
    this.#agent = createAgent(network, endpoint)
    this.#aws = options.aws_auth ? new AwsAuth(options, options.aws_service_name, endpoint) : undefined
    const timeout = network.net['io_timeout']
    this.#timeout = typeof timeout === 'number' && timeout > 0 ? timeout : ANSWER_TIMEOUT
    const host = endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host
    this.#url = new URL(`${endpoint.secure ? 'https' : 'http'}://${host}:${endpoint.port}`)
    this.#path = `/${options.path.replace(/^\/+|\/+$/g, '')}/_bulk`.replace('//', '/')
    this.#query = { filter_path: FILTER_PATH, ...(options.pipeline === undefined ? {} : { pipeline: options.pipeline }) }
    this.#target = `${this.#path}?${queryText(this.#query)}`
    this.#headers = {
      accept: 'application/json',
      'content-type': 'application/x-ndjson',
      ...(this.compresses ? { 'content-encoding': 'gzip' } : {}),
      ...authorization(options)
    }
  }

  /** Loads the client; one that signs its requests needs none. */
  async open(): Promise<void> {
    if (this.#aws !== undefined) return
    const { BulkClient } = await import('./client.ts')
    this.#client = new BulkClient({ url: this.#url, agent: this.#agent, headers: this.#headers, timeout: this.#timeout, longestAnswer: LONGEST_ANSWER })
  }

  /** Posts a body of so many records, compressed if it is to be. Never rejects. */
  async post(body: Buffer, records: number, signal: AbortSignal): Promise<Posted> {
    let signed: OutgoingHttpHeaders
    try {
      if (this.#client === undefined) await this.open()
      signed = this.#aws === undefined ? this.#headers : await this.#aws.sign('POST', this.#target, this.#headers, body)
    } catch (error) {
      return { verdict: { kind: 'retry', reason: (error as Error).message }, unreached: true }
    }
    try {
      return { answer: await this.#send(body, signed, signal) }
    } catch (error) {
      const verdict = this.#caution.failed(error, records, body.length, error instanceof RequestError ? error.asked : 'no')
      return { verdict, unreached: error instanceof Error && error.message.startsWith(NOT_CONNECTED) }
    }
  }

  async #send(body: Buffer, headers: OutgoingHttpHeaders, signal: AbortSignal): Promise<Answer> {
    const asks = this.#caution.asks(body.length)
    if (!asks && this.#client !== undefined) return await this.#client.post(this.#path, this.#query, body, signal)
    // the client can neither ask before it sends nor sign
    const answer = await send(this.#agent, this.#endpoint, {
      method: 'POST',
      path: this.#target,
      headers,
      body,
      timeout: this.#timeout,
      idleTimeout: 0,
      asks,
      keep: LONGEST_ANSWER
    }, signal)
    if (answer.status === 401 || answer.status === 403) this.#aws?.refused()
    return answer
  }

  async close(): Promise<void> {
    this.#agent.destroy()
    await this.#client?.close()
  }
}

function readEndpoint(options: ElasticsearchOptions, network: NetworkOptions): Endpoint {
  if (options.cloud_id !== undefined) return readCloudId(options.cloud_id)
  return { secure: network.tls['enabled'] === true, host: network.host ?? '127.0.0.1', port: network.port ?? 9200 }
}

/** `name:` and, in base 64, domain, id of the Elasticsearch cluster and more, parted by `$`. */
function readCloudId(id: string): Endpoint {
  const [domain, cluster] = Buffer.from(id.slice(id.lastIndexOf(':') + 1), 'base64').toString().split('$')
  if (domain === undefined || domain === '' || cluster === undefined || cluster === '') {
    throw new PluginError('a cloud ID is a name, a colon and base 64 of the cluster\'s place', 'cloud_id')
  }
  const [host, port] = domain.split(':')
  return { secure: true, host: `${cluster.split(':')[0]}.${host}`, port: Number(cluster.split(':')[1] ?? port ?? 443) }
}

function authorization(options: ElasticsearchOptions): { [name: string]: string } {
  if (options.http_api_key !== undefined) return { authorization: `ApiKey ${options.http_api_key}` }
  const both = options.cloud_auth ?? (options.http_user === undefined ? undefined : `${options.http_user}:${options.http_passwd}`)
  const [user, ...rest] = both?.split(':') ?? []
  return user === undefined ? {} : { authorization: basic(user, rest.join(':')) }
}
