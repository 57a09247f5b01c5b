/**
 * The SDK's own chain: environment, profile (files, SSO, process), web identity (IRSA), the container's endpoint (Pod
 * Identity, ECS), the instance (IMDSv2). A file of its own, so that it is loaded only where it is needed.
 */
import { defaultProvider } from '@aws-sdk/credential-provider-node'
import { call } from './call.ts'
import type { Credentials } from './credentials.ts'
import { bodyOf, pathOf, type SdkRequest } from './sdk-request.ts'

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
  async handle(request: SdkRequest): Promise<{ response: object }> {
    const { method, protocol, hostname, port, headers } = request
    const url = new URL(`${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${pathOf(request)}`)
    const body = bodyOf(request)
    const { 'content-length': _, ...rest } = headers
    const answer = await call({ method: method as 'GET', url, headers: rest, ...(body.length === 0 ? {} : { body }), timeout: TIMEOUT, proxy: true })
    return { response: { statusCode: answer.status, headers: {}, body: Buffer.from(answer.body) } }
  },
  updateHttpClientConfig () {},
  httpHandlerConfigs: () => ({})
}
