/** An HTTP server for faults: it answers each request as the test says, and keeps what it was sent. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Received {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

export type Behaviour = (response: ServerResponse, received: Received) => void

export class TestServer {
  readonly received: Received[] = []
  readonly #server: Server
  behaviour: Behaviour

  constructor(behaviour: Behaviour) {
    this.behaviour = behaviour
    this.#server = createServer((request, response) => {
      const parts: Buffer[] = []
      request.on('data', (part: Buffer) => parts.push(part))
      request.on('error', () => {})
      request.on('end', () => {
        const { method = '', url = '', headers } = request
        const received = { method, url, headers, body: Buffer.concat(parts) }
        this.received.push(received)
        this.behaviour(response, received)
      })
    })
  }

  /** Listens on a port, or on any that is free, and returns it. */
  async listen(port = 0): Promise<number> {
    await new Promise<void>((resolve) => { this.#server.listen(port, '127.0.0.1', resolve) })
    return (this.#server.address() as AddressInfo).port
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => { this.#server.close(resolve) })
  }
}

/** Answers with a status, a body (text, or JSON of anything else) and header fields. */
export function answer(status: number, body: unknown = '', headers: { [name: string]: string } = {}): Behaviour {
  const json = typeof body !== 'string'
  return (response) => {
    response.writeHead(status, { ...(json ? { 'content-type': 'application/json' } : {}), ...headers })
    response.end(json ? JSON.stringify(body) : body)
  }
}
