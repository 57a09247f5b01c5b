import { afterEach, expect, test } from 'vitest'
import { CredentialSource, type CredentialOptions, type Credentials } from '../../../src/lib/aws/credentials.ts'
import { TestServer, answer } from '../../outputs/test-server.ts'

const NONE: CredentialOptions = { region: undefined, profile: undefined, roleArn: undefined, externalId: undefined, stsEndpoint: undefined }
const servers: TestServer[] = []
afterEach(async () => { for (const server of servers.splice(0)) await server.close() })

/** A source of numbered credentials that live for `life` milliseconds, at a time that tests set. */
function source(life: number | undefined): { credentials: CredentialSource; clock: { now: number }; state: { n: number; fails: boolean } } {
  const clock = { now: 1_000_000 }
  const state = { n: 0, fails: false }
  const find = async (): Promise<Credentials> => {
    if (state.fails) throw new Error('nobody knows')
    return { accessKeyId: String(++state.n), secretAccessKey: 's', ...(life === undefined ? {} : { expiration: new Date(clock.now + life) }) }
  }
  return { credentials: new CredentialSource(NONE, find, () => clock.now), clock, state }
}

test('credentials without an end are found once; many who ask at once wait for the same', async () => {
  const { credentials, clock } = source(undefined)
  const keys = await Promise.all([1, 2, 3].map(async () => (await credentials.get()).accessKeyId))
  clock.now += 1e9
  expect([...keys, (await credentials.get()).accessKeyId]).toEqual(['1', '1', '1', '1'])
})

test('they are renewed before they end, without holding anybody up, and used on while that fails', async () => {
  const { credentials, clock, state } = source(3_600_000)
  await credentials.get()
  clock.now += 3_400_000
  state.fails = true
  expect((await credentials.get()).accessKeyId).toBe('1')
  await new Promise((resolve) => { setImmediate(resolve) })
  state.fails = false
  clock.now += 20_000
  expect((await credentials.get()).accessKeyId).toBe('1')
  await expect.poll(async () => (await credentials.get()).accessKeyId).toBe('2')
})

test('those at their end are used no more', async () => {
  const { credentials, clock, state } = source(3_600_000)
  await credentials.get()
  clock.now += 3_595_000
  state.fails = true
  await expect(credentials.get()).rejects.toThrow('nobody knows')
  state.fails = false
  expect((await credentials.get()).accessKeyId).toBe('2')
})

test('what was refused is forgotten', async () => {
  const { credentials } = source(undefined)
  await credentials.get()
  credentials.forget()
  expect((await credentials.get()).accessKeyId).toBe('2')
})

test('an endpoint gives them too', async () => {
  const server = new TestServer(answer(200, { AccessKeyId: 'A', SecretAccessKey: 'S', Token: 'T', Expiration: '2030-01-01T00:00:00Z' }))
  servers.push(server)
  const endpoint = `http://127.0.0.1:${await server.listen()}/creds`
  expect(await new CredentialSource({ ...NONE, endpoint }).get()).toEqual({
    accessKeyId: 'A', secretAccessKey: 'S', sessionToken: 'T', expiration: new Date('2030-01-01T00:00:00Z')
  })
  server.behaviour = answer(200, {})
  await expect(new CredentialSource({ ...NONE, endpoint }).get()).rejects.toThrow('without AccessKeyId')
  server.behaviour = answer(500)
  await expect(new CredentialSource({ ...NONE, endpoint }).get()).rejects.toThrow('HTTP 500')
})
