import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Handshake, packText, type Secrets } from '../../../src/inputs/forward/handshake.ts'
import { ByteWriter } from '../../../src/lib/byte-writer.ts'
import { readMsgpack } from '../../outputs/shared/read-msgpack.ts'
import { pack } from '../../support/msgpack.ts'

const SALT = Buffer.from([0, 255, 128, 10, 97])
const secrets = (users: readonly (readonly [string, string])[] = []): Secrets => ({ key: 'key', hostname: 'server', users: new Map(users) })

/** By the specification: hexadecimal SHA-512 of the parts one behind the other. */
const digest = (...parts: readonly (string | Buffer)[]): string =>
  createHash('sha512').update(Buffer.concat(parts.map((part) => Buffer.from(part)))).digest('hex')

interface Helo {
  readonly nonce: string
  readonly auth: string
  readonly keepalive: boolean
}

function helo(handshake: Handshake): Helo {
  const [kind, options] = readMsgpack(handshake.helo()).value as [string, Helo]
  expect(kind).toBe('HELO')
  return options
}

function pong(handshake: Handshake, ping: unknown): { readonly told: unknown[]; readonly refused: string | undefined } {
  const { answer, refused } = handshake.pong(Buffer.isBuffer(ping) ? ping : pack(ping))
  return { told: readMsgpack(answer).value as unknown[], refused }
}

describe('HELO', () => {
  it('has a nonce of its own for each connection, and asks for a user only where there are some', () => {
    const [one, two, three] = [secrets(), secrets(), secrets([['alice', 'secret']])].map((given) => helo(new Handshake(given)))
    expect(new Set([one!.nonce, two!.nonce, three!.nonce]).size).toBe(3)
    expect([one!.auth, one!.keepalive]).toEqual(['', true])
    expect(three!.auth).toMatch(/^[0-9a-f]{16}$/)
  })
})

describe('PING', () => {
  it('with the right digest lets in, and the answer proves the key, whatever bytes the salt has', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), fc.string({ maxLength: 300 }), (salt, client) => {
      fc.pre(client !== 'server')
      const handshake = new Handshake(secrets())
      const { nonce } = helo(handshake)
      const { told, refused } = pong(handshake, ['PING', client, Buffer.from(salt), digest(Buffer.from(salt), client, nonce, 'key'), '', ''])
      expect([told, refused]).toEqual([['PONG', true, '', 'server', digest(Buffer.from(salt), 'server', nonce, 'key')], undefined])
    }))
  })

  it.each([
    ['another key', 'wrong', 'client', 'another shared key'],
    ['the name of the server', 'key', 'server', 'the name of the client is that of the server']
  ])('with %s is refused, and told nothing that proves the key', (_, key, client, reason) => {
    const handshake = new Handshake(secrets())
    const { nonce } = helo(handshake)
    const { told, refused } = pong(handshake, ['PING', client, SALT, digest(SALT, client, nonce, key), '', ''])
    expect([told, refused]).toEqual([['PONG', false, reason, 'server', ''], `${reason} (${client})`])
  })

  it('of one connection is worth nothing on another', () => {
    const [first, second] = [new Handshake(secrets()), new Handshake(secrets())]
    const ping = ['PING', 'client', SALT, digest(SALT, 'client', helo(first).nonce, 'key'), '', '']
    expect([pong(first, ping).refused, pong(second, ping).refused]).toEqual([undefined, 'another shared key (client)'])
  })

  it.each([
    ['alice', 'secret', undefined], ['alice', 'wrong', 'wrong user or password (client)'], ['bob', 'secret', 'wrong user or password (client)'],
    // no password is not the password of who is not known
    ['bob', '', 'wrong user or password (client)'], ['', '', 'wrong user or password (client)']
  ])('of user "%s" with password "%s": %s', (user, password, expected) => {
    const handshake = new Handshake(secrets([['alice', 'secret']]))
    const { nonce, auth } = helo(handshake)
    const ping = ['PING', 'client', SALT, digest(SALT, 'client', nonce, 'key'), user, digest(auth, user, password)]
    expect(pong(handshake, ping).refused).toBe(expected)
  })

  it.each([
    ['a message instead', ['app', 1, { n: 1 }]], ['a text', 'PING'], ['an empty list', []], ['a number', 7],
    ['another word', ['PONG', 'client', SALT, '', '', '']], ['a list that is cut', pack(['PING', 'client']).subarray(0, 12)]
  ])('that is none is refused: %s', (_, ping) => {
    const { told, refused } = pong(new Handshake(secrets()), ping)
    expect(told.slice(0, 3)).toEqual(['PONG', false, 'no PING'])
    expect(refused).toContain('no PING')
  })

  it('with members missing is refused for its digest', () => {
    expect(pong(new Handshake(secrets()), ['PING']).refused).toBe('another shared key ()')
  })
})

it.each([0, 1, 255, 65_535, 65_536, 200_000])('packs a text of %i bytes so that it is read as it was', (length) => {
  const out = new ByteWriter(16)
  packText('x'.repeat(length), out)
  packText('behind', out)
  const first = readMsgpack(out.view())
  expect((first.value as string).length).toBe(length)
  expect(readMsgpack(out.view(), first.next).value).toBe('behind')
})
