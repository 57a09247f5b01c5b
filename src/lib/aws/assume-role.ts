/** AssumeRole of STS (API version 2011-06-15), as one signed request. */
import { hostname } from 'node:os'
import { call } from './call.ts'
import type { Credentials } from './credentials.ts'
import { Signer } from './sign.ts'

const TIMEOUT = 10_000

export interface Role {
  readonly roleArn: string
  readonly externalId: string | undefined
  /** URL or host; the regional one when not set. */
  readonly endpoint: string | undefined
  readonly region: string | undefined
  readonly base: () => Promise<Credentials>
}

/** Rejects with what STS says when the role cannot be assumed. */
export async function assumeRole({ roleArn, externalId, endpoint, region = 'us-east-1', base }: Role): Promise<Credentials> {
  const url = endpointUrl(endpoint ?? `sts.${region}.${domainOf(region)}`)
  const form = new URLSearchParams({ Action: 'AssumeRole', Version: '2011-06-15', RoleArn: roleArn, RoleSessionName: sessionName() })
  if (externalId !== undefined) form.set('ExternalId', externalId)
  const body = Buffer.from(form.toString())
  const secure = url.protocol === 'https:'
  const headers = await new Signer('sts', region, base).sign({
    method: 'POST',
    secure,
    host: url.hostname,
    port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
    path: '/',
    query: {},
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body
  })
  const answer = await call({ method: 'POST', url, headers, body, timeout: TIMEOUT, proxy: true })
  if (answer.status !== 200) {
    throw new Error(`cannot assume the role ${roleArn}: ${element(answer.body, 'Code') ?? `HTTP ${answer.status}`}: ${element(answer.body, 'Message') ?? ''}`)
  }
  const [accessKeyId, secretAccessKey, sessionToken, expiration] = ['AccessKeyId', 'SecretAccessKey', 'SessionToken', 'Expiration']
    .map((name) => element(answer.body, name))
  if (accessKeyId === undefined || secretAccessKey === undefined || sessionToken === undefined || expiration === undefined) {
    throw new Error(`STS at ${url.host} answered without credentials`)
  }
  return { accessKeyId, secretAccessKey, sessionToken, expiration: new Date(expiration) }
}

/** A URL as it stands, a host as HTTPS. */
export function endpointUrl(endpoint: string): URL {
  return new URL(endpoint.includes('://') ? endpoint : `https://${endpoint}`)
}

/** What the names of services in a region end in. */
export function domainOf(region: string): string {
  return region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'
}

/** The same for the life of a node, since brokers and policies look at it: 2 to 64 of `[\w+=,.@-]`. */
function sessionName(): string {
  return process.env['AWS_ROLE_SESSION_NAME'] ?? `fantail-${hostname().replace(/[^\w+=,.@-]/g, '-')}`.slice(0, 64)
}

/** Text of the first element of this name; the values in question hold no markup. */
function element(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1]?.replaceAll('&amp;', '&').replaceAll('&lt;', '<').replaceAll('&gt;', '>')
}
