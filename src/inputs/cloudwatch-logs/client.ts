/** FilterLogEvents of @aws-sdk/client-cloudwatch-logs, loaded only when the input is used. */
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { endpointUrl } from '../../lib/aws/assume-role.ts'
import { CredentialSource } from '../../lib/aws/credentials.ts'
import { proxyVariables } from '../../lib/proxy.ts'
import { version } from '../../lib/version.ts'
import type { Options } from './options.ts'
import type { Page, Question } from './slice.ts'

/** Milliseconds for an answer. */
const TIMEOUT = 30_000

export class EventReader {
  readonly #client: CloudWatchLogsClient
  readonly #credentials: CredentialSource
  readonly #options: Options

  constructor(options: Options) {
    const { endpoint, region } = options
    this.#options = options
    this.#credentials = new CredentialSource({
      region: region ?? process.env['AWS_REGION'] ?? process.env['AWS_DEFAULT_REGION'],
      profile: options.profile, roleArn: options.role_arn, externalId: options.external_id, stsEndpoint: options.sts_endpoint
    })
    const keeping = { keepAlive: true, proxyEnv: proxyVariables() }
    this.#client = new CloudWatchLogsClient({
      ...(region === undefined ? {} : { region }),
      ...(endpoint === undefined ? {} : { endpoint: endpointUrl(endpoint).href }),
      ...(options.profile === undefined ? {} : { profile: options.profile }),
      credentials: Object.assign(() => this.#credentials.get(), { memoized: true }),
      customUserAgent: [['fantail', version()]],
      maxAttempts: 1,
      requestHandler: { requestTimeout: TIMEOUT, connectionTimeout: 10_000, httpAgent: new HttpAgent(keeping), httpsAgent: new HttpsAgent(keeping) }
    })
  }

  /** One page. Rejects with the SDK's errors. */
  readonly ask = async ({ from, until, prefix, token }: Question, signal: AbortSignal): Promise<Page> => {
    const { log_group_name, filter_pattern } = this.#options
    try {
      const { events = [], nextToken } = await this.#client.send(new FilterLogEventsCommand({
        logGroupName: log_group_name,
        startTime: Math.max(0, from),
        endTime: until,
        ...(prefix === undefined ? {} : { logStreamNamePrefix: prefix }),
        ...(filter_pattern === undefined ? {} : { filterPattern: filter_pattern }),
        ...(token === undefined ? {} : { nextToken: token })
      }), { abortSignal: signal })
      return {
        events: events.map(({ timestamp = 0, message = '', ingestionTime = 0, eventId = '', logStreamName = '' }) => (
          { timestamp, message, ingestionTime, eventId, stream: logStreamName }
        )),
        token: nextToken
      }
    } catch (error) {
      // what was refused is not used again, whatever the reason
      if (/token|signature|credential|UnrecognizedClient/i.test((error as Error).name)) this.#credentials.forget()
      throw error
    }
  }

  close(): void {
    this.#client.destroy()
  }
}
