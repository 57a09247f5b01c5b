import { expect, test } from 'vitest'
import { basic, fixedAuthorization } from '../../../src/outputs/shared/authorization.ts'

test.each([
  [{}, undefined],
  [{ user: '' }, undefined],
  [{ user: 'u', password: 'p:ä' }, basic('u', 'p:ä')],
  [{ user: 'u', token: 't' }, 'Bearer t']
])('%o', (credentials, value) => {
  expect(fixedAuthorization(credentials).header(new AbortController().signal)).toBe(value)
})

test('basic authentication is base 64 of UTF-8', () => {
  expect(basic('u', 'ä')).toBe('Basic dTrDpA==')
})
