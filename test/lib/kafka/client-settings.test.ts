import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { clusterSettings, readAddress, type Surroundings } from '../../../src/lib/kafka/client-settings.ts'
import type { ClusterSettings } from '../../../src/lib/kafka/cluster.ts'
import { Properties } from '../../../src/lib/kafka/properties.ts'
import { tempFolder } from '../../support/temp.ts'

const settings = (given: { readonly [name: string]: string }, around: Partial<Surroundings> = {}): ClusterSettings => (
  clusterSettings(new Properties(new Map(Object.entries(given)), 'producer'), { brokers: [], clientId: 'fantail', ...around })
)

it('reads addresses', () => {
  expect(['a', 'a:1', '[::1]:2', 'SSL://b:3'].map(readAddress)).toEqual([
    { host: 'a', port: 9092 }, { host: 'a', port: 1 }, { host: '::1', port: 2 }, { host: 'b', port: 3 }
  ])
  expect(() => readAddress('a:99999')).toThrow('a broker is a name and a port')
  expect(() => readAddress('http://a:80')).toThrow('not http')
})

it('has the defaults of a plain connection', () => {
  expect(settings({ 'bootstrap.servers': 'a:1, b' })).toMatchObject({
    bootstrap: [{ host: 'a', port: 1 }, { host: 'b', port: 9092 }], clientId: 'fantail', tls: undefined, login: undefined, metadataAge: 300_000
  })
})

it('makes TLS of files, texts and switches', () => {
  const file = join(tempFolder('tls'), 'ca.pem')
  writeFileSync(file, 'authority')
  const { tls } = settings({
    'security.protocol': 'SSL', 'ssl.ca.location': file, 'ssl.certificate.pem': 'a\\nb', 'ssl.key.password': 'p',
    'ssl.endpoint.identification.algorithm': 'none', 'enable.ssl.certificate.verification': 'false'
  })
  expect(tls).toMatchObject({ ca: Buffer.from('authority'), cert: 'a\nb', passphrase: 'p', rejectUnauthorized: false })
  expect(tls?.checkServerIdentity?.('x', {} as never)).toBeUndefined()
  expect(() => settings({ 'security.protocol': 'ssl', 'ssl.ca.location': '/no/such' })).toThrow('cannot read /no/such')
  expect(settings({}, { tls: { servername: 's' } }).tls).toEqual({ servername: 's' })
})

it('makes logins', async () => {
  const sasl = { 'security.protocol': 'sasl_plaintext', 'sasl.username': 'u', 'sasl.password': 'p' }
  expect(settings({ ...sasl, 'sasl.mechanism': 'scram-sha-256' }).login).toEqual({ mechanism: 'SCRAM-SHA-256', username: 'u', password: 'p' })
  expect(settings({ 'sasl.mechanisms': 'PLAIN', 'sasl.username': 'u' }).login).toBeUndefined()
  expect(() => settings({ 'security.protocol': 'sasl_ssl' })).toThrow('a login needs a mechanism')
  expect(() => settings({ 'security.protocol': 'sasl_ssl', 'sasl.mechanisms': 'PLAIN', 'sasl.username': 'u' })).toThrow('PLAIN needs a password')
  expect(() => settings({ 'security.protocol': 'sasl_ssl', 'sasl.mechanisms': 'OAUTHBEARER' })).toThrow('OAUTHBEARER needs it')
  expect(() => settings({ 'security.protocol': 'sasl_ssl', 'sasl.mechanisms': 'AWS_MSK_IAM' })).toThrow('needs aws_msk_iam on')
  const msk = settings({}, { mskTokens: () => Promise.resolve({ value: 't' }) })
  expect(msk.tls).toEqual({})
  expect(msk.login?.mechanism === 'OAUTHBEARER' && await msk.login.token()).toEqual({ value: 't' })
})
