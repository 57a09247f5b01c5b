/**
 * The client of @aws-sdk/client-cloudwatch-logs, loaded only when an output needs it. It finds endpoints, signs and reads
 * answers; the body of PutLogEvents is ours, put in its place before it is signed, and retries are the engine's.
 */
import {
  CloudWatchLogsClient, CreateLogGroupCommand, CreateLogStreamCommand, PutLogEventsCommand, PutRetentionPolicyCommand,
  type CloudWatchLogsClientConfig, type PutLogEventsCommandOutput
} from '@aws-sdk/client-cloudwatch-logs'
import type { CredentialSource } from '../../lib/aws/credentials.ts'
import { version } from '../../lib/version.ts'
import type { SdkHandler } from '../shared/aws/sdk-handler.ts'
import type { Creation, Settings } from './settings.ts'

export type PutAnswer = Pick<PutLogEventsCommandOutput, 'rejectedLogEventsInfo' | 'rejectedEntityInfo'>

export class LogsClient {
  readonly #client: CloudWatchLogsClient
  readonly #headers: { readonly [name: string]: string }

  constructor({ region, endpoint, fips, userAgent, logFormat, gzip }: Settings, credentials: CredentialSource, handler: SdkHandler) {
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
    this.#headers = {
      ...(logFormat === undefined ? {} : { 'x-amzn-logs-format': logFormat }),
      ...(gzip ? { 'content-encoding': 'gzip' } : {})
    }
  }

  /** Rejects with the SDK's errors (see failure.ts), and when the answer is not one of the service. */
  async put(body: Buffer, signal: AbortSignal): Promise<PutAnswer> {
    const command = new PutLogEventsCommand({ logGroupName: '', logStreamName: '', logEvents: [] })
    command.middlewareStack.add((next) => async (args) => {
      const request = args.request as { body: unknown; headers: { [name: string]: string } }
      request.body = body
      Object.assign(request.headers, this.#headers)
      return await next(args)
    }, { step: 'build', priority: 'high', name: 'finishedBody' })
    const answer = await this.#client.send(command, { abortSignal: signal })
    // a page of a proxy may be an empty object too
    if (answer.$metadata.requestId === undefined) throw Object.assign(new Error('the answer is not one of CloudWatch Logs'), { $metadata: answer.$metadata })
    return answer
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
