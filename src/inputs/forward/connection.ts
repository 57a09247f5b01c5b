/** One connection of the forward protocol: bytes into messages, the handshake before them, acknowledgements after them. */
import type { Socket } from 'node:net'
import type { Log } from '../../plugin/context.ts'
import { ByteWriter } from '../../lib/byte-writer.ts'
import { Handshake, packText, type Secrets } from './handshake.ts'
import { readMessage, type Message } from './message.ts'
import { Malformed, Splitter } from './splitter.ts'

export interface Host {
  readonly log: Log
  readonly secrets: Secrets | undefined
  /** Bytes of a message at most. */
  readonly largest: number
  /** What must be waited for before the message is taken, if anything. */
  ready(message: Message): Promise<void> | undefined
  take(message: Message): void
  /** A message that cannot be read: it is counted. */
  malformed(): void
  commit(): void
  /** Resolves when everything that was taken is safe. */
  safe(): Promise<void>
  closed(): void
}

export class Connection {
  readonly #socket: Socket
  readonly #host: Host
  readonly #peer: string
  readonly #handshake: Handshake | undefined
  #shaken: boolean
  readonly #splitter = new Splitter()
  readonly #bytes = new ByteWriter(16_384)
  /** Acknowledgements under way. */
  #owed: Promise<void> = Promise.resolve()
  #paused = false
  /** The connection is being ended: what still comes on it is left alone. */
  #refused = false

  constructor(socket: Socket, host: Host) {
    this.#socket = socket
    this.#host = host
    this.#peer = socket.remoteAddress === undefined ? 'a local process' : `${socket.remoteAddress}:${socket.remotePort}`
    this.#handshake = host.secrets === undefined ? undefined : new Handshake(host.secrets)
    this.#shaken = this.#handshake === undefined
    if (this.#handshake !== undefined) socket.write(this.#handshake.helo())
    socket.on('data', (bytes: Buffer) => this.#read(bytes))
    socket.once('close', () => host.closed())
  }

  pause(): void {
    this.#paused = true
    this.#socket.pause()
  }

  resume(): void {
    if (this.#refused) return
    this.#paused = false
    // messages that came with the one that filled the buffer
    this.#read(Buffer.alloc(0))
    if (!this.#isPaused()) this.#socket.resume()
  }

  #isPaused(): boolean {
    return this.#paused
  }

  #isRefused(): boolean {
    return this.#refused
  }

  /** Ends when every acknowledgement that is owed is sent. */
  async end(): Promise<void> {
    await this.#owed
    this.#socket.end()
  }

  #read(bytes: Buffer): void {
    if (this.#refused) return
    const buffer = this.#bytes
    buffer.copy(bytes)
    let done = 0
    try {
      while (!this.#paused && done < buffer.length) {
        const end = this.#splitter.find(buffer.bytes.subarray(done, buffer.length), buffer.length - done)
        if (end < 0) break
        this.#message(Buffer.from(buffer.bytes.subarray(done, done + end)))
        done += end
      }
    } catch (error) {
      if (!(error instanceof Malformed)) throw error
      this.#refuse('What came is not the forward protocol, so the connection is ended.', error.message)
      this.#host.malformed()
      return
    }
    if (this.#isRefused()) return
    buffer.bytes.copyWithin(0, done, buffer.length)
    buffer.length -= done
    if (buffer.length > this.#host.largest && !this.#paused) {
      this.#refuse('A message is longer than buffer_max_size, so the connection is ended.', `more than ${this.#host.largest} bytes`)
    }
  }

  #message(bytes: Buffer): void {
    if (!this.#shaken) {
      const { answer, refused } = this.#handshake!.pong(bytes)
      this.#socket.write(answer)
      if (refused === undefined) this.#shaken = true
      else this.#refuse('A client is not let in.', refused)
      return
    }
    const message = readMessage(bytes)
    if (message === undefined) return
    const ready = this.#host.ready(message)
    if (ready === undefined) {
      this.#take(message)
      return
    }
    this.pause()
    const go = (): void => {
      this.#take(message)
      this.resume()
    }
    ready.then(go, go)
  }

  #take(message: Message): void {
    this.#host.take(message)
    const { chunk } = message
    if (chunk === undefined) {
      this.#host.commit()
      return
    }
    // what cannot be stored is not acknowledged, and sent again
    this.#owed = this.#host.safe().then(() => void this.#socket.write(acknowledgement(chunk)), () => {})
  }

  #refuse(message: string, reason: string): void {
    this.#host.log.warn(message, { peer: this.#peer, reason })
    this.#bytes.reset()
    this.#refused = this.#paused = true
    this.#socket.pause()
    this.#socket.destroySoon()
  }
}

function acknowledgement(chunk: string): Buffer {
  const out = new ByteWriter(64)
  out.byte(0x81)
  packText('ack', out)
  packText(chunk, out)
  return Buffer.from(out.view())
}
