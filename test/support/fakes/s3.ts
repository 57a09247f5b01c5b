/**
 * A stand-in for S3 that checks what moto does not (signatures, sizes of parts, hashes) and misbehaves as it is told. One
 * bucket, path style.
 */
import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { TestServer, type Received } from '../../outputs/test-server.ts'
import { checkSignature } from './signature.ts'

export const KEYS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' }
const SMALLEST_PART = 5 * 1024 * 1024

interface Upload {
  readonly key: string
  readonly headers: IncomingMessage['headers']
  readonly parts: Map<number, Buffer>
}

export interface StoredObject {
  readonly body: Buffer
  readonly headers: IncomingMessage['headers']
  readonly etag: string
}

/** What a request is answered with instead of, or (`lost`, `torn`) after what it asks for was done. */
export type Fault =
  | { readonly kind: 'error'; readonly status: number; readonly code: string; readonly headers?: { [name: string]: string } }
  | { readonly kind: 'reset' | 'hang' | 'lost' | 'torn' | 'error-in-200' }

export interface S3Request {
  readonly operation: 'PutObject' | 'CreateMultipartUpload' | 'UploadPart' | 'CompleteMultipartUpload' | 'AbortMultipartUpload' | 'HeadObject'
  readonly key: string
  readonly part: number
}

export class S3Fake {
  readonly objects = new Map<string, StoredObject>()
  /** How often an object was made. */
  made = 0
  readonly uploads = new Map<string, Upload>()
  readonly requests: S3Request[] = []
  fault: (request: S3Request, n: number) => Fault | undefined = () => undefined
  #next = 1
  readonly #server = new TestServer((response, received) => { this.#handle(response, received) })

  listen(port = 0): Promise<number> {
    return this.#server.listen(port)
  }

  close(): Promise<void> {
    return this.#server.close()
  }

  #handle(response: ServerResponse, received: Received): void {
    const { pathname, searchParams } = new URL(received.url, 'http://s3')
    const [, bucket, ...rest] = pathname.split('/')
    const key = decodeURIComponent(rest.join('/'))
    const operation = operationOf(received.method, searchParams)
    const request: S3Request = { operation, key, part: Number(searchParams.get('partNumber') ?? 0) }
    const n = this.requests.push(request)
    const fault = this.fault(request, n)
    if (fault?.kind === 'hang') return
    if (fault?.kind === 'reset') return void response.destroy()
    if (fault?.kind === 'error') return refuse(response, fault.status, fault.code, 'as told', fault.headers)
    const wrong = checkSignature(received, received.body, new Map([[KEYS.accessKeyId, KEYS.secretAccessKey]]))
    if (wrong !== undefined) return refuse(response, 403, 'SignatureDoesNotMatch', wrong[1])
    if (bucket !== 'logs') return refuse(response, 404, 'NoSuchBucket', 'The specified bucket does not exist')
    const md5 = received.headers['content-md5']
    if (md5 !== undefined && md5 !== createHash('md5').update(received.body).digest('base64')) return refuse(response, 400, 'BadDigest', 'md5')
    if (fault?.kind === 'error-in-200') return answer(response, 200, xml('InternalError', 'We encountered an internal error. Please try again.'))
    const [status, body, headers] = this.#do(request, searchParams.get('uploadId') ?? '', received)
    if (fault?.kind === 'lost') return void response.destroy()
    if (fault?.kind === 'torn') {
      response.writeHead(status, { ...headers, 'content-length': body.length + 10 })
      response.write(body.slice(0, 20))
      return void setTimeout(() => response.destroy(), 20)
    }
    answer(response, status, body, headers)
  }

  #do({ operation, key, part }: S3Request, uploadId: string, { body, headers }: Received): [number, string, { [name: string]: string }?] {
    if (operation === 'PutObject') {
      const etag = md5Of(body)
      this.#store(key, { body, headers, etag })
      return [200, '', { etag: `"${etag}"` }]
    }
    if (operation === 'HeadObject') {
      const found = this.objects.get(key)
      return found === undefined ? [404, ''] : [200, '', { etag: `"${found.etag}"`, 'x-length': String(found.body.length) }]
    }
    if (operation === 'CreateMultipartUpload') {
      const id = `upload-${this.#next++}`
      this.uploads.set(id, { key, headers, parts: new Map() })
      return [200, `<?xml version="1.0"?>\n<InitiateMultipartUploadResult><Key>${key}</Key><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`]
    }
    const upload = this.uploads.get(uploadId)
    if (upload === undefined || upload.key !== key) return [404, xml('NoSuchUpload', 'The specified upload does not exist.')]
    if (operation === 'UploadPart') {
      upload.parts.set(part, body)
      return [200, '', { etag: `"${md5Of(body)}"` }]
    }
    this.uploads.delete(uploadId)
    if (operation === 'AbortMultipartUpload') return [204, '']
    const named = [...body.toString().matchAll(/<PartNumber>(\d+)<\/PartNumber><ETag>&quot;([0-9a-f]+)&quot;<\/ETag>/g)]
    const parts = named.map(([, number]) => upload.parts.get(Number(number)))
    const right = named.every(([, , etag], i) => parts[i] !== undefined && md5Of(parts[i]) === etag) && parts.length > 0
    if (!right) return [400, xml('InvalidPart', 'One or more of the specified parts could not be found.')]
    if (parts.slice(0, -1).some((one) => one!.length < SMALLEST_PART)) return [400, xml('EntityTooSmall', 'too small')]
    this.#store(key, { body: Buffer.concat(parts as Buffer[]), headers: upload.headers, etag: `${md5Of(Buffer.concat(parts as Buffer[]))}-${parts.length}` })
    return [200, `<?xml version="1.0"?>\n<CompleteMultipartUploadResult><Key>${key}</Key></CompleteMultipartUploadResult>`]
  }

  #store(key: string, object: StoredObject): void {
    this.made++
    this.objects.set(key, object)
  }
}

function operationOf(method: string, search: URLSearchParams): S3Request['operation'] {
  if (method === 'HEAD') return 'HeadObject'
  if (method === 'DELETE') return 'AbortMultipartUpload'
  if (method === 'PUT') return search.has('partNumber') ? 'UploadPart' : 'PutObject'
  return search.has('uploads') ? 'CreateMultipartUpload' : 'CompleteMultipartUpload'
}

function md5Of(bytes: Buffer): string {
  return createHash('md5').update(bytes).digest('hex')
}

function xml(code: string, message: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`
}

function refuse(response: ServerResponse, status: number, code: string, message: string, headers: { [name: string]: string } = {}): void {
  answer(response, status, xml(code, message), headers)
}

function answer(response: ServerResponse, status: number, body: string, { 'x-length': length, ...headers }: { [name: string]: string } = {}): void {
  response.writeHead(status, { ...headers, ...(length === undefined ? {} : { 'content-length': length }) })
  response.end(body)
}
