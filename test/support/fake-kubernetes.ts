/** An API server that gives what the test scripts: answers that a healthy one never gives. */
import http from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { ApiClient } from '../../src/lib/kubernetes-api/client.ts'

export interface FakeRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly token: string | undefined
  readonly body: string
}

export type Answer = (request: FakeRequest, response: http.ServerResponse) => void

export class FakeKubernetes {
  readonly requests: FakeRequest[] = []
  /** Answers every request for which `script` is empty. */
  answer: Answer
  /** Answers to the next requests, in order. */
  readonly script: Answer[] = []
  readonly #server: http.Server
  readonly #sockets = new Set<Socket>()

  private constructor (answer: Answer) {
    this.answer = answer
    this.#server = http.createServer((incoming, response) => {
      let body = ''
      incoming.setEncoding('utf8').on('data', (chunk: string) => { body += chunk }).on('end', () => {
        const url = new URL(incoming.url ?? '/', 'http://fake')
        const request = {
          method: incoming.method ?? '', path: url.pathname, query: url.searchParams, body,
          token: incoming.headers.authorization?.replace('Bearer ', '')
        }
        this.requests.push(request)
        ;(this.script.shift() ?? this.answer)(request, response)
      })
    })
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
    })
  }

  static async start (answer: Answer = notFound): Promise<FakeKubernetes> {
    const fake = new FakeKubernetes(answer)
    await new Promise<void>((done) => { fake.#server.listen(0, '127.0.0.1', done) })
    return fake
  }

  get port (): number {
    return (this.#server.address() as AddressInfo).port
  }

  get url (): string {
    return `http://127.0.0.1:${this.port}`
  }

  client (token: { readonly file?: string; readonly command?: string; readonly ttl?: number } = {}): ApiClient {
    return new ApiClient({
      url: this.url, token: { file: token.file, command: token.command, ttl: token.ttl ?? 60_000 },
      caFile: undefined, caPath: undefined, verify: true, verifyHostname: true, serverName: undefined, userAgent: 'test'
    })
  }

  /** Breaks all connections at once. */
  cut (): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  async stop (): Promise<void> {
    this.cut()
    await new Promise<void>((done) => { this.#server.close(() => done()) })
  }
}

export const notFound: Answer = (_request, response) => { status(404, 'NotFound', 'it is not there')(_request, response) }

/** A Status object as the API gives it. */
export function status (code: number, reason: string, message: string, headers: http.OutgoingHttpHeaders = {}): Answer {
  return json({ kind: 'Status', apiVersion: 'v1', status: 'Failure', message, reason, code }, code, headers)
}

export function json (value: unknown, code = 200, headers: http.OutgoingHttpHeaders = {}): Answer {
  return (_request, response) => {
    response.writeHead(code, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value))
  }
}

/** A watch that gives these events and stays open; text is sent as it is. `end` closes it. */
export function events (list: readonly (readonly [type: string, object: object] | string)[], end?: 'end' | 'cut'): Answer {
  return (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.flushHeaders()
    for (const one of list) response.write(typeof one === 'string' ? one : `${JSON.stringify({ type: one[0], object: one[1] })}\n`)
    if (end === 'end') response.end()
    // what was written goes out first
    if (end === 'cut') setTimeout(() => response.destroy(), 20)
  }
}

/** The bookmark that ends the objects there are. */
export function initialEnd (version: string): readonly [string, object] {
  return ['BOOKMARK', { kind: 'Pod', metadata: { resourceVersion: version, annotations: { 'k8s.io/initial-events-end': 'true' } } }]
}
