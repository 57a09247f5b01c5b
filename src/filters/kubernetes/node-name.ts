/** The name under which the API server knows the node that the agent runs on. */
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { Backoff } from '../../lib/kubernetes-api/backoff.ts'
import type { ApiClient } from '../../lib/kubernetes-api/client.ts'
import type { ApiFailure } from '../../lib/kubernetes-api/failure.ts'
import { ownNamespace } from '../../lib/kubernetes-api/in-cluster.ts'
import type { Pod } from './metadata.ts'

type Environment = { readonly [name: string]: string | undefined }

/** Variables that manifests set from spec.nodeName. */
const VARIABLES = ['NODE_NAME', 'K8S_NODE_NAME', 'HOST_NAME'] as const

export interface NodeNameOptions {
  /** What the configuration says. */
  readonly option: string | undefined
  readonly env: Environment
  readonly client: ApiClient
  readonly namespaceFile: string
  /** Something failed, and is tried again. */
  readonly failed: (failure: ApiFailure) => void
}

/**
 * What is configured or in the environment, else the node of the agent's own pod, which is asked for. A pod in the host's
 * network has the node's name itself for a host name.
 */
export async function nodeName({ option, env, client, namespaceFile, failed }: NodeNameOptions): Promise<string> {
  for (const name of [option, ...VARIABLES.map((variable) => env[variable])]) if (name !== undefined && name !== '') return name
  const host = env['HOSTNAME'] ?? hostname()
  const namespace = env['POD_NAMESPACE'] ?? ownNamespace(namespaceFile)
  if (namespace === undefined) return host
  const backoff = new Backoff()
  for (;;) {
    try {
      const pod = await client.request<Pod>('GET', `/api/v1/namespaces/${namespace}/pods/${env['POD_NAME'] ?? host}`)
      return pod.spec?.nodeName ?? host
    } catch (error) {
      const failure = error as ApiFailure
      if (failure.status === 404 || failure.status === 403) return host
      failed(failure)
      await sleep(backoff.next(failure.retryAfter), undefined, { ref: false })
    }
  }
}
