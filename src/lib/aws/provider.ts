/**
 * The SDK's own chain: environment, profile (files, SSO, process), web identity (IRSA), the container's endpoint (Pod
 * Identity, ECS), the instance (IMDSv2). A file of its own, so that it is loaded only where it is needed.
 */
import { defaultProvider } from '@aws-sdk/credential-provider-node'
import type { Credentials } from './credentials.ts'

export function chain(profile: string | undefined, region: string | undefined): () => Promise<Credentials> {
  const provider = defaultProvider({
    ...(profile === undefined ? {} : { profile }),
    ...(region === undefined ? {} : { clientConfig: { region } })
  })
  return () => provider({ forceRefresh: true })
}
