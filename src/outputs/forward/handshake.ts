/**
 * The handshake of secure forward: HELO from the server, PING from us, PONG from the server; both prove the shared key by
 * digests over a salt, a nonce and their names.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { hostname } from 'node:os'
import { ByteWriter } from '../../lib/byte-writer.ts'
import { packText } from '../shared/msgpack.ts'

export interface Secrets {
  readonly key: string
  readonly name: string
  readonly user: string
  readonly password: string
}

export interface Talk {
  /** The next value that the server sends. */
  read(): Promise<unknown>
  write(bytes: Buffer): Promise<void>
}

/** The secrets that options hold; undefined when no handshake is wanted. */
export function secretsOf(options: {
  readonly shared_key: string | undefined; readonly empty_shared_key: boolean; readonly self_hostname: string | undefined
  readonly username: string; readonly password: string
}): Secrets | undefined {
  const key = options.shared_key ?? (options.empty_shared_key ? '' : undefined)
  return key === undefined ? undefined : { key, name: options.self_hostname ?? hostname(), user: options.username, password: options.password }
}

/** Rejects when the server does not let us in, or does not know the key itself. */
export async function shakeHands(talk: Talk, { key, name, user, password }: Secrets): Promise<void> {
  const helo = await talk.read()
  const options: unknown = Array.isArray(helo) && helo[0] === 'HELO' ? helo[1] : undefined
  if (!(options instanceof Map)) throw new Error('the server did not say HELO: it wants no shared key, or speaks another protocol')
  const nonce = latin1(options.get('nonce'))
  const auth = latin1(options.get('auth'))
  const salt = randomBytes(16).toString('hex').slice(0, 16)
  const digest = (server: string): string => sha512(Buffer.from(salt), Buffer.from(server, 'latin1'), nonce, Buffer.from(key))
  const to = new ByteWriter(1024)
  to.byte(0x96)
  const asks = auth.length > 0
  const ours = Buffer.from(name).toString('latin1')
  for (const text of ['PING', name, salt, digest(ours), asks ? user : '', asks ? sha512(auth, Buffer.from(user), Buffer.from(password)) : '']) packText(text, to)
  await talk.write(Buffer.from(to.view()))
  const pong = await talk.read()
  if (!Array.isArray(pong) || pong[0] !== 'PONG' || pong.length < 5) throw new Error('the server did not answer with PONG')
  if (pong[1] !== true) throw new Error(`the server does not let us in: ${String(pong[2]).slice(0, 200)}`)
  const said = Buffer.from(String(pong[4]))
  const expected = Buffer.from(digest(String(pong[3])))
  if (said.length !== expected.length || !timingSafeEqual(said, expected)) throw new Error('the server does not have the shared key')
}

function latin1(value: unknown): Buffer {
  return Buffer.from(typeof value === 'string' ? value : '', 'latin1')
}

function sha512(...parts: readonly Buffer[]): string {
  const hash = createHash('sha512')
  for (const part of parts) hash.update(part)
  return hash.digest('hex')
}
