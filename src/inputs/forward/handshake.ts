/**
 * The handshake of secure forward on the server's side: HELO from us, PING from the client, PONG from us. Both prove that
 * they have the shared key by digests over a salt, a nonce and their names.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { MsgpackReader } from '../../event/msgpack.ts'
import { ByteWriter } from '../../lib/byte-writer.ts'

const NONE = Buffer.alloc(0)

export interface Secrets {
  readonly key: string
  readonly hostname: string
  /** Passwords by user; empty when nobody is asked for one. */
  readonly users: ReadonlyMap<string, string>
}

export class Handshake {
  readonly #secrets: Secrets
  // letters and digits, so that the same bytes stand in every form of text
  readonly #nonce = randomBytes(8).toString('hex')
  readonly #auth: string

  constructor(secrets: Secrets) {
    this.#secrets = secrets
    this.#auth = secrets.users.size > 0 ? randomBytes(8).toString('hex') : ''
  }

  helo(): Buffer {
    const out = new ByteWriter(128)
    out.byte(0x92)
    packText('HELO', out)
    out.byte(0x83)
    packText('nonce', out)
    packText(this.#nonce, out)
    packText('auth', out)
    packText(this.#auth, out)
    packText('keepalive', out)
    out.byte(0xc3)
    return Buffer.from(out.view())
  }

  /** The answer to a PING, and why the client is not let in, if it is not. */
  pong(ping: Buffer): { readonly answer: Buffer; readonly refused: string | undefined } {
    const { key, hostname } = this.#secrets
    const said = members(ping)
    const [, client = NONE, salt = NONE] = said ?? []
    const refused = said === undefined ? 'no PING' : this.#judge(said)
    const out = new ByteWriter(512)
    out.byte(0x95)
    packText('PONG', out)
    out.byte(refused === undefined ? 0xc3 : 0xc2)
    packText(refused ?? '', out)
    packText(hostname, out)
    packText(refused === undefined ? sha512(salt, hostname, this.#nonce, key) : '', out)
    return { answer: Buffer.from(out.view()), refused: refused === undefined ? undefined : `${refused} (${client.toString()})` }
  }

  #judge([kind = NONE, client = NONE, salt = NONE, digest = NONE, user = NONE, password = NONE]: readonly Buffer[]): string | undefined {
    if (kind.toString() !== 'PING') return 'no PING'
    const { key, hostname, users } = this.#secrets
    if (client.toString() === hostname) return 'the name of the client is that of the server'
    if (!same(digest, sha512(salt, client, this.#nonce, key))) return 'another shared key'
    if (users.size === 0) return undefined
    const known = users.get(user.toString())
    // the digest is compared for unknown users too, so that nothing shows which there are
    const right = same(password, sha512(this.#auth, user, known ?? ''))
    return known !== undefined && right ? undefined : 'wrong user or password'
  }
}

/** The members of an array of texts, as bytes, since a salt may be any; undefined when it is none. */
function members(bytes: Buffer): Buffer[] | undefined {
  try {
    const reader = new MsgpackReader(bytes, 0, bytes.length)
    return Array.from({ length: reader.container(0x90, 0xdc) }, () => reader.raw())
  } catch {
    return undefined
  }
}

export function packText(text: string, to: ByteWriter): void {
  const length = Buffer.byteLength(text)
  const width = length > 0xffff ? 4 : 2
  to.reserve(1 + width)
  to.byte(width === 4 ? 0xdb : 0xda)
  to.length = to.bytes.writeUIntBE(length, to.length, width)
  to.text(text)
}

function sha512(...parts: readonly (string | Buffer)[]): string {
  const hash = createHash('sha512')
  for (const part of parts) hash.update(part)
  return hash.digest('hex')
}

function same(said: Buffer, expected: string): boolean {
  const bytes = Buffer.from(expected)
  return said.length === bytes.length && timingSafeEqual(said, bytes)
}
