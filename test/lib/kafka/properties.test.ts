import { expect, it } from 'vitest'
import { Properties, PropertyError } from '../../../src/lib/kafka/properties.ts'
import { containing } from './settings.ts'

const read = (given: { readonly [name: string]: string }, role: 'producer' | 'consumer' = 'producer'): Properties => (
  new Properties(new Map(Object.entries(given)), role)
)

it('reads values, aliases and spellings', () => {
  const properties = read({ 'metadata.broker.list': 'a:1', 'request.required.acks': '1', 'compression.type': 'LZ4', 'enable.idempotence': 'False', 'socket.timeout.ms': '500' })
  expect([properties.text('bootstrap.servers'), properties.text('acks'), properties.text('compression.codec')]).toEqual(['a:1', '1', 'lz4'])
  expect([properties.flag('enable.idempotence'), properties.integer('socket.timeout.ms'), properties.flag('socket.keepalive.enable')]).toEqual([false, 500, undefined])
  expect(properties.idle).toEqual([])
})

it('says what has no effect and why', () => {
  expect(read({ 'linger.ms': '5', 'fetch.min.bytes': '1' }).idle).toEqual([
    ['linger.ms', containing('gathered')], ['fetch.min.bytes', 'it is for consumers']
  ])
})

it.each([
  ['transactional.id', 'x', /transactions/], ['sasl.kerberos.principal', 'x', /Kerberos/], ['no.such', 'x', /no such property/],
  ['socket.timeout.ms', 'soon', /whole number from 10 to 300000/], ['socket.timeout.ms', '1', /whole number/],
  ['acks', '2', /one of -1, all, 0, 1/], ['enable.idempotence', 'maybe', /true or false/]
])('refuses %s %s', (name, value, reason) => {
  try {
    read({ [name]: value })
    expect.unreachable()
  } catch (error) {
    expect(error).toBeInstanceOf(PropertyError)
    expect((error as PropertyError).property).toBe(name)
    expect((error as PropertyError).message).toMatch(reason)
  }
})
