/** Posts records to any HTTP server. */
import type { OutgoingHttpHeaders } from 'node:http'
import type { OptionsOf } from '../config/fields.ts'
import type { Accessor } from '../event/accessor.ts'
import type { Batch } from '../event/batch.ts'
import { Record } from '../event/record.ts'
import type { ByteWriter } from '../lib/byte-writer.ts'
import { PluginError } from '../plugin/context.ts'
import { REFUSED, RETRY, UNSURE, defineOutput, delivered, type Output, type OutputContext, type Verdict } from '../plugin/output.ts'
import { Gelf } from './shared/gelf.ts'
import { httpOptions } from './http/options.ts'
import { optionAccessor } from './shared/accessors.ts'
import { AwsAuth } from './shared/aws/auth.ts'
import type { Endpoint } from './shared/network.ts'
import { fixedAuthorization } from './shared/authorization.ts'
import { DatedJson } from './shared/dated-json.ts'
import { writeMsgpackRecord } from './shared/msgpack.ts'
import { OAuth2 } from './shared/oauth2.ts'
import { Sender } from './shared/sender.ts'
import { again, describeAnswer, verdictOfStatus, type Answer } from './shared/status.ts'
import { WriterPool } from './shared/writer-pool.ts'

type Options = OptionsOf<typeof httpOptions>

const CONCURRENCY = 4

export const http = defineOutput({
  name: 'http',
  summary: 'Post records to an HTTP server.',
  description:
    '2xx: delivered. 401, 407, 408, 429 and 5xx: again, not before Retry-After. 413: the batch is halved. Other 4xx: dead '
    + 'letters. With header_tag there is one request per tag, with body_key or headers_key one per record.',
  options: httpOptions,
  network: { port: 80 },
  examples: [
    {
      title: 'JSON lines, compressed',
      config: "name: http\nmatch: '*'\nhost: collector\nport: 8080\nuri: /logs\nformat: json_lines\ncompress: gzip\nheader: X-Source node"
    },
    {
      title: 'With a token of OAuth2',
      config: "name: http\nmatch: '*'\nhost: collector\nport: 443\ntls: on\noauth2.enable: on\n"
        + 'oauth2.token_url: https://login.example.com/token\noauth2.client_id: fantail\noauth2.client_secret: secret'
    }
  ],
  limits: (options) => ({
    maxBytes: 1024 * 1024, maxRecords: 10_000, concurrency: CONCURRENCY, ordered: true, gather: options.compress !== undefined
  }),
  create: (options, context) => new HttpOutput(options, context)
})

/** What goes into one request: these records, with these header fields beside the usual ones. */
interface Group {
  readonly records: readonly number[]
  readonly headers: OutgoingHttpHeaders
}

class HttpOutput implements Output {
  readonly #options: Options
  readonly #context: OutputContext
  readonly #sender: Sender
  readonly #headers: OutgoingHttpHeaders
  readonly #json: DatedJson
  readonly #gelf: Gelf
  readonly #record: Record
  readonly #bodyKey: Accessor | undefined
  readonly #headersKey: Accessor | undefined
  readonly #writers = new WriterPool(CONCURRENCY)

  constructor(options: Options, context: OutputContext) {
    const { network, pool } = context
    const endpoint = { secure: network.tls['enabled'] === true, host: network.host ?? '127.0.0.1', port: network.port ?? 80 }
    this.#options = options
    this.#context = context
    this.#sender = new Sender({
      network,
      endpoint,
      proxy: options.proxy,
      authorization: options['oauth2.enable']
        ? new OAuth2(options, network)
        : fixedAuthorization({ user: options.http_user, password: options.http_passwd, token: options.bearer_token }),
      compression: options.compress,
      aws: readAws(options, endpoint),
      timeout: options['http.response_timeout'],
      idleTimeout: options['http.read_idle_timeout']
    })
    this.#headers = fixedHeaders(options)
    this.#json = new DatedJson(options, pool)
    this.#gelf = new Gelf(options, pool)
    this.#record = new Record(pool)
    this.#bodyKey = optionAccessor(options.body_key, pool, 'body_key')
    this.#headersKey = optionAccessor(options.headers_key, pool, 'headers_key')
  }

  async write(batch: Batch, signal: AbortSignal): Promise<Verdict> {
    const groups = this.#group(batch)
    if (groups === undefined) return await this.#post(batch, undefined, signal)
    const outcomes = new Uint8Array(batch.count)
    const reasons = new Map<number, string>()
    let again: Verdict | undefined
    for (const group of groups) {
      // what follows keeps its place behind what is to be tried again
      const verdict: Verdict = again ?? await this.#post(batch, group, signal)
      if (groups.length === 1) return verdict
      if (verdict.kind === 'delivered') continue
      const mayBeThere = again === undefined && verdict.kind === 'retry' && verdict.unsure === true
      if (verdict.kind === 'retry') again = verdict
      group.records.forEach((i, n) => {
        outcomes[i] = verdict.kind === 'partial' ? verdict.outcomes[n]! : verdict.kind === 'refused' ? REFUSED : mayBeThere ? UNSURE : RETRY
        const reason = verdict.kind === 'partial' ? verdict.reasons.get(n) : verdict.reason
        if (reason !== undefined) reasons.set(i, reason)
      })
    }
    if (reasons.size === 0) return delivered
    const { after, throttled } = again?.kind === 'retry' ? again : {}
    return { kind: 'partial', outcomes, reasons, ...(after === undefined ? {} : { after }), ...(throttled === undefined ? {} : { throttled }) }
  }

  /** Undefined when all records go into one request. */
  #group(batch: Batch): Group[] | undefined {
    const { header_tag } = this.#options
    if (this.#bodyKey !== undefined || this.#headersKey !== undefined) {
      return Array.from({ length: batch.count }, (_, i) => ({ records: [i], headers: this.#recordHeaders(batch, i) }))
    }
    if (header_tag === undefined) return undefined
    const groups = new Map<string, { records: number[]; headers: OutgoingHttpHeaders }>()
    for (let i = 0; i < batch.count; i++) {
      const tag = batch.tag(i)
      const group = groups.get(tag)
      if (group === undefined) groups.set(tag, { records: [i], headers: { [header_tag]: headerText(tag) } })
      else group.records.push(i)
    }
    return [...groups.values()]
  }

  #recordHeaders(batch: Batch, index: number): OutgoingHttpHeaders {
    const { header_tag } = this.#options
    const headers: OutgoingHttpHeaders = header_tag === undefined ? {} : { [header_tag]: headerText(batch.tag(index)) }
    if (this.#headersKey === undefined) return headers
    batch.open(index, this.#record)
    const value = this.#headersKey.locate(this.#record) ? this.#headersKey.value() : undefined
    if (typeof value !== 'object' || value === null) return headers
    for (const [name, text] of Object.entries(value)) {
      if (/^[\w!#$%&'*+.^`|~-]+$/.test(name)) headers[name] = headerText(typeof text === 'string' ? text : JSON.stringify(text))
    }
    return headers
  }

  /** Sends one request. The outcomes of a partial verdict are in the order of the group's records. */
  async #post(batch: Batch, group: Group | undefined, signal: AbortSignal): Promise<Verdict> {
    const { uri, http_method } = this.#options
    const writer = this.#writers.take()
    const refused = this.#fill(batch, group, writer)
    const count = group?.records.length ?? batch.count
    if (refused.size === count) return refusal(refused, count)
    const { answer, verdict } = await this.#sender.send({
      method: http_method,
      path: uri.startsWith('/') ? uri : '/' + uri,
      headers: group === undefined ? this.#headers : { ...this.#headers, ...group.headers },
      body: writer.view(),
      records: count
    }, signal)
    if (answer === undefined) return verdict
    if (answer.finished) this.#writers.give(writer)
    const said = this.#verdictOf(answer)
    return said.kind === 'delivered' && refused.size > 0 ? refusal(refused, count) : said
  }

  /** Credentials that are not accepted are no fault of the records: they wait until somebody mends it. */
  #verdictOf(answer: Answer): Verdict {
    const refused = answer.status === 401 || answer.status === 407 || (answer.status === 403 && this.#options.aws_auth)
    if (!refused) return verdictOfStatus(answer)
    this.#context.log.error(`The server does not accept the credentials: ${describeAnswer(answer)}. Records wait until it does.`)
    return again(answer)
  }

  /** Writes the body; returns the records that cannot be in it, by their place in the group, with the reason. */
  #fill(batch: Batch, group: Group | undefined, to: ByteWriter): Map<number, string> {
    const { format } = this.#options
    const refused = new Map<number, string>()
    const count = group?.records.length ?? batch.count
    if (this.#bodyKey !== undefined) {
      batch.open(group!.records[0]!, this.#record)
      if (this.#bodyKey.locate(this.#record)) to.text(this.#bodyKey.text())
      else refused.set(0, `the record has nothing under ${this.#bodyKey.source}`)
    } else if (format === 'msgpack' || format === 'gelf') {
      for (let n = 0; n < count; n++) {
        const index = group === undefined ? n : group.records[n]!
        if (format === 'msgpack') writeMsgpackRecord(batch, index, to)
        else {
          const reason = this.#gelf.write(batch, index, to)
          if (reason !== undefined) refused.set(n, reason)
        }
      }
    } else this.#json.writeAll(group === undefined || count === batch.count ? batch : batch.select(group.records), format, to)
    return refused
  }

  close(): Promise<void> {
    this.#sender.close()
    return Promise.resolve()
  }
}

function readAws(options: Options, endpoint: Endpoint): AwsAuth | undefined {
  if (!options.aws_auth) return undefined
  if (options.aws_service === undefined) throw new PluginError('aws_auth needs the service to sign for', 'aws_service')
  return new AwsAuth(options, options.aws_service, endpoint)
}

function refusal(refused: ReadonlyMap<number, string>, count: number): Verdict {
  const outcomes = new Uint8Array(count)
  for (const n of refused.keys()) outcomes[n] = REFUSED
  return { kind: 'partial', outcomes, reasons: refused }
}

/** A value that may stand in a header field. */
function headerText(text: string): string {
  return text.replace(/[^\t\x20-\x7e]/g, '?')
}

function fixedHeaders(options: Options): OutgoingHttpHeaders {
  const fields = new Map<string, [name: string, values: string[]]>()
  const set = (name: string, value: string): void => { fields.set(name.toLowerCase(), [name, [value]]) }
  set('Content-Type', options.format === 'msgpack' ? 'application/msgpack' : 'application/json')
  const given = new Set<string>()
  for (const [name = '', value = ''] of options.header) {
    const key = name.toLowerCase()
    const known = fields.get(key)
    if (known !== undefined && given.has(key) && options.allow_duplicated_headers) known[1].push(value)
    else set(name, value)
    given.add(key)
  }
  return Object.fromEntries([...fields.values()].map(([name, values]) => [name, values.length === 1 ? values[0]! : values]))
}
