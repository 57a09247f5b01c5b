import { expect, it } from 'vitest'
import { bodyOf, pathOf, type SdkRequest } from '../../../src/lib/aws/sdk-request.ts'

const request: SdkRequest = { method: 'GET', protocol: 'https:', hostname: 'a', path: '/p', headers: {} }

it('spells the query as it was signed', () => {
  expect(pathOf(request)).toBe('/p')
  expect(pathOf({ ...request, query: { role: 'a b&c', account: ['1', '2'], none: null } })).toBe('/p?role=a%20b%26c&account=1&account=2&none')
})

it('gives the body as bytes, without a copy where it has some', () => {
  const bytes = Buffer.from('abc')
  expect(bodyOf({ ...request, body: bytes })).toBe(bytes)
  expect(bodyOf({ ...request, body: 'é' }).toString()).toBe('é')
  expect(bodyOf({ ...request, body: new Uint8Array(bytes).subarray(1) }).toString()).toBe('bc')
  expect(bodyOf(request).length).toBe(0)
})
