/** One connection of the forward protocol: messages out, answers in, one exchange at a time. */
import type { Socket } from 'node:net'
import { unpack } from './unpack.ts'

/** An answer longer than this is none of the protocol's. */
const LONGEST_ANSWER = 64 * 1024

export class Connection {
  readonly #socket: Socket
  #received: Buffer = Buffer.alloc(0)
  #failure: Error | undefined
  #waiting: { resolve(value: unknown): void; reject(error: Error): void } | undefined
  /** Exchanges so far. */
  uses = 0

  constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (part: Buffer) => {
      this.#received = this.#received.length === 0 ? part : Buffer.concat([this.#received, part])
      this.#serve()
    })
    socket.on('error', (error) => { this.#fail(error) })
    socket.on('close', () => { this.#fail(new Error('the other side closed the connection')) })
  }

  get usable(): boolean {
    return this.#failure === undefined
  }

  /** Resolves when the system has taken the bytes. */
  async write(bytes: Buffer): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#socket.write(bytes, (error) => {
      if (error === null || error === undefined) resolve()
      else reject(error)
    })
    // an error of the socket comes first, and says more
    await promise.catch((error: unknown) => { throw this.#failure ?? error })
  }

  /** The next value that the other side sends. */
  async read(): Promise<unknown> {
    if (this.#failure !== undefined) throw this.#failure
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    this.#waiting = { resolve, reject }
    this.#serve()
    return await promise
  }

  #serve(): void {
    const waiting = this.#waiting
    if (waiting === undefined) return
    try {
      const found = unpack(this.#received)
      if (found === undefined) {
        if (this.#received.length > LONGEST_ANSWER) throw new Error('the other side speaks another protocol')
        return
      }
      this.#received = this.#received.subarray(found.end)
      this.#waiting = undefined
      waiting.resolve(found.value)
    } catch (error) {
      this.close(error as Error)
    }
  }

  #fail(error: Error): void {
    this.#failure ??= error
    this.#waiting?.reject(this.#failure)
    this.#waiting = undefined
  }

  close(reason = new Error('closed')): void {
    this.#fail(reason)
    this.#socket.destroy()
  }

  /** Closes when it stays idle for so many milliseconds. */
  rest(milliseconds: number): void {
    this.#socket.setTimeout(milliseconds, () => { this.close() })
  }

  work(): void {
    this.uses++
    this.#socket.setTimeout(0)
    this.#socket.removeAllListeners('timeout')
  }
}
