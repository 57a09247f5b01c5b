/** One HTTP request with a finished body. */
import type { Agent as HttpAgent, ClientRequest, OutgoingHttpHeaders } from 'node:http'
import http from 'node:http'
import * as https from 'node:https'
import type { Readable } from 'node:stream'
import type { Endpoint } from './network.ts'
import type { Answer } from './status.ts'

/** A body that is read while it is sent. */
export interface StreamedBody {
  /** Bytes. */
  readonly length: number
  open(): Readable
}

export interface HttpRequest {
  readonly method: string
  /** Path and query. */
  readonly path: string
  readonly headers: OutgoingHttpHeaders
  readonly body: Buffer | StreamedBody
  /** Milliseconds until the answer must be complete; 0 for no limit. */
  readonly timeout: number
  /** Milliseconds that the connection may be silent; 0 for no limit. */
  readonly idleTimeout: number
  /** Ask for leave before the body is sent; see caution.ts. */
  readonly asks?: boolean
  /** As many bytes of the answer are kept; the rest is read and forgotten. */
  readonly keep?: number
}

export interface SentAnswer extends Answer {
  /** The body has left entirely, so its memory is free again. */
  readonly finished: boolean
}

/** Milliseconds for the rest of a body to leave once the answer is there; beyond them the other side does not want it. */
const EARLY = 200
/** `keep`, when not set. */
const KEPT = 65_536
/** Milliseconds that a server may take to say that it wants the body; then it gets it unasked, as RFC 9110 has it. */
const ASKED = 1000
/** Bytes that TLS is given at once: what it is given it copies, enciphers and holds until the socket has taken it. */
const SLICE = 131_072

/** No answer came in time. */
export class LateError extends Error {
  override readonly name = 'TimeoutError'
}

/** No answer came. */
export class RequestError extends Error {
  /** Whether it asked before it sent its body, and whether the server said anything. */
  readonly asked: 'no' | 'silent' | 'told'

  constructor(cause: Error, asked: 'no' | 'silent' | 'told') {
    super(cause.message, { cause })
    this.asked = asked
  }
}

/**
 * Resolves with the answer whatever its status; rejects with a RequestError when there is none, with a message that
 * begins with NOT_CONNECTED when nothing was sent. After a rejection the body may still be read for a moment.
 */
export async function send(agent: HttpAgent, { secure, host, port }: Endpoint, wanted: HttpRequest, signal: AbortSignal): Promise<SentAnswer> {
  const { promise, resolve, reject: fail } = Promise.withResolvers<SentAnswer>()
  const { method, path, headers, body, timeout, idleTimeout, asks = false, keep = KEPT } = wanted
  const request = (secure ? https : http).request({
    agent, host, port, method, path, signal,
    headers: { ...headers, 'content-length': body.length, ...(asks ? { expect: '100-continue' } : {}) },
    ...(idleTimeout > 0 ? { timeout: idleTimeout } : {})
  })
  let asked: RequestError['asked'] = asks ? 'silent' : 'no'
  const reject = (error: Error): void => { fail(new RequestError(error, asked)) }
  const giveUp = (reason: string): void => { request.destroy(new LateError(reason)) }
  const timer = timeout <= 0 ? undefined : setTimeout(() => { giveUp(`no answer within ${timeout / 1000} s`) }, timeout)
  request.on('timeout', () => {
    // the agent's own limit on idle connections speaks here too
    if (idleTimeout > 0) giveUp(`the connection was silent for ${idleTimeout / 1000} s`)
  })
  request.on('error', reject)
  request.on('response', (response) => {
    const parts: Buffer[] = []
    let size = 0
    response.on('data', (part: Buffer) => {
      if (size < keep) parts.push(part)
      size += part.length
    })
    response.on('error', reject)
    response.on('aborted', () => { reject(new Error('the answer was cut')) })
    response.on('end', () => {
      const done = (finished: boolean): void => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts).toString(), finished })
        if (!finished) request.destroy()
      }
      if (request.writableFinished) return done(true)
      // a fast answer overtakes the news that the body has left
      const early = setTimeout(done, EARLY, false)
      request.once('finish', () => {
        clearTimeout(early)
        done(true)
      })
    })
  })
  let begun = false
  const begin = (): void => {
    if (!begun && Buffer.isBuffer(body)) endWith(request, body, secure)
    else if (!begun) streamInto(request, body as StreamedBody)
    begun = true
  }
  const patience = asks ? setTimeout(begin, ASKED) : undefined
  if (asks) {
    request.on('response', () => { clearTimeout(patience) })
    request.on('continue', () => {
      asked = 'told'
      clearTimeout(patience)
      begin()
    })
    request.flushHeaders()
  } else begin()
  try {
    return await promise
  } finally {
    clearTimeout(timer)
    clearTimeout(patience)
  }
}

/** Sends the body and ends the request; over TLS in slices, each when the one before has left. */
function endWith(request: ClientRequest, body: Buffer, secure: boolean): void {
  const size = secure ? SLICE : body.length
  let at = 0
  const next = (error?: Error | null): void => {
    if (request.destroyed || (error !== undefined && error !== null)) return
    const slice = body.subarray(at, (at += size))
    if (at < body.length) request.write(slice, next)
    else request.end(slice)
  }
  next()
}

/** Sends the body as it is read. What cannot be read ends the request. */
function streamInto(request: ClientRequest, body: StreamedBody): void {
  const stream = body.open()
  stream.on('error', (error) => { request.destroy(error) })
  request.on('close', () => { stream.destroy() })
  stream.pipe(request)
}
