/** What a pod knows of the cluster it runs in. */
import { readFileSync } from 'node:fs'
import type { ClientOptions } from './client.ts'

const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount'

export const TOKEN_FILE: string = `${ACCOUNT}/token`
export const CA_FILE: string = `${ACCOUNT}/ca.crt`
export const NAMESPACE_FILE: string = `${ACCOUNT}/namespace`

type Environment = { readonly [name: string]: string | undefined }

/**
 * Where the API server is: the address that the kubelet puts into the environment, which needs no DNS; its name
 * outside of pods.
 */
export function apiServerUrl(env: Environment): string {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = env
  if (host === undefined || host === '') return 'https://kubernetes.default.svc'
  return `https://${host.includes(':') ? `[${host}]` : host}${port === undefined || port === '' ? '' : `:${port}`}`
}

/** The pod's own namespace; undefined outside of pods. */
export function ownNamespace(file: string = NAMESPACE_FILE): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim() || undefined
  } catch {
    return undefined
  }
}

/** A client with the pod's own service account, its certificate checked. */
export function inClusterOptions(env: Environment, userAgent: string): ClientOptions {
  return {
    url: apiServerUrl(env),
    token: { file: TOKEN_FILE, command: undefined, ttl: 600_000 },
    caFile: CA_FILE,
    caPath: undefined,
    verify: true,
    verifyHostname: true,
    serverName: undefined,
    userAgent
  }
}
