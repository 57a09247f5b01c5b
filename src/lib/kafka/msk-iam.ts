/**
 * Tokens for Amazon MSK with IAM: a presigned request `kafka-cluster:Connect` (AWS Signature Version 4, query parameters)
 * in base64url, sent as an OAUTHBEARER token. Good for 15 minutes; the login that it makes is as long as the broker says.
 * https://docs.aws.amazon.com/msk/latest/developerguide/iam-access-control.html, aws-msk-iam-sasl-signer-js.
 */
import { createHash, createHmac } from 'node:crypto'
import { CredentialSource } from '../aws/credentials.ts'
import { PropertyError } from './properties.ts'
import type { Token } from './sasl.ts'

const SECONDS = 900
const SERVICE = 'kafka-cluster'

export interface AwsCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
}

export function mskToken(region: string, { accessKeyId, secretAccessKey, sessionToken }: AwsCredentials, userAgent: string, now: Date): Token {
  const host = `kafka.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`
  const time = now.toISOString().replace(/[-:]|\.\d+/g, '')
  const scope = `${time.slice(0, 8)}/${region}/${SERVICE}/aws4_request`
  const query = Object.entries({
    'Action': 'kafka-cluster:Connect',
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `${accessKeyId}/${scope}`,
    'X-Amz-Date': time,
    'X-Amz-Expires': String(SECONDS),
    ...(sessionToken === undefined ? {} : { 'X-Amz-Security-Token': sessionToken }),
    'X-Amz-SignedHeaders': 'host'
  }).map(([name, value]) => `${name}=${encode(value)}`).join('&')
  const request = ['GET', '/', query, `host:${host}`, '', 'host', sha256('')].join('\n')
  const toSign = ['AWS4-HMAC-SHA256', time, scope, sha256(request)].join('\n')
  const key = [time.slice(0, 8), region, SERVICE, 'aws4_request'].reduce(
    (secret: string | Buffer, part) => hmac(secret, part), `AWS4${secretAccessKey}`
  )
  const url = `https://${host}/?${query}&X-Amz-Signature=${hmac(key, toSign).toString('hex')}&User-Agent=${encode(userAgent)}`
  return { value: Buffer.from(url).toString('base64url') }
}

/** A function that makes tokens with the credentials of this machine or pod. Throws PropertyError without a region. */
export function mskTokens(arn: string | undefined, brokers: readonly string[], userAgent: string): () => Promise<Token> {
  const region = regionOf(arn, brokers) ?? process.env['AWS_REGION'] ?? process.env['AWS_DEFAULT_REGION']
  if (region === undefined) {
    throw new PropertyError('sasl.mechanisms', 'MSK with IAM needs a region: aws_msk_iam_cluster_arn, brokers named by Amazon, or AWS_REGION')
  }
  const source = new CredentialSource({ region, profile: undefined, roleArn: undefined, externalId: undefined, stsEndpoint: undefined })
  return async () => mskToken(region, await source.get(), userAgent, new Date())
}

/** The region that a cluster's ARN or one of its brokers' names tells. */
export function regionOf(arn: string | undefined, brokers: readonly string[]): string | undefined {
  const named = arn?.split(':')[3]
  if (named !== undefined && named !== '') return named
  for (const broker of brokers) {
    const match = /\.kafka(?:-serverless)?\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?$/.exec(broker)
    if (match !== null) return match[1]
  }
  return undefined
}

/** RFC 3986: `encodeURIComponent` leaves four characters that AWS wants encoded. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
