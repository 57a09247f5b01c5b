import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'
import { expect, it } from 'vitest'
import { authenticate, type Channel, type Login } from '../../../src/lib/kafka/sasl.ts'
import { WireReader, WireWriter } from '../../../src/lib/kafka/wire.ts'

type Reply = { readonly error?: number, readonly message?: string, readonly text?: string, readonly lifetime?: number }

/** A broker that answers each message of the login by `reply`. */
function channel (reply: (message: string, step: number) => Reply, mechanisms = ['PLAIN']): Channel {
  let step = 0
  return {
    name: 'broker:9092',
    request: async (api, compose) => {
      const w = new WireWriter()
      compose(w)
      const r = new WireReader(w.view())
      const answer = new WireWriter()
      if (api.key === 17) {
        answer.int16(mechanisms.includes(r.string()) ? 0 : 33)
        answer.array(mechanisms, (name) => answer.string(name))
      } else {
        const { error = 0, message = null, text = '', lifetime = 0 } = reply(r.blob()!.toString(), step++)
        answer.int16(error)
        answer.string(message)
        answer.blob(Buffer.from(text))
        answer.int64(lifetime)
      }
      return { answer: new WireReader(Buffer.from(answer.view())), version: 1 }
    }
  }
}

const scramLogin: Login = { mechanism: 'SCRAM-SHA-256', username: 'a=b,c', password: 'pencil' }

/** The server's side of RFC 5802. */
function scramServer (password: string, rounds = 4096, signature?: string): (message: string, step: number) => Reply {
  let first = ''
  let challenge = ''
  const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64')
  return (message, step) => {
    if (step === 0) {
      expect(message).toMatch(/^n,,n=a=3Db=2Cc,r=/)
      first = message.slice(3)
      challenge = `r=${/r=(.+)$/.exec(first)![1]}SERVER,s=${salt.toString('base64')},i=${rounds}`
      return { text: challenge }
    }
    const [bare, proof] = message.split(',p=') as [string, string]
    const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()
    const salted = pbkdf2Sync(password, salt, rounds, 32, 'sha256')
    const stored = createHash('sha256').update(hmac(salted, 'Client Key')).digest()
    const signed = `${first},${challenge},${bare}`
    const key = Buffer.from(proof, 'base64').map((byte, i) => byte ^ hmac(stored, signed)[i]!)
    if (!createHash('sha256').update(key).digest().equals(stored)) return { error: 58, message: 'wrong password' }
    return { text: `v=${signature ?? hmac(hmac(salted, 'Server Key'), signed).toString('base64')}`, lifetime: 5000 }
  }
}

it('logs in with PLAIN and learns how long it holds', async () => {
  const login: Login = { mechanism: 'PLAIN', username: 'u', password: 'p' }
  expect(await authenticate(channel((message) => ({ error: message === '\0u\0p' ? 0 : 58, lifetime: 3000 })), login)).toBe(3000)
  await expect(authenticate(channel(() => ({ error: 58, message: 'no such user' })), login)).rejects.toThrow('cannot log in to broker:9092: SASL_AUTHENTICATION_FAILED: no such user')
})

it('says what the broker offers instead', async () => {
  await expect(authenticate(channel(() => ({})), scramLogin)).rejects.toThrow('broker:9092 offers no SCRAM-SHA-256, but PLAIN')
})

it('proves a password by SCRAM without telling it, and asks for the same proof', async () => {
  const offer = ['SCRAM-SHA-256']
  expect(await authenticate(channel(scramServer('pencil'), offer), scramLogin)).toBe(5000)
  await expect(authenticate(channel(scramServer('other'), offer), scramLogin)).rejects.toThrow('wrong password')
  await expect(authenticate(channel(scramServer('pencil', 4096, 'AAAA'), offer), scramLogin)).rejects.toThrow('does not know the password itself')
  await expect(authenticate(channel(scramServer('pencil', 100), offer), scramLogin)).rejects.toThrow('100 rounds')
  await expect(authenticate(channel(() => ({ text: 'r=other,s=QQ==,i=4096' }), offer), scramLogin)).rejects.toThrow('makes no sense')
})

it('sends a token with its extensions, and reads why it was refused', async () => {
  const login: Login = { mechanism: 'OAUTHBEARER', token: () => Promise.resolve({ value: 'T', extensions: new Map([['x', 'y']]) }) }
  const seen: string[] = []
  const accepting = channel((message) => (seen.push(message), {}), ['OAUTHBEARER'])
  expect(await authenticate(accepting, login)).toBe(0)
  expect(seen).toEqual(['n,,\x01auth=Bearer T\x01x=y\x01\x01'])
  const refusing = channel((_, step) => (step === 0 ? { text: '{"status":"invalid_token"}' } : { error: 58 }), ['OAUTHBEARER'])
  await expect(authenticate(refusing, login)).rejects.toThrow('the token was refused: {"status":"invalid_token"}')
})
