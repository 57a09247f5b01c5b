/** The output behind es and opensearch: one `_bulk` request per batch, a verdict per record. */
import type { Agent, OutgoingHttpHeaders } from 'node:http'
import type { Batch } from '../../event/batch.ts'
import { PluginError } from '../../plugin/context.ts'
import { DELIVERED, REFUSED, type Output, type OutputContext, type Verdict } from '../../plugin/output.ts'
import { AwsAuth, queryText } from '../shared/aws/auth.ts'
import { BufferPool } from '../shared/buffer-pool.ts'
import { Caution } from '../shared/caution.ts'
import { compressBody } from '../shared/compress.ts'
import { createAgent, type Endpoint } from '../shared/network.ts'
import { RequestError, send } from '../shared/request.ts'
import type { Answer } from '../shared/status.ts'
import { readBulkAnswer } from './bulk-answer.ts'
import { BulkBody, type BulkRequest } from './bulk-body.ts'
import type { BulkClient } from './client.ts'
import type { ElasticsearchOptions } from './options.ts'
import { readSettings } from './settings.ts'

/** The fields of an answer that say what became of each record: the rest of it costs more than sending. */
const FILTER_PATH = 'errors,items.*.status,items.*.error'
/** How long an answer may take when net.io_timeout does not say. */
const ANSWER_TIMEOUT = 60_000
/** As much of a request as trace_output shows. */
const TRACED = 16_384
/** Most bytes of an answer that are read. */
const LONGEST_ANSWER = 64 * 1024 * 1024
const BULK_HEADERS = { accept: 'application/json', 'content-type': 'application/x-ndjson' } as const

/** Bounds of a request: large enough that its own cost vanishes, small enough to be held four times. */
export const BULK_LIMITS = { maxBytes: 1024 * 1024, maxRecords: 10_000, concurrency: 4, ordered: false, gather: false } as const

export class ElasticsearchOutput implements Output {
  readonly #options: ElasticsearchOptions
  readonly #context: OutputContext
  readonly #buffers = new BufferPool(BULK_LIMITS.concurrency)
  readonly #bulk: BulkBody
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

  constructor(options: ElasticsearchOptions, context: OutputContext) {
    if (options.upstream !== undefined) throw new PluginError('upstream files are not supported yet; name one host', 'upstream')
    this.#options = options
    this.#context = context
    this.#bulk = new BulkBody(readSettings(options, context.pool), context.pool, this.#buffers)
    const endpoint = readEndpoint(options, context)
    this.#endpoint = endpoint
    this.#agent = createAgent(context.network, endpoint)
    this.#aws = options.aws_auth ? new AwsAuth(options, options.aws_service_name, endpoint) : undefined
    const timeout = context.network.net['io_timeout']
    this.#timeout = typeof timeout === 'number' && timeout > 0 ? timeout : ANSWER_TIMEOUT
    const host = endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host
    this.#url = new URL(`${endpoint.secure ? 'https' : 'http'}://${host}:${endpoint.port}`)
    this.#path = `/${options.path.replace(/^\/+|\/+$/g, '')}/_bulk`.replace('//', '/')
    this.#query = { filter_path: FILTER_PATH, ...(options.pipeline === undefined ? {} : { pipeline: options.pipeline }) }
    this.#target = `${this.#path}?${queryText(this.#query)}`
    this.#headers = authorization(options)
  }

  async open(): Promise<void> {
    if (this.#aws !== undefined) return
    const { BulkClient } = await import('./client.ts')
    const headers = { ...BULK_HEADERS, ...this.#headers }
    this.#client = new BulkClient({ url: this.#url, agent: this.#agent, headers, timeout: this.#timeout, longestAnswer: LONGEST_ANSWER })
  }

  async write(batch: Batch, signal: AbortSignal): Promise<Verdict> {
    if (this.#client === undefined && this.#aws === undefined) await this.open()
    const request = this.#bulk.build(batch, Math.floor(Date.now() / 1000))
    const count = batch.count - request.refused.size
    if (count === 0) {
      this.#buffers.give(request.body)
      return overall(batch.count, request, { kind: 'delivered' })
    }
    if (this.#options.trace_output) this.#context.log.info(request.body.toString('utf8', 0, Math.min(request.length, TRACED)))
    const whole = request.body.subarray(0, request.length)
    const body = this.#options.compress === 'gzip' ? await compressBody(whole, 'gzip') : whole
    let headers: OutgoingHttpHeaders
    try {
      headers = await this.#signed(body)
    } catch (error) {
      return { kind: 'retry', reason: (error as Error).message }
    }
    let answer: Answer
    try {
      answer = await this.#send(body, headers, signal)
    } catch (error) {
      return this.#caution.failed(error, count, body.length, error instanceof RequestError ? error.asked : 'no')
    }
    // only now is the request known to have left: a failed one may still be read by its socket
    this.#buffers.give(request.body)
    const { verdict, failures, alarm } = readBulkAnswer(answer, count)
    if (alarm !== undefined) this.#context.log.error(`The server does not accept requests: ${alarm}. They wait until it does.`)
    if (failures && this.#options.trace_error) this.#context.log.info(answer.body)
    return overall(batch.count, request, verdict)
  }

  /** What a request of its own has beside the usual fields. */
  async #signed(body: Buffer): Promise<OutgoingHttpHeaders> {
    const headers = this.#options.compress === 'gzip' ? { 'content-encoding': 'gzip' } : {}
    return this.#aws === undefined ? headers : await this.#aws.sign('POST', this.#target, headers, body)
  }

  async #send(body: Buffer, headers: OutgoingHttpHeaders, signal: AbortSignal): Promise<Answer> {
    const asks = this.#caution.asks(body.length)
    if (!asks && this.#aws === undefined) return await this.#client!.post(this.#path, this.#query, body, signal, headers as { [name: string]: string })
    // the client can neither ask before it sends nor sign
    const answer = await send(this.#agent, this.#endpoint, {
      method: 'POST',
      path: this.#target,
      headers: { ...BULK_HEADERS, ...this.#headers, ...headers },
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

/** Adds the records that could not be sent to the verdict of those that were. */
function overall(count: number, { sent, refused }: BulkRequest, verdict: Verdict): Verdict {
  if (sent === undefined) return verdict
  if (verdict.kind === 'delivered') {
    const outcomes = new Uint8Array(count).fill(DELIVERED)
    for (const i of refused.keys()) outcomes[i] = REFUSED
    return { kind: 'partial', outcomes, reasons: refused }
  }
  // as a whole: those that cannot be sent will be found again next time
  if (verdict.kind !== 'partial') return verdict
  const outcomes = new Uint8Array(count)
  const reasons = new Map(refused)
  for (const i of refused.keys()) outcomes[i] = REFUSED
  sent.forEach((i, item) => {
    outcomes[i] = verdict.outcomes[item]!
    const reason = verdict.reasons.get(item)
    if (reason !== undefined) reasons.set(i, reason)
  })
  return { ...verdict, outcomes, reasons }
}

function readEndpoint(options: ElasticsearchOptions, { network }: OutputContext): Endpoint {
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
  const basic = options.cloud_auth ?? (options.http_user === undefined ? undefined : `${options.http_user}:${options.http_passwd}`)
  return basic === undefined ? {} : { authorization: `Basic ${Buffer.from(basic).toString('base64')}` }
}
