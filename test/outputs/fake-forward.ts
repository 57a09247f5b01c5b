/** A server of the forward protocol that keeps what it gets, lets in whom it shall, and fails as it is told. */
import { createHash } from 'node:crypto'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { ByteWriter } from '../../src/lib/byte-writer.ts'
import { writeValue } from '../../src/outputs/shared/msgpack.ts'
import { readAllMsgpack, readMsgpack } from './shared/read-msgpack.ts'

export interface ForwardMessage {
  readonly mode: 'message' | 'forward' | 'packed'
  readonly tag: string
  /** `[time, body]` each. */
  readonly entries: readonly (readonly unknown[])[]
  readonly options: { readonly [name: string]: unknown }
}

interface Door {
  readonly key: string
  readonly user?: string
  readonly password?: string
}

function sha512(...parts: readonly string[]): string {
  const hash = createHash('sha512')
  for (const part of parts) hash.update(part)
  return hash.digest('hex')
}

export function pack(value: unknown): Buffer {
  const text = Buffer.from(JSON.stringify(value))
  const to = new ByteWriter()
  writeValue(text, 0, text.length, to)
  return Buffer.from(to.view())
}

export class FakeForward {
  readonly messages: ForwardMessage[] = []
  connections = 0
  /** What becomes of a message: acknowledged, taken in silence, or the connection is cut before or after it is taken. */
  behaviour: (message: ForwardMessage, n: number) => 'ack' | 'silence' | 'cut' | 'take and cut' | 'wrong' = () => 'ack'
  readonly #door: Door | undefined
  /** Answers PONG with a digest of another key. */
  lies = false
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  constructor(door?: Door) {
    this.#door = door
    this.#server = createServer((socket) => { this.#serve(socket) })
  }

  async listen(port: number | string = 0): Promise<number> {
    await new Promise<void>((resolve) => {
      if (typeof port === 'string') this.#server.listen(port, resolve)
      else this.#server.listen(port, '127.0.0.1', resolve)
    })
    return typeof port === 'string' ? 0 : (this.#server.address() as AddressInfo).port
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => { this.#server.close(resolve) })
  }

  #serve(socket: Socket): void {
    this.connections++
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('error', () => {})
    const nonce = 'n0nce'
    let inside = this.#door === undefined
    if (this.#door !== undefined) socket.write(pack(['HELO', { nonce, auth: this.#door.user === undefined ? '' : 'salty', keepalive: true }]))
    let received = Buffer.alloc(0)
    socket.on('data', (part: Buffer) => {
      received = Buffer.concat([received, part])
      while (received.length > 0) {
        let read: { value: unknown; next: number }
        try {
          read = readMsgpack(received)
        } catch {
          return
        }
        if (read.next > received.length) return
        received = received.subarray(read.next)
        if (!inside) inside = this.#letIn(socket, read.value as string[], nonce)
        else this.#take(socket, read.value as unknown[])
      }
    })
  }

  #letIn(socket: Socket, [kind, name = '', salt = '', digest, user, password]: string[], nonce: string): boolean {
    const door = this.#door!
    const right = kind === 'PING' && digest === sha512(salt, name, nonce, door.key) && (door.user === undefined || (
      user === door.user && password === sha512('salty', door.user, door.password ?? '')
    ))
    const proof = sha512(salt, 'server', nonce, this.lies ? 'another' : door.key)
    socket.write(pack(['PONG', right, right ? '' : 'wrong key', 'server', right ? proof : '']))
    return right
  }

  #take(socket: Socket, value: unknown[]): void {
    const message = readMessage(value)
    const what = this.behaviour(message, this.messages.length)
    if (what !== 'cut') this.messages.push(message)
    if (what.endsWith('cut')) socket.destroy()
    else if (what === 'wrong') socket.write(pack({ ack: 'another' }))
    else if (what === 'ack' && message.options['chunk'] !== undefined) socket.write(pack({ ack: message.options['chunk'] }))
  }
}

function readMessage(value: unknown[]): ForwardMessage {
  const [tag, second, third, fourth] = value as [string, unknown, unknown, unknown]
  if (value.length === 4) return { mode: 'message', tag, entries: [[second, third]], options: fourth as object as ForwardMessage['options'] }
  const options = (third ?? {}) as ForwardMessage['options']
  if (Array.isArray(second)) return { mode: 'forward', tag, entries: second as unknown[][], options }
  const bytes = options['compressed'] === 'gzip' ? gunzipSync(second as Buffer) : second as Buffer
  return { mode: 'packed', tag, entries: readAllMsgpack(bytes) as unknown[][], options }
}
