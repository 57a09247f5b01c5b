/**
 * Logging in: SaslHandshake names the mechanism, SaslAuthenticate carries its messages (KIP-152); the broker says when
 * the login ends (KIP-368). PLAIN (RFC 4616), SCRAM (RFC 5802, RFC 7677), OAUTHBEARER (RFC 7628, KIP-255).
 */
import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { SASL_AUTHENTICATE, SASL_HANDSHAKE, readSaslAuthenticate, readSaslHandshake, type Api } from './messages.ts'
import { KafkaError, describeError } from './protocol-errors.ts'
import type { WireReader, WireWriter } from './wire.ts'

export interface Token {
  readonly value: string
  /** Extensions of KIP-342 that go to the broker with it. */
  readonly extensions?: ReadonlyMap<string, string>
}

export type Login =
  | { readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'; readonly username: string; readonly password: string }
  /** `token` is asked before every login. */
  | { readonly mechanism: 'OAUTHBEARER'; readonly token: () => Promise<Token> }

/** What logging in needs of a connection. */
export interface Channel {
  readonly name: string
  request(api: Api, compose: (writer: WireWriter) => void): Promise<{ readonly answer: WireReader; readonly version: number }>
}

/** Logs in; returns the milliseconds that it holds, 0 for ever. Rejects with KafkaError. */
export async function authenticate(channel: Channel, login: Login): Promise<number> {
  const { answer } = await channel.request(SASL_HANDSHAKE, (w) => w.string(login.mechanism))
  const { error, mechanisms } = readSaslHandshake(answer)
  if (error !== 0) {
    throw new KafkaError(`${channel.name} offers no ${login.mechanism}, but ${mechanisms.join(', ') || 'no login at all'}`, { code: error })
  }
  switch (login.mechanism) {
    case 'PLAIN': return (await exchange(channel, `\0${login.username}\0${login.password}`)).lifetime
    case 'OAUTHBEARER': return await bearer(channel, await login.token())
    default: return await scram(channel, login.mechanism === 'SCRAM-SHA-256' ? 'sha256' : 'sha512', login.username, login.password)
  }
}

async function exchange(channel: Channel, message: string): Promise<{ readonly text: string; readonly lifetime: number }> {
  const { answer, version } = await channel.request(SASL_AUTHENTICATE, (w) => w.blob(Buffer.from(message)))
  const { error, message: words, bytes, lifetime } = readSaslAuthenticate(answer, version)
  if (error !== 0) throw new KafkaError(`cannot log in to ${channel.name}: ${describeError(error, words)}`, { code: error })
  return { text: bytes.toString(), lifetime }
}

/** The broker refuses a token by a message with an error in JSON, which must be acknowledged by a byte 01 (RFC 7628, 3.2.3). */
async function bearer(channel: Channel, { value, extensions }: Token): Promise<number> {
  let message = `n,,\x01auth=Bearer ${value}\x01`
  for (const [name, text] of extensions ?? []) message += `${name}=${text}\x01`
  const { text, lifetime } = await exchange(channel, `${message}\x01`)
  if (text === '') return lifetime
  await exchange(channel, '\x01').catch(() => {})
  throw new KafkaError(`cannot log in to ${channel.name}: the token was refused: ${text.slice(0, 300)}`, { code: 58 })
}

async function scram(channel: Channel, hash: 'sha256' | 'sha512', username: string, password: string): Promise<number> {
  const refuse = (why: string): KafkaError => new KafkaError(`cannot log in to ${channel.name}: ${why}`, { code: 58 })
  const nonce = randomBytes(24).toString('base64')
  const first = `n=${username.replaceAll('=', '=3D').replaceAll(',', '=2C')},r=${nonce}`
  const challenge = (await exchange(channel, `n,,${first}`)).text
  const given = attributes(challenge)
  const [serverNonce, salt, rounds] = [given.get('r') ?? '', given.get('s') ?? '', Number(given.get('i'))]
  if (!serverNonce.startsWith(nonce) || serverNonce === nonce || salt === '') throw refuse('the broker\'s challenge makes no sense')
  // RFC 7677 asks for 4096 at least; a broker that asks for very many would hold us up for ever
  if (!(rounds >= 4096 && rounds <= 10_000_000)) throw refuse(`the broker asks for ${given.get('i') ?? 'no'} rounds of hashing`)
  const salted = await promisify(pbkdf2)(password.normalize('NFKC'), Buffer.from(salt, 'base64'), rounds, hash === 'sha256' ? 32 : 64, hash)
  const hmac = (key: Buffer, text: string): Buffer => createHmac(hash, key).update(text).digest()
  const clientKey = hmac(salted, 'Client Key')
  const bare = `c=biws,r=${serverNonce}`
  const signed = `${first},${challenge},${bare}`
  const signature = hmac(createHash(hash).update(clientKey).digest(), signed)
  const proof = Buffer.from(clientKey.map((byte, i) => byte ^ signature[i]!))
  const last = await exchange(channel, `${bare},p=${proof.toString('base64')}`)
  const verifier = Buffer.from(attributes(last.text).get('v') ?? '', 'base64')
  const wanted = hmac(hmac(salted, 'Server Key'), signed)
  if (verifier.length !== wanted.length || !timingSafeEqual(verifier, wanted)) throw refuse('the broker does not know the password itself')
  return last.lifetime
}

function attributes(text: string): ReadonlyMap<string, string> {
  return new Map(text.split(',').map((item) => [item.slice(0, 1), item.slice(2)]))
}
