/** Signed requests of outputs that speak plain HTTP to AWS (`aws_auth`): OpenSearch Service (`es`) and Serverless (`aoss`), API gateways. */
import type { OutgoingHttpHeaders } from 'node:http'
import type { Fields } from '../../../config/fields.ts'
import { CredentialSource } from '../../../lib/aws/credentials.ts'
import { Signer } from '../../../lib/aws/sign.ts'
import { PluginError } from '../../../plugin/context.ts'
import type { Endpoint } from '../network.ts'

export const awsAuthOptions = {
  aws_auth: {
    kind: 'boolean', default: false, example: 'on',
    doc: 'Sign requests for AWS (Signature Version 4), with credentials from the usual chain: environment, profile, IRSA, Pod Identity, instance.'
  },
  aws_region: { kind: 'string', doc: 'Region, for aws_auth; that of the host\'s name or of AWS_REGION when not set.', example: 'eu-central-1' },
  aws_sts_endpoint: { kind: 'string', doc: 'Host or URL of STS, for aws_role_arn.', example: 'https://sts.eu-central-1.amazonaws.com' },
  aws_role_arn: { kind: 'string', doc: 'Role to assume, for aws_auth.', example: 'arn:aws:iam::123456789012:role/logs' },
  aws_external_id: { kind: 'string', doc: 'External id of the role, for aws_auth.', example: 'logs' },
  aws_profile: { kind: 'string', doc: 'Profile of the credentials, for aws_auth.', example: 'default' }
} as const satisfies Fields

export interface AwsAuthOptions {
  readonly aws_region: string | undefined
  readonly aws_sts_endpoint: string | undefined
  readonly aws_role_arn: string | undefined
  readonly aws_external_id: string | undefined
  readonly aws_profile: string | undefined
}

export class AwsAuth {
  readonly #endpoint: Endpoint
  readonly #credentials: CredentialSource
  readonly #signer: Signer

  /** Throws PluginError when nothing says which region. */
  constructor(options: AwsAuthOptions, service: string, endpoint: Endpoint) {
    const region = options.aws_region ?? regionOfHost(endpoint.host) ?? process.env['AWS_REGION'] ?? process.env['AWS_DEFAULT_REGION']
    if (region === undefined) throw new PluginError('aws_auth needs the region: aws_region or AWS_REGION', 'aws_region', true)
    this.#endpoint = endpoint
    this.#credentials = new CredentialSource({
      region, profile: options.aws_profile, roleArn: options.aws_role_arn, externalId: options.aws_external_id, stsEndpoint: options.aws_sts_endpoint
    })
    this.#signer = new Signer(service, region, this.#credentials.get)
  }

  /** The header fields to send with this body. Rejects when there are no credentials. */
  async sign(method: string, target: string, headers: OutgoingHttpHeaders, body: Buffer): Promise<OutgoingHttpHeaders> {
    const [path = '/', query = ''] = target.split(/\?(.*)/s)
    const { secure, host, port } = this.#endpoint
    const signed = await this.#signer.sign({ method, secure, host, port, path, query: Object.fromEntries(new URLSearchParams(query)), headers: {}, body })
    return { ...headers, ...signed }
  }

  /** The service did not accept a signature: the next one is made with fresh credentials. */
  refused(): void {
    this.#credentials.forget()
  }
}

/** A query as the signature is made of it, so that it needs no reading on the way. */
export function queryText(query: { readonly [name: string]: string }): string {
  const encode = (text: string): string => encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
  return Object.entries(query).map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&')
}

/** `search-x.eu-central-1.es.amazonaws.com` */
function regionOfHost(host: string): string | undefined {
  return /\.([a-z]{2}(?:-[a-z]+)+-\d)\.(?:[a-z-]+)\.amazonaws\.com(?:\.cn)?$/.exec(host)?.[1]
}
