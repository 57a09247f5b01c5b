/** A request as the AWS SDK hands it to an HTTP handler: what our handlers use of it. */
export interface SdkRequest {
  readonly method: string
  readonly protocol: string
  readonly hostname: string
  readonly port?: number
  readonly path: string
  readonly query?: { readonly [name: string]: string | readonly string[] | null | undefined }
  readonly headers: { readonly [name: string]: string }
  readonly body?: unknown
}

/** Path and query, spelled as the SDK has signed them. */
export function pathOf({ path, query = {} }: SdkRequest): string {
  const pairs = Object.entries(query).flatMap(([name, value]) => (
    (Array.isArray(value) ? (value as readonly string[]) : [value]).map((one) => (
      typeof one === 'string' ? `${encodeURIComponent(name)}=${encodeURIComponent(one)}` : encodeURIComponent(name)
    ))
  ))
  return pairs.length === 0 ? path : `${path}?${pairs.join('&')}`
}

/** The body as bytes; empty when there is none. */
export function bodyOf({ body }: SdkRequest): Buffer {
  if (Buffer.isBuffer(body)) return body
  if (typeof body === 'string') return Buffer.from(body)
  if (body instanceof Uint8Array) return Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  return Buffer.alloc(0)
}
