import { expect, test } from 'vitest'
import { unpack } from '../../../src/outputs/forward/unpack.ts'
import { pack } from '../fake-forward.ts'

test('values of the protocol read back, whole or not at all', () => {
  const value = ['HELO', { nonce: 'x'.repeat(40), auth: '', keepalive: true, n: [1, 200, 70_000, -1, null, false] }, 'y'.repeat(300)]
  const bytes = pack(value)
  const found = unpack(Buffer.concat([bytes, Buffer.from([1])]))
  expect(found?.end).toBe(bytes.length)
  const [helo, options, long] = found!.value as [string, Map<string, unknown>, string]
  expect([helo, Object.fromEntries(options), long]).toEqual(value)
  for (let end = 0; end < bytes.length; end++) expect(unpack(bytes.subarray(0, end))).toBeUndefined()
})

test('any bytes of a binary survive', () => {
  const nonce = Buffer.from([0, 128, 255, 10])
  const found = unpack(Buffer.concat([Buffer.from([0xc4, 4]), nonce]))
  expect(Buffer.from(found?.value as string, 'latin1')).toEqual(nonce)
})

test.each([[0xc1], [0xcb, 1, 2, 3, 4, 5, 6, 7, 8], Array.from({ length: 40 }, () => 0x91)])('what is none of the protocol is an error', (...bytes) => {
  expect(() => unpack(Buffer.from(bytes))).toThrow('an answer')
})
