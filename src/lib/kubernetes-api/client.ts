/**
 * A small client of the Kubernetes API and of kubelets: JSON over connections that are kept. It reads the token again
 * when it gets old or is refused, and the authority's certificates when a server's cannot be verified.
 */
import { readFileSync, readdirSync, statSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import path from 'node:path'
import { ApiFailure, statusText } from './failure.ts'
import { Token, type TokenOptions } from './token.ts'

/** Probes of an idle connection begin after this time; ten seconds later a dead peer is known. */
const KEEP_ALIVE = 30_000
const ANSWER_TIME = 30_000
/** No answer that is read whole is larger; lists are read in parts. */
const MOST_BYTES = 16 * 1024 * 1024

export interface ClientOptions {
  /** Such as https://10.100.0.1:443. */
  readonly url: string
  readonly token: TokenOptions
  /** File, and folder of files, with the certificates of the authorities trusted; the system's when neither is there. */
  readonly caFile: string | undefined
  readonly caPath: string | undefined
  readonly verify: boolean
  readonly verifyHostname: boolean
  /** Name asked for in TLS; the host of `url` when not set. */
  readonly serverName: string | undefined
  readonly userAgent: string
}

export interface RequestOptions {
  readonly body?: unknown
  /** Type of the body; JSON when not given. */
  readonly type?: string
  /** Milliseconds within which the answer must be there whole (`request`), or begin (`open`). */
  readonly timeout?: number
  readonly signal?: AbortSignal
}

export class ApiClient {
  readonly url: string
  readonly #options: ClientOptions
  readonly #token: Token
  #agent: http.Agent | undefined
  /** Requests sent, for the metrics. */
  requests = 0

  constructor(options: ClientOptions) {
    this.url = options.url.replace(/\/+$/, '')
    this.#options = options
    this.#token = new Token(options.token)
  }

  /** The answer to a request, as JSON. Rejects with an ApiFailure. */
  async request<T>(method: string, pathAndQuery: string, options: RequestOptions = {}): Promise<T> {
    const signal = AbortSignal.any([AbortSignal.timeout(options.timeout ?? ANSWER_TIME), ...(options.signal === undefined ? [] : [options.signal])])
    const response = await this.#send(method, pathAndQuery, options, signal)
    const text = await this.#read(response, method, pathAndQuery)
    try {
      return JSON.parse(text) as T
    } catch {
      throw new ApiFailure(`${this.#about(method, pathAndQuery)}: the answer is not JSON.`)
    }
  }

  /** The body of an answer as it comes. Rejects with an ApiFailure; the body's own errors are the reader's. */
  async open(pathAndQuery: string, options: RequestOptions = {}): Promise<http.IncomingMessage> {
    const slow = new AbortController()
    const timer = setTimeout(() => slow.abort(), options.timeout ?? ANSWER_TIME)
    try {
      return await this.#send('GET', pathAndQuery, options, AbortSignal.any([slow.signal, ...(options.signal === undefined ? [] : [options.signal])]))
    } finally {
      clearTimeout(timer)
    }
  }

  close(): void {
    this.#agent?.destroy()
    this.#agent = undefined
  }

  /** An answer of success; a refused token is read anew and tried once more. */
  async #send(method: string, pathAndQuery: string, options: RequestOptions, signal: AbortSignal): Promise<http.IncomingMessage> {
    for (let attempt = 1; ; attempt++) {
      const token = await this.#token.read()
      const response = await this.#exchange(method, pathAndQuery, token, options, signal)
      const status = response.statusCode ?? 0
      if (status >= 200 && status < 300) return response
      const text = await this.#read(response, method, pathAndQuery)
      if (status === 401) {
        this.#token.refused()
        if (attempt === 1 && (await this.#token.read()) !== token) continue
      }
      const wait = Number(response.headers['retry-after'])
      const said = statusText(text)
      throw new ApiFailure(
        `${this.#about(method, pathAndQuery)}: ${status} ${response.statusMessage ?? ''}${said === '' ? '' : `: ${said}`}`,
        status, wait > 0 ? wait * 1000 : undefined
      )
    }
  }

  #exchange(
    method: string, pathAndQuery: string, token: string | undefined, { body, type = 'application/json' }: RequestOptions, signal: AbortSignal
  ): Promise<http.IncomingMessage> {
    const { promise, resolve, reject } = Promise.withResolvers<http.IncomingMessage>()
    const text = body === undefined ? undefined : JSON.stringify(body)
    this.requests++
    const agent = (this.#agent ??= this.#connect())
    const send = this.url.startsWith('https:') ? https.request : http.request
    const request = send(this.url + pathAndQuery, {
      method,
      agent,
      signal,
      headers: {
        accept: 'application/json',
        'user-agent': this.#options.userAgent,
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(text === undefined ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(text) })
      }
    }, resolve)
    request.on('error', (error: NodeJS.ErrnoException) => {
      // the authority's certificates may have been renewed
      if (error.code !== undefined && /CERT|ISSUER|SIGNATURE/.test(error.code)) this.close()
      reject(new ApiFailure(`${this.#about(method, pathAndQuery)}: ${signal.aborted ? 'there was no answer in time' : reasonOf(error)}.`))
    })
    request.end(text)
    return promise
  }

  #connect(): http.Agent {
    const { caFile, caPath, verify, verifyHostname, serverName } = this.#options
    const kept = { keepAlive: true, keepAliveMsecs: KEEP_ALIVE }
    if (!this.url.startsWith('https:')) return new http.Agent(kept)
    const ca = [...(caFile === undefined ? [] : read(caFile)), ...(caPath === undefined ? [] : readFolder(caPath))]
    return new https.Agent({
      ...kept,
      rejectUnauthorized: verify,
      ...(ca.length === 0 ? {} : { ca }),
      ...(serverName === undefined ? {} : { servername: serverName }),
      ...(verifyHostname ? {} : { checkServerIdentity: () => undefined })
    })
  }

  async #read(response: http.IncomingMessage, method: string, pathAndQuery: string): Promise<string> {
    const chunks: Buffer[] = []
    let size = 0
    try {
      for await (const chunk of response as AsyncIterable<Buffer>) {
        size += chunk.length
        if (size > MOST_BYTES) throw new Error(`the answer is larger than ${MOST_BYTES} bytes`)
        chunks.push(chunk)
      }
    } catch (error) {
      throw new ApiFailure(`${this.#about(method, pathAndQuery)}: ${reasonOf(error as Error)}.`)
    }
    return Buffer.concat(chunks).toString()
  }

  #about(method: string, pathAndQuery: string): string {
    return `${method} ${this.url}${pathAndQuery.replace(/\?.*/, '')}`
  }
}

/** What went wrong with a connection, in words. */
export function reasonOf(error: NodeJS.ErrnoException): string {
  if (error.name === 'AbortError') return 'there was no answer in time'
  if (error instanceof AggregateError) return error.errors.map((one) => reasonOf(one as Error)).join(', ')
  return error.message || error.code || 'the connection failed'
}

function read(file: string): Buffer[] {
  try {
    return [readFileSync(file)]
  } catch {
    return []
  }
}

function readFolder(folder: string): Buffer[] {
  try {
    return readdirSync(folder).map((name) => path.join(folder, name)).filter((file) => statSync(file).isFile()).flatMap(read)
  } catch {
    return []
  }
}
