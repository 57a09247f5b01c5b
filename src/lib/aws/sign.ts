/** Signatures of requests to AWS (Signature Version 4), by @smithy/signature-v4, loaded when the first request is signed. */
import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto'
import type { SignatureV4 } from '@smithy/signature-v4'
import type { Credentials } from './credentials.ts'

export interface Signable {
  readonly method: string
  readonly secure: boolean
  readonly host: string
  readonly port: number
  /** Without the query; not encoded beyond what a URL needs. */
  readonly path: string
  readonly query: { readonly [name: string]: string }
  readonly headers: { readonly [name: string]: string }
  readonly body: Buffer | string
}

export class Signer {
  readonly #service: string
  readonly #region: string
  readonly #credentials: () => Promise<Credentials>
  #signer: SignatureV4 | undefined

  constructor(service: string, region: string, credentials: () => Promise<Credentials>) {
    this.#service = service
    this.#region = region
    this.#credentials = credentials
  }

  /** The header fields to send: those given, and host, date, token, hash of the body and authorization. */
  async sign({ method, secure, host, port, path, query, headers, body }: Signable, now = new Date()): Promise<{ [name: string]: string }> {
    this.#signer ??= await this.#load()
    const name = host.includes(':') ? `[${host}]` : host
    const signed = await this.#signer.sign({
      method,
      protocol: secure ? 'https:' : 'http:',
      hostname: name,
      port,
      path,
      query: { ...query },
      headers: { ...headers, host: port === (secure ? 443 : 80) ? name : `${name}:${port}` },
      body
    }, { signingDate: now })
    return signed.headers
  }

  async #load(): Promise<SignatureV4> {
    const { SignatureV4 } = await import('@smithy/signature-v4')
    return new SignatureV4({
      service: this.#service, region: this.#region, credentials: this.#credentials, sha256: Sha256,
      // S3 alone takes the path as it was sent
      uriEscapePath: this.#service !== 's3'
    })
  }
}

/** SHA-256 and its HMAC by node:crypto, in the shape that the signer wants. */
class Sha256 {
  readonly #hash: Hash | Hmac

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', asBytes(secret))
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(asBytes(data))
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest())
  }

  reset(): void {
    throw new Error('a hash is used once')
  }
}

function asBytes(data: string | ArrayBuffer | ArrayBufferView): string | Uint8Array {
  if (typeof data === 'string') return data
  return ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data)
}
