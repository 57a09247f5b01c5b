/** One small HTTP request outside the way of the data: metadata services, tokens. */
import http from 'node:http'
import * as https from 'node:https'
import { environmentProxy } from '../proxy.ts'

export interface Call {
  readonly method: 'GET' | 'PUT' | 'POST'
  readonly url: URL
  readonly headers?: { readonly [name: string]: string }
  readonly body?: Buffer
  /** Milliseconds until the answer must be complete. */
  readonly timeout: number
  /** Go through the proxy that the environment names. */
  readonly proxy?: boolean
}

export interface CallAnswer {
  readonly status: number
  readonly body: string
}

/** Longest answer that is read, in bytes. */
const LONGEST = 1024 * 1024

/** Resolves with the answer whatever its status; rejects when there is none in time. */
export function call({ method, url, headers, body, timeout, proxy }: Call): Promise<CallAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<CallAnswer>()
  const secure = url.protocol === 'https:'
  const through = proxy !== true ? undefined : environmentProxy({
    secure, host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port === '' ? (secure ? 443 : 80) : Number(url.port)
  })
  const options = through === undefined ? {} : { proxyEnv: { HTTP_PROXY: through.href, HTTPS_PROXY: through.href } }
  const agent = secure ? new https.Agent(options) : new http.Agent(options)
  const request = (secure ? https : http).request(url, {
    method, agent, headers: { ...headers, ...(body === undefined ? {} : { 'content-length': body.length }) }
  })
  const timer = setTimeout(() => { request.destroy(new Error(`no answer from ${url.host} within ${timeout / 1000} s`)) }, timeout)
  request.on('error', reject)
  request.on('response', (response) => {
    const parts: Buffer[] = []
    let size = 0
    response.on('data', (part: Buffer) => {
      size += part.length
      if (size > LONGEST) request.destroy(new Error(`the answer of ${url.host} is longer than ${LONGEST} bytes`))
      parts.push(part)
    })
    response.on('error', reject)
    response.on('aborted', () => { reject(new Error(`the answer of ${url.host} was cut`)) })
    response.on('end', () => { resolve({ status: response.statusCode ?? 0, body: Buffer.concat(parts).toString() }) })
  })
  request.end(body)
  return promise.finally(() => {
    clearTimeout(timer)
    agent.destroy()
  })
}
