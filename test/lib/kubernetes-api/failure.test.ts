import { expect, it } from 'vitest'
import { ApiFailure, statusText } from '../../../src/lib/kubernetes-api/failure.ts'

it('a failure tells what has expired from what is refused', () => {
  expect([410, 401, 403, 500, 0].map((status) => new ApiFailure('x', status)).map(({ expired, refused }) => [expired, refused]))
    .toEqual([[true, false], [false, true], [false, true], [false, false], [false, false]])
})

it('a Status object is told by its message, else by its reason, and anything else as it is, cut', () => {
  expect(statusText('{"kind":"Status","message":"pods is forbidden","reason":"Forbidden"}')).toBe('pods is forbidden')
  expect(statusText('{"reason":"Expired"}')).toBe('Expired')
  expect(statusText('Forbidden (user=x)\n')).toBe('Forbidden (user=x)')
  expect(statusText('null')).toBe('null')
  expect(statusText('x'.repeat(1000))).toHaveLength(200)
})
