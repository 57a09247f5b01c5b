import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { Checker } from './checker.ts'

/**
 * What a server in trouble does.
 * - refuse: nothing listens. hang: takes the request, never answers (until the fault changes).
 * - 500, 429: refuses the whole request; 429 with `Retry-After: 1`.
 * - cut: takes all records, then cuts the answer in the middle. drop: reads the request, takes nothing, resets.
 * - items: of a bulk request, every third item gets a 429.
 */
export type Fault = 'none' | 'refuse' | 'hang' | '500' | '429' | 'cut' | 'drop' | 'items'

export const faults: readonly Fault[] = ['refuse', 'hang', '500', '429', 'cut', 'drop', 'items']

/** A destination for outputs http (JSON in any framing) and es (`_bulk` with per-item answers and ids) that can fail in every way. */
export class Collector {
  readonly checker = new Checker()
  requests = 0
  /** Records taken, repeats included. */
  records = 0
  /** With ids: how many documents there are. */
  readonly ids = new Set<string>()
  /** Documents that a bulk client sent again: answered by 409. */
  conflicts = 0
  port = 0
  /** Lines that contain this are refused for ever with a 400 (bulk items only). */
  poison: string | undefined
  /** Milliseconds until an answer. */
  delay = 0
  /** The last records taken, as text; how many are kept is up to `keep`. */
  readonly kept: string[] = []
  keep = 0
  /** When answers were spoiled, in ms as in `checker.now`: repeats of these requests are no surprise. */
  readonly spoiled: number[] = []
  #fault: Fault = 'none'
  #server: Server | undefined
  readonly #sockets = new Set<Socket>()
  readonly #hanging = new Set<ServerResponse>()

  static async start (): Promise<Collector> {
    const collector = new Collector()
    await collector.#listen()
    return collector
  }

  get url (): string {
    return `http://127.0.0.1:${this.port}`
  }

  get fault (): Fault {
    return this.#fault
  }

  async fail (fault: Fault): Promise<void> {
    const was = this.#fault
    this.#fault = fault
    if (was === 'hang') {
      for (const response of this.#hanging) response.destroy()
      this.#hanging.clear()
    }
    if (fault === 'refuse') await this.#close()
    else if (was === 'refuse') await this.#listen()
  }

  async stop (): Promise<void> {
    await this.#close()
  }

  async #listen (): Promise<void> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('error', () => {})
      request.on('end', () => {
        const answer = (): void => this.#answer(request, response, Buffer.concat(chunks))
        if (this.delay > 0) setTimeout(answer, this.delay)
        else answer()
      })
    })
    server.on('connection', (socket) => {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
    })
    server.keepAliveTimeout = 60_000
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    server.once('error', reject)
    server.listen(this.port, '127.0.0.1', resolve)
    await promise
    this.port = (server.address() as AddressInfo).port
    this.#server = server
  }

  async #close (): Promise<void> {
    const server = this.#server
    if (server === undefined) return
    this.#server = undefined
    const { promise, resolve } = Promise.withResolvers<void>()
    server.close(() => resolve())
    for (const socket of this.#sockets) socket.destroy()
    await promise
  }

  #answer (request: IncomingMessage, response: ServerResponse, body: Buffer): void {
    this.requests++
    const fault = this.#fault
    response.setHeader('X-elastic-product', 'Elasticsearch')
    if (request.method !== 'POST' && request.method !== 'PUT') {
      response.setHeader('content-type', 'application/json')
      response.end('{"version":{"number":"8.19.21","build_flavor":"default"},"tagline":"You Know, for Search"}')
      return
    }
    switch (fault) {
      case 'hang':
        this.#hanging.add(response)
        return
      case '500':
        response.writeHead(500).end('{"error":"out of order"}')
        return
      case '429':
        response.writeHead(429, { 'retry-after': '1' }).end('{"error":"too many requests"}')
        return
      case 'drop':
        request.socket.destroy()
        return
      default:
    }
    const text = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString()
    const said = (request.url ?? '').includes('_bulk') ? this.#bulk(text, fault === 'items') : this.#plain(text)
    response.setHeader('content-type', 'application/json')
    if (fault === 'cut') {
      this.spoiled.push(this.checker.now)
      response.writeHead(200, { 'content-length': Buffer.byteLength(said) + 10 })
      response.write(said.slice(0, said.length / 2), () => request.socket.destroy())
      return
    }
    response.end(said)
  }

  #take (text: string): void {
    this.records++
    if (this.keep > 0) {
      this.kept.push(text)
      if (this.kept.length > this.keep) this.kept.shift()
    }
    this.checker.take(text)
  }

  #plain (text: string): string {
    if (text.startsWith('[')) for (const record of JSON.parse(text) as unknown[]) this.#take(JSON.stringify(record))
    else for (const line of text.split('\n')) if (line !== '') this.#take(line)
    return '{}'
  }

  #bulk (text: string, flaky: boolean): string {
    const lines = text.split('\n')
    const items: string[] = []
    let errors = false
    for (let i = 0; i + 1 < lines.length; i += 2) {
      const [action, source = ''] = [lines[i] ?? '', lines[i + 1]]
      const kind = action.startsWith('{"create"') ? 'create' : 'index'
      const id = /"_id":"([^"]+)"/.exec(action)?.[1]
      let status = 201
      if (this.poison !== undefined && source.includes(this.poison)) status = 400
      else if (flaky && (i / 2) % 3 === 2) status = 429
      else if (id !== undefined && kind === 'create' && this.ids.has(id)) {
        status = 409
        this.conflicts++
      } else {
        if (id !== undefined) this.ids.add(id)
        this.#take(source)
      }
      if (status === 201) items.push(`{"${kind}":{"_index":"x","status":201}}`)
      else {
        errors = true
        const type = { 400: 'document_parsing_exception', 409: 'version_conflict_engine_exception', 429: 'es_rejected_execution_exception' }[status]
        items.push(`{"${kind}":{"_index":"x","status":${status},"error":{"type":"${type}","reason":"as the test asks"}}}`)
      }
    }
    return `{"took":1,"errors":${errors},"items":[${items.join()}]}`
  }
}
