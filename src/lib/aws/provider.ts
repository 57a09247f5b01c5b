/**
 * The SDK's own chain: environment, profile (files, SSO, process), web identity (IRSA), the container's endpoint (Pod
 * Identity, ECS), the instance (IMDSv2). A file of its own, so that it is loaded only where it is needed.
 */
import { defaultProvider } from '@aws-sdk/credential-provider-node'
import { call } from './call.ts'
import type { Credentials } from './credentials.ts'

const TIMEOUT = 10_000

export function chain(profile: string | undefined, region: string | undefined): () => Promise<Credentials> {
  const provider = defaultProvider({
    ...(profile === undefined ? {} : { profile }),
    clientConfig: { ...(region === undefined ? {} : { region }), requestHandler }
  })
  return () => provider({ forceRefresh: true })
}

/** What the SDK asks of STS and SSO goes through the proxy of the environment; what it asks of the node or the pod does not come here. */
const requestHandler = {
  metadata: { handlerProtocol: 'http/1.1' },
  async handle({ method, protocol, hostname, port, path, query, headers, body }: Asked): Promise<{ response: object }> {
    const url = new URL(`${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${path}`)
    for (const [name, value] of Object.entries(query ?? {})) {
      for (const one of Array.isArray(value) ? (value as readonly string[]) : [value]) url.searchParams.append(name, typeof one === 'string' ? one : '')
    }
    const bytes = typeof body === 'string' ? Buffer.from(body) : body instanceof Uint8Array ? Buffer.from(body) : undefined
    const { 'content-length': _, ...rest } = headers
    const answer = await call({ method: method as 'GET', url, headers: rest, ...(bytes === undefined ? {} : { body: bytes }), timeout: TIMEOUT, proxy: true })
    return { response: { statusCode: answer.status, headers: {}, body: Buffer.from(answer.body) } }
  },
  updateHttpClientConfig () {},
  httpHandlerConfigs: () => ({})
}

/** A request of the SDK, as far as it is used. */
interface Asked {
  readonly method: string
  readonly protocol: string
  readonly hostname: string
  readonly port?: number
  readonly path: string
  readonly query?: { readonly [name: string]: string | readonly string[] | null | undefined }
  readonly headers: { readonly [name: string]: string }
  readonly body?: unknown
}
