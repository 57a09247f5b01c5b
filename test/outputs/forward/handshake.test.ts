import { createHash } from 'node:crypto'
import { hostname } from 'node:os'
import { expect, test } from 'vitest'
import { secretsOf, shakeHands, type Secrets } from '../../../src/outputs/forward/handshake.ts'
import { unpack } from '../../../src/outputs/forward/unpack.ts'
import { readMsgpack } from '../shared/read-msgpack.ts'
import { pack } from '../fake-forward.ts'

const SECRETS: Secrets = { key: 'k€y', name: 'nöde', user: 'ünser', password: 'p' }
const NONCE = Buffer.from([0, 1, 127, 128, 200, 255])
const SALT = Buffer.from([255, 0, 195, 40])

const sha512 = (...parts: (string | Buffer)[]): string => createHash('sha512').update(Buffer.concat(parts.map((part) => Buffer.from(part as string)))).digest('hex')
const bin = (bytes: Buffer): Buffer => Buffer.concat([Buffer.from([0xc4, bytes.length]), bytes])
/** HELO with a nonce and a salt that are no text. */
const helo = (auth: Buffer): Buffer => Buffer.concat([Buffer.from([0x92]), pack('HELO'), Buffer.from([0x83]), pack('nonce'), bin(NONCE), pack('auth'), bin(auth), pack('keepalive'), pack(true)])

type Ping = [kind: string, name: string, salt: string, digest: string, user: string, password: string]

/** A server that says HELO and answers a PING with what `pong` makes of it. */
async function talk(first: Buffer, pong: (ping: Ping) => Buffer, secrets: Secrets = SECRETS): Promise<Ping> {
  const said = [first]
  let ping: Ping | undefined
  await shakeHands({
    read: async () => await Promise.resolve(unpack(said.shift()!)!.value),
    write: async (bytes) => {
      ping = readMsgpack(bytes).value as Ping
      expect(readMsgpack(bytes).next).toBe(bytes.length)
      said.push(pong(ping))
      await Promise.resolve()
    }
  }, secrets)
  return ping!
}

const right = ([, , salt]: Ping): Buffer => pack(['PONG', true, '', 'sérver', sha512(salt, 'sérver', NONCE, 'k€y')])

test('the key is proved by SHA-512 over salt, name, nonce and key', async () => {
  const [kind, name, salt, digest, user, password] = await talk(helo(Buffer.alloc(0)), right)
  expect([kind, name, user, password]).toEqual(['PING', 'nöde', '', ''])
  expect(digest).toBe(sha512(salt, 'nöde', NONCE, 'k€y'))
})

test('the password is proved by SHA-512 over the server\'s salt, user and password, where the server asks for it', async () => {
  const [, , , , user, password] = await talk(helo(SALT), right)
  expect([user, password]).toEqual(['ünser', sha512(SALT, 'ünser', 'p')])
})

test('neither key nor password goes over the line, and no salt twice', async () => {
  const secrets = { key: 'the-secret-key', name: 'n', user: 'u', password: 'the-password' }
  const answer = ([, , salt]: Ping): Buffer => pack(['PONG', true, '', 's', sha512(salt, 's', NONCE, secrets.key)])
  const pings = [await talk(helo(SALT), answer, secrets), await talk(helo(SALT), answer, secrets)]
  expect(JSON.stringify(pings)).not.toMatch(/the-secret-key|the-password/)
  expect(pings[0]![2]).not.toBe(pings[1]![2])
})

test('an empty key is a key', async () => {
  const ping = await talk(helo(Buffer.alloc(0)), ([, , salt]) => pack(['PONG', true, '', 's', sha512(salt, 's', NONCE)]), { ...SECRETS, key: '' })
  expect(ping[3]).toBe(sha512(ping[2], 'nöde', NONCE))
})

test.each<[string, Buffer, (ping: Ping) => Buffer, string]>([
  ['says something else', pack(['HI', {}]), right, 'the server did not say HELO'],
  ['says HELO without options', pack(['HELO']), right, 'the server did not say HELO'],
  ['acknowledges at once', pack({ ack: 'x' }), right, 'the server did not say HELO'],
  ['does not answer with PONG', helo(SALT), () => pack(['HELO', {}]), 'the server did not answer with PONG'],
  ['answers with half a PONG', helo(SALT), () => pack(['PONG', true, '']), 'the server did not answer with PONG'],
  ['does not let us in', helo(SALT), () => pack(['PONG', false, 'shared_key mismatch', '', '']), 'the server does not let us in: shared_key mismatch'],
  ['lets us in by a word that is not true', helo(SALT), () => pack(['PONG', 1, 'x', '', '']), 'the server does not let us in: x'],
  ['proves another key', helo(SALT), ([, , salt]) => pack(['PONG', true, '', 's', sha512(salt, 's', NONCE, 'other')]), 'the server does not have the shared key'],
  ['sends our own proof back', helo(SALT), ([, , , digest]) => pack(['PONG', true, '', 's', digest]), 'the server does not have the shared key'],
  ['proves nothing', helo(SALT), () => pack(['PONG', true, '', 's', '']), 'the server does not have the shared key']
])('a server that %s is not talked to', async (_, first, pong, reason) => {
  await expect(talk(first, pong)).rejects.toThrow(reason)
})

test('the server\'s reason is cut, not its length trusted', async () => {
  const refusal = talk(helo(SALT), () => pack(['PONG', false, 'x'.repeat(5000), '', '']))
  await expect(refusal).rejects.toThrow(new Error(`the server does not let us in: ${'x'.repeat(200)}`))
})

test('secrets are wanted when there is a key, if an empty one', () => {
  const options = { shared_key: undefined, empty_shared_key: false, self_hostname: undefined, username: 'u', password: 'p' }
  expect(secretsOf(options)).toBeUndefined()
  expect(secretsOf({ ...options, empty_shared_key: true })).toEqual({ key: '', name: hostname(), user: 'u', password: 'p' })
  expect(secretsOf({ ...options, shared_key: 'k', empty_shared_key: true, self_hostname: 'me' })).toEqual({ key: 'k', name: 'me', user: 'u', password: 'p' })
})
