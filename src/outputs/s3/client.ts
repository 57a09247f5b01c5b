/** The requests of S3's REST API that the output needs, in the style `https://host/bucket/key`, signed. */
import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import type { Agent } from 'node:http'
import { CredentialSource, type CredentialOptions } from '../../lib/aws/credentials.ts'
import { Signer } from '../../lib/aws/sign.ts'
import type { NetworkOptions } from '../../plugin/output.ts'
import { queryText } from '../shared/aws/auth.ts'
import { createAgent, type Endpoint } from '../shared/network.ts'
import { RequestError, send, type SentAnswer, type StreamedBody } from '../shared/request.ts'
import { describeAnswer, retryAfter } from '../shared/status.ts'
import { escapeKey } from './key.ts'

export interface S3Settings {
  readonly endpoint: Endpoint
  /** In front of the bucket: the path of the endpoint's URL, without a slash at its end. */
  readonly basePath: string
  readonly bucket: string
  readonly region: string
  readonly credentials: CredentialOptions
  readonly contentMd5: boolean
  /** Try once more at once when there was no answer. */
  readonly retryAtOnce: boolean
}

/** A piece of a file. */
export interface Slice {
  readonly path: string
  readonly start: number
  readonly length: number
}

/** Milliseconds of silence after which a request is given up when net.io_timeout does not say. */
const SILENCE = 60_000
const NOTHING = Buffer.alloc(0)
/** Codes that say that the credentials themselves are no good. */
const CREDENTIALS = /^(ExpiredToken|InvalidToken|InvalidAccessKeyId|SignatureDoesNotMatch|TokenRefreshRequired)$/

/** S3 did not do what it was asked for. */
export class S3Error extends Error {
  /** As S3 calls it, or empty. */
  readonly code: string
  /** Milliseconds it wants to be left alone for. */
  readonly after: number | undefined
  readonly throttled: boolean

  constructor(reason: string, code = '', after?: number, throttled = false) {
    super(reason)
    this.code = code
    this.after = after
    this.throttled = throttled
  }
}

interface Request {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE'
  readonly key: string
  readonly query?: { readonly [name: string]: string }
  readonly headers?: { readonly [name: string]: string }
  readonly body?: Buffer | Slice
}

export class S3Client {
  readonly #set: S3Settings
  readonly #agent: Agent
  readonly #silence: number
  readonly #credentials: CredentialSource
  readonly #signer: Signer

  constructor(settings: S3Settings, network: NetworkOptions) {
    this.#set = settings
    this.#agent = createAgent(network, settings.endpoint)
    const silence = network.net['io_timeout']
    this.#silence = typeof silence === 'number' && silence > 0 ? silence : SILENCE
    this.#credentials = new CredentialSource(settings.credentials)
    this.#signer = new Signer('s3', settings.region, this.#credentials.get)
  }

  async put(key: string, body: Slice, headers: { readonly [name: string]: string }, signal: AbortSignal): Promise<void> {
    await this.#succeed({ method: 'PUT', key, headers, body }, signal)
  }

  /** Begins an upload in parts; resolves to its id. */
  async begin(key: string, headers: { readonly [name: string]: string }, signal: AbortSignal): Promise<string> {
    const answer = await this.#succeed({ method: 'POST', key, query: { uploads: '' }, headers }, signal)
    const id = element(answer.body, 'UploadId')
    if (id === undefined || !/<\/InitiateMultipartUploadResult>\s*$/.test(answer.body)) throw torn(answer)
    return id
  }

  /** Uploads part `number` (from 1); resolves to its ETag. The same number again replaces it. */
  async part(key: string, upload: string, number: number, body: Slice, signal: AbortSignal): Promise<string> {
    const answer = await this.#succeed({ method: 'PUT', key, query: { partNumber: String(number), uploadId: upload }, body }, signal)
    const { etag } = answer.headers
    if (typeof etag !== 'string' || etag === '') throw torn(answer)
    return etag
  }

  /** Makes the object of its parts. S3 may answer 200 and say then that it failed. */
  async complete(key: string, upload: string, etags: readonly string[], signal: AbortSignal): Promise<void> {
    const parts = etags.map((etag, i) => `<Part><PartNumber>${i + 1}</PartNumber><ETag>${escapeXml(etag)}</ETag></Part>`).join('')
    const body = Buffer.from(`<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${parts}</CompleteMultipartUpload>`)
    const answer = await this.#succeed({ method: 'POST', key, query: { uploadId: upload }, headers: { 'content-type': 'application/xml' }, body }, signal)
    if (/<Error>/.test(answer.body)) throw failed(answer)
    if (!/<\/CompleteMultipartUploadResult>\s*$/.test(answer.body)) throw torn(answer)
  }

  /** Lets go of an upload in parts. */
  async abort(key: string, upload: string, signal: AbortSignal): Promise<void> {
    await this.#succeed({ method: 'DELETE', key, query: { uploadId: upload } }, signal)
  }

  /** Size and ETag of an object, or undefined when it is not there or may not be looked at. */
  async find(key: string, signal: AbortSignal): Promise<{ readonly size: number; readonly etag: string } | undefined> {
    const answer = await this.#send({ method: 'HEAD', key }, signal)
    if (answer.status === 404 || answer.status === 403) return undefined
    if (answer.status !== 200) throw failed(answer)
    return { size: Number(answer.headers['content-length']), etag: String(answer.headers['etag']) }
  }

  async #succeed(request: Request, signal: AbortSignal): Promise<SentAnswer> {
    const answer = await this.#send(request, signal)
    if (answer.status >= 200 && answer.status < 300) return answer
    const error = failed(answer)
    if (CREDENTIALS.test(error.code)) this.#credentials.forget()
    throw error
  }

  async #send(request: Request, signal: AbortSignal): Promise<SentAnswer> {
    try {
      return await this.#sendOnce(request, signal)
    } catch (error) {
      if (!this.#set.retryAtOnce || !(error instanceof RequestError) || signal.aborted) throw error
      return await this.#sendOnce(request, signal)
    }
  }

  async #sendOnce({ method, key, query = {}, headers = {}, body = NOTHING }: Request, signal: AbortSignal): Promise<SentAnswer> {
    const { endpoint, basePath, bucket, contentMd5 } = this.#set
    const path = `${basePath}/${escapeKey(bucket)}/${escapeKey(key)}`
    const hashes = await hashesOf(body, contentMd5 && !Buffer.isBuffer(body))
    const signed = await this.#signer.sign({
      method, secure: endpoint.secure, host: endpoint.host, port: endpoint.port, path, query, body: '',
      headers: { ...headers, 'x-amz-content-sha256': hashes.sha256, ...(hashes.md5 === undefined ? {} : { 'content-md5': hashes.md5 }) }
    })
    const search = queryText(query)
    return await send(this.#agent, endpoint, {
      method, path: search === '' ? path : `${path}?${search}`, headers: signed, body: Buffer.isBuffer(body) ? body : streamed(body),
      timeout: 0, idleTimeout: this.#silence
    }, signal)
  }

  close(): void {
    this.#agent.destroy()
  }
}

/** Hashes are part of what is signed, so a body is read twice: S3 stores nothing that changed on the way. */
async function hashesOf(body: Buffer | Slice, withMd5: boolean): Promise<{ readonly sha256: string; readonly md5?: string }> {
  const sha256 = createHash('sha256')
  const md5 = withMd5 ? createHash('md5') : undefined
  const update = (hash: Hash | undefined, bytes: Buffer): void => { hash?.update(bytes) }
  for await (const bytes of Buffer.isBuffer(body) ? [body] : streamed(body).open()) {
    update(sha256, bytes as Buffer)
    update(md5, bytes as Buffer)
  }
  return { sha256: sha256.digest('hex'), ...(md5 === undefined ? {} : { md5: md5.digest('base64') }) }
}

function streamed({ path, start, length }: Slice): StreamedBody {
  return { length, open: () => createReadStream(path, { start, end: start + length - 1 }) }
}

function failed(answer: SentAnswer): S3Error {
  const code = element(answer.body, 'Code') ?? ''
  const message = element(answer.body, 'Message')
  const reason = code === '' ? describeAnswer(answer) : `HTTP ${answer.status}: ${code}: ${message ?? ''}`
  return new S3Error(reason, code, retryAfter(answer.headers['retry-after']), answer.status === 503 || answer.status === 429 || code === 'SlowDown')
}

function torn(answer: SentAnswer): S3Error {
  return new S3Error(`the answer is not one of S3: ${describeAnswer(answer)}`)
}

/** Text of the first element of this name. */
function element(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1]
    ?.replaceAll('&quot;', '"').replaceAll('&#34;', '"').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
