/**
 * The client of @aws-sdk/client-cloudwatch-logs, loaded only when an output needs it; retries are the engine's. The body of
 * PutLogEvents is ours, put in its place before it is signed. The layers of the SDK cost more for each request than
 * signing and sending it, so only the first one passes through them: the others take over its endpoint and header fields.
 * An answer that is not plain success is given to the SDK to read.
 */
import {
  CloudWatchLogsClient, CreateLogGroupCommand, CreateLogStreamCommand, PutLogEventsCommand, PutRetentionPolicyCommand,
  type CloudWatchLogsClientConfig, type PutLogEventsCommandOutput
} from '@aws-sdk/client-cloudwatch-logs'
import type { CredentialSource } from '../../lib/aws/credentials.ts'
import type { SdkRequest } from '../../lib/aws/sdk-request.ts'
import { Signer } from '../../lib/aws/sign.ts'
import { version } from '../../lib/version.ts'
import type { SdkHandler, SdkResponse } from '../shared/aws/sdk-handler.ts'
import type { Creation, Settings } from './settings.ts'

export type PutAnswer = Pick<PutLogEventsCommandOutput, 'rejectedLogEventsInfo' | 'rejectedEntityInfo'>

/** A body of PutLogEvents. */
export interface Body {
  readonly bytes: Buffer
  readonly gzip: boolean
}

const EMPTY = Buffer.from('{}')
type Encoding = { readonly 'content-encoding'?: string }
const GZIP: Encoding = { 'content-encoding': 'gzip' }
const NO_ENCODING: Encoding = {}

/** What all requests of PutLogEvents have in common. */
type Form = Pick<SdkRequest, 'protocol' | 'hostname' | 'port' | 'path' | 'headers'>

export class LogsClient {
  readonly #client: CloudWatchLogsClient
  readonly #handler: SdkHandler
  readonly #credentials: CredentialSource
  readonly #headers: { readonly [name: string]: string }
  /** Known from the first request on. */
  #form: Form | undefined
  #signer: Signer | undefined

  constructor({ region, endpoint, fips, userAgent, logFormat }: Settings, credentials: CredentialSource, handler: SdkHandler) {
    const config: CloudWatchLogsClientConfig = {
      ...(region === undefined ? {} : { region }),
      ...(endpoint === undefined ? {} : { endpoint: endpoint.href }),
      ...(fips === undefined ? {} : { useFipsEndpoint: fips }),
      // said to remember by themselves: else the SDK would keep what was refused
      credentials: Object.assign(() => credentials.get(), { memoized: true }),
      customUserAgent: userAgent === undefined ? [['fantail', version()]] : [['fantail', version()], [userAgent]],
      maxAttempts: 1,
      requestHandler: handler
    }
    this.#client = new CloudWatchLogsClient(config)
    this.#handler = handler
    this.#credentials = credentials
    this.#headers = logFormat === undefined ? {} : { 'x-amzn-logs-format': logFormat }
  }

  /** Rejects with the SDK's errors (see failure.ts), and when the answer is not one of the service. */
  async put({ bytes: body, gzip }: Body, signal: AbortSignal): Promise<PutAnswer> {
    const encoding = gzip ? GZIP : NO_ENCODING
    if (this.#form === undefined || this.#signer === undefined) return await this.#putBySdk(body, encoding, signal)
    const { protocol, hostname, port, path } = this.#form
    const headers = { ...this.#form.headers, ...encoding }
    const secure = protocol !== 'http:'
    const now = new Date(Date.now() + this.#client.config.systemClockOffset)
    const signed = await this.#signer.sign({
      method: 'POST', secure, host: hostname.replace(/^\[|\]$/g, ''), port: port ?? (secure ? 443 : 80), path, query: {}, headers, body
    }, now)
    const answer = await this.#handler.handle({ ...this.#form, method: 'POST', headers: signed, body }, { abortSignal: signal })
    return accepted(answer) ?? await this.#putBySdk(EMPTY, NO_ENCODING, signal, answer)
  }

  /** `answer`: what was answered already, and nothing is sent. */
  async #putBySdk(body: Buffer, encoding: Encoding, signal: AbortSignal, answer?: SdkResponse): Promise<PutAnswer> {
    const command = new PutLogEventsCommand({ logGroupName: '', logStreamName: '', logEvents: [] })
    command.middlewareStack.add((next) => async (args) => {
      const request = args.request as { body: unknown; headers: { [name: string]: string } }
      request.body = body
      Object.assign(request.headers, this.#headers, encoding)
      return await next(args)
    }, { step: 'build', priority: 'high', name: 'finishedBody' })
    command.middlewareStack.add((next) => async (args) => {
      const { protocol, hostname, port, path, headers } = args.request as SdkRequest
      const { 'content-length': _, 'content-encoding': __, ...common } = headers
      this.#signer ??= new Signer('logs', await this.#client.config.region(), this.#credentials.get)
      this.#form ??= { protocol, hostname, path, headers: common, ...(port === undefined ? {} : { port }) }
      return await next(args)
    }, { step: 'build', priority: 'low', name: 'form' })
    if (answer !== undefined) {
      command.middlewareStack.add(() => () => Promise.resolve(answer as never), { step: 'deserialize', priority: 'low', name: 'answered' })
    }
    const output = await this.#client.send(command, { abortSignal: signal })
    // a page of a proxy may be an empty object too
    if (output.$metadata.requestId === undefined) throw Object.assign(new Error('the answer is not one of CloudWatch Logs'), { $metadata: output.$metadata })
    return output
  }

  async createGroup(group: string, { groupClass, kmsKeyId, tags }: Creation, signal: AbortSignal): Promise<void> {
    await this.#client.send(new CreateLogGroupCommand({
      logGroupName: group,
      ...(groupClass === undefined ? {} : { logGroupClass: groupClass }),
      ...(kmsKeyId === undefined ? {} : { kmsKeyId }),
      ...(tags === undefined ? {} : { tags })
    }), { abortSignal: signal })
  }

  async createStream(group: string, stream: string, signal: AbortSignal): Promise<void> {
    await this.#client.send(new CreateLogStreamCommand({ logGroupName: group, logStreamName: stream }), { abortSignal: signal })
  }

  async retain(group: string, days: number): Promise<void> {
    await this.#client.send(new PutRetentionPolicyCommand({ logGroupName: group, retentionInDays: days }))
  }

  close(): void {
    this.#client.destroy()
  }
}

/** What a plain success says; undefined for anything else. */
function accepted({ response: { statusCode, headers, body } }: SdkResponse): PutAnswer | undefined {
  if (statusCode !== 200 || headers['x-amzn-requestid'] === undefined) return undefined
  try {
    const answer: unknown = JSON.parse(Buffer.from(body).toString())
    return typeof answer === 'object' && answer !== null ? answer : undefined
  } catch {
    return undefined
  }
}
