/** The HTTP handler that clients of the AWS SDK are given, so that `net.*`, `tls.*` and proxies mean for them what they mean everywhere. */
import type { Agent } from 'node:http'
import { bodyOf, pathOf, type SdkRequest } from '../../../lib/aws/sdk-request.ts'
import type { NetworkOptions } from '../../../plugin/output.ts'
import { createAgent, type Endpoint } from '../network.ts'
import { send } from '../request.ts'

export interface SdkResponse {
  readonly response: { readonly statusCode: number; readonly headers: { [name: string]: string }; readonly body: Uint8Array }
}

/** How long an answer may take when net.io_timeout does not say. */
const ANSWER_TIMEOUT = 60_000

export class SdkHandler {
  readonly metadata = { handlerProtocol: 'http/1.1' }
  readonly #network: NetworkOptions
  readonly #timeout: number
  readonly #agents = new Map<string, Agent>()
  /** Bodies that a socket may still read although their request is over. */
  readonly #held = new WeakSet()

  constructor(network: NetworkOptions) {
    this.#network = network
    const timeout = network.net['io_timeout']
    this.#timeout = typeof timeout === 'number' && timeout > 0 ? timeout : ANSWER_TIMEOUT
  }

  async handle(request: SdkRequest, { abortSignal }: { readonly abortSignal?: unknown } = {}): Promise<SdkResponse> {
    const endpoint = endpointOf(request)
    const body = bodyOf(request)
    this.#held.add(body)
    const answer = await send(this.#agent(endpoint), endpoint, {
      method: request.method,
      path: pathOf(request),
      headers: request.headers,
      body,
      timeout: this.#timeout,
      idleTimeout: 0
    }, abortSignal instanceof AbortSignal ? abortSignal : new AbortController().signal)
    if (answer.finished) this.#held.delete(body)
    const headers: { [name: string]: string } = {}
    for (const [name, value] of Object.entries(answer.headers)) if (typeof value === 'string') headers[name] = value
    return { response: { statusCode: answer.status, headers, body: Buffer.from(answer.body) } }
  }

  /** Whether the memory of a body may still be read. */
  holds(body: object): boolean {
    return this.#held.has(body)
  }

  #agent(endpoint: Endpoint): Agent {
    const key = `${endpoint.secure} ${endpoint.host}:${endpoint.port}`
    let agent = this.#agents.get(key)
    if (agent === undefined) this.#agents.set(key, (agent = createAgent(this.#network, endpoint)))
    return agent
  }

  /** Part of what the SDK asks of a handler. */
  updateHttpClientConfig(): void {}

  httpHandlerConfigs(): object {
    return {}
  }

  destroy(): void {
    for (const agent of this.#agents.values()) agent.destroy()
    this.#agents.clear()
  }
}

function endpointOf({ protocol, hostname, port }: SdkRequest): Endpoint {
  const secure = protocol !== 'http:'
  return { secure, host: hostname.replace(/^\[|\]$/g, ''), port: port ?? (secure ? 443 : 80) }
}
