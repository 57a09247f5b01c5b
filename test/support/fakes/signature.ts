/** Signature Version 4, checked over a request as it came, as AWS describes it; written apart from what signs. */
import { createHash, createHmac } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

type Refusal = readonly [name: string, message: string]
type Request = Pick<IncomingMessage, 'method' | 'url' | 'headers'>

const SHAPE = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]+)$/

/** The error of the service, or undefined when the signature is right. `secrets` by access key id. */
export function checkSignature({ method, url = '/', headers }: Request, body: Buffer, secrets: ReadonlyMap<string, string>): Refusal | undefined {
  const given = SHAPE.exec(String(headers.authorization))
  if (given === null) return ['MissingAuthenticationTokenException', 'Missing Authentication Token']
  const [, key = '', date = '', region = '', service = '', names = '', signature] = given
  const secret = secrets.get(key)
  if (secret === undefined) return ['UnrecognizedClientException', 'The security token included in the request is invalid.']
  const hash = (data: Buffer | string): string => createHash('sha256').update(data).digest('hex')
  const stated = headers['x-amz-content-sha256']
  if (stated !== undefined && stated !== hash(body)) return ['InvalidSignatureException', 'x-amz-content-sha256 is not the hash of the body']
  const [path = '', query = ''] = url.split('?')
  const pairs = query === '' ? '' : query.split('&').map((pair) => (pair.includes('=') ? pair : `${pair}=`)).sort().join('&')
  const fields = names.split(';').map((name) => `${name}:${String(headers[name]).trim()}\n`).join('')
  const encoded = service === 's3' ? path : path.split('/').map((part) => encodeURIComponent(part)).join('/')
  const canonical = `${method}\n${encoded}\n${pairs}\n${fields}\n${names}\n${hash(body)}`
  const scope = `${date}/${region}/${service}/aws4_request`
  const text = `AWS4-HMAC-SHA256\n${String(headers['x-amz-date'])}\n${scope}\n${hash(canonical)}`
  const mac = (secretKey: string | Buffer, data: string): Buffer => createHmac('sha256', secretKey).update(data).digest()
  const signing = [date, region, service, 'aws4_request'].reduce<string | Buffer>(mac, `AWS4${secret}`)
  if (mac(signing, text).toString('hex') === signature) return undefined
  return ['InvalidSignatureException', 'The request signature we calculated does not match the signature you provided.']
}
