/** Listens for connections: TCP with or without TLS, or a socket in the file system. */
import { chmodSync, readFileSync, rmSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import type { Fields, OptionsOf } from '../../config/fields.ts'
import { PluginError } from '../../plugin/context.ts'

export const listenOptions = {
  'listen': { kind: 'string', default: '0.0.0.0', example: '127.0.0.1', doc: 'Address to listen on.' },
  'tls': { kind: 'boolean', default: false, example: 'on', doc: 'Encrypt connections; needs tls.crt_file and tls.key_file.' },
  'tls.crt_file': { kind: 'string', example: '/etc/fantail/server.crt', doc: 'File of our certificate, PEM.' },
  'tls.key_file': { kind: 'string', example: '/etc/fantail/server.key', doc: 'File of our key, PEM.' },
  'tls.key_passwd': { kind: 'string', secret: true, example: 'file:///run/secrets/key', doc: 'Password of our key.' },
  'tls.ca_file': { kind: 'string', example: '/etc/fantail/clients.pem', doc: 'File of the authorities of clients, PEM.' },
  'tls.verify': {
    kind: 'boolean', default: false, example: 'on', doc: 'Let in only clients with a certificate of an authority in tls.ca_file.'
  }
} as const satisfies Fields

export interface ListenPlace {
  readonly host: string
  readonly port: number
  /** A socket in the file system instead, with its permissions in octal. */
  readonly path: string | undefined
  readonly permissions: string | undefined
}

export class Listener {
  readonly #place: ListenPlace
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(place: ListenPlace, server: Server, secure: boolean, take: (socket: Socket) => void) {
    this.#place = place
    this.#server = server
    server.on(secure ? 'secureConnection' : 'connection', (socket: Socket) => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
      // an error is followed by its close
      socket.on('error', () => {})
      take(socket)
    })
  }

  static async create(options: OptionsOf<typeof listenOptions>, place: ListenPlace, take: (socket: Socket) => void): Promise<Listener> {
    if (!options.tls) return new Listener(place, createServer(), false, take)
    const file = (name: 'tls.crt_file' | 'tls.key_file' | 'tls.ca_file'): Buffer | undefined => {
      const path = options[name]
      if (path === undefined) return undefined
      try {
        return readFileSync(path)
      } catch (error) {
        throw new PluginError(`the file of ${name} cannot be read: ${(error as Error).message}`, name, true)
      }
    }
    const [cert, key, ca] = [file('tls.crt_file'), file('tls.key_file'), file('tls.ca_file')]
    if (cert === undefined || key === undefined) throw new PluginError('tls needs tls.crt_file and tls.key_file', 'tls')
    const tls = await import('node:tls')
    const verify = options['tls.verify']
    try {
      const server = tls.createServer({
        cert, key, requestCert: verify, rejectUnauthorized: verify,
        ...(ca === undefined ? {} : { ca }),
        ...(options['tls.key_passwd'] === undefined ? {} : { passphrase: options['tls.key_passwd'] })
      })
      return new Listener(place, server, true, take)
    } catch (error) {
      throw new PluginError(`the certificate or key cannot be used: ${(error as Error).message}`, 'tls.crt_file')
    }
  }

  /** Where it listens; the port may have been chosen by the system. */
  get port(): number {
    const address = this.#server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  get connections(): number {
    return this.#sockets.size
  }

  /** Rejects with a sentence when it cannot listen. */
  async listen(): Promise<void> {
    const { host, port, path, permissions } = this.#place
    if (path !== undefined) await removeStale(path)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#server.once('error', (error) => reject(new PluginError(`cannot listen: ${error.message}`, path === undefined ? 'port' : 'unix_path')))
    if (path === undefined) this.#server.listen(port, host, resolve)
    else this.#server.listen(path, resolve)
    await promise
    if (path !== undefined && permissions !== undefined) chmodSync(path, Number.parseInt(permissions, 8))
  }

  /** Takes no connection any more and ends those that are there. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }
}

/** A socket that nobody listens on was left behind by a process that was killed. */
async function removeStale(path: string): Promise<void> {
  const refused = await new Promise<boolean>((resolve) => {
    const socket = connect(path, () => resolve(false))
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'))
    socket.once('close', () => socket.destroy())
    socket.unref()
  })
  if (refused) rmSync(path, { force: true })
}
