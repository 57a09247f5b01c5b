import { expect, test } from 'vitest'
import { failureOf, mayBeUnread } from '../../../src/outputs/cloudwatch-logs/failure.ts'
import { NOT_CONNECTED } from '../../../src/outputs/shared/network.ts'

interface Given {
  readonly status?: number
  readonly message?: string
  readonly retryAfter?: string
}

/** An error in the SDK's form. */
function thrown(name: string, { status, message = 'why', retryAfter }: Given = {}): Error {
  return Object.assign(new Error(message), {
    name,
    ...(status === undefined ? {} : { $metadata: { httpStatusCode: status } }),
    ...(retryAfter === undefined ? {} : { $response: { headers: { 'retry-after': retryAfter } } })
  })
}

test.each([
  ['ResourceNotFoundException', { kind: 'missing' }],
  ['ResourceAlreadyExistsException', { kind: 'exists' }],
  ['OperationAbortedException', { kind: 'conflict' }],
  ['InvalidParameterException', { kind: 'wrong' }],
  ['LimitExceededException', { kind: 'target', alarm: true }],
  ['AccessDeniedException', { kind: 'target', alarm: true }],
  ['ThrottlingException', { kind: 'down', throttled: true }],
  ['ServiceUnavailableException', { kind: 'down', throttled: true }],
  ['ExpiredTokenException', { kind: 'down', credentials: true }],
  ['UnrecognizedClientException', { kind: 'down', credentials: true, alarm: true }],
  ['CredentialsProviderError', { kind: 'down', credentials: true, alarm: true }]
])('%s is %o, and the name is in the reason', (name, expected) => {
  expect(failureOf(thrown(name, { status: 400 }), true)).toEqual({ ...expected, reason: `${name}: why` })
})

test.each([
  [413, { kind: 'wrong' }], [429, { kind: 'down', throttled: true }], [503, { kind: 'down', throttled: true }], [500, { kind: 'down', unsure: true }],
  [502, { kind: 'down', unsure: true }], [200, { kind: 'down', unsure: true }], [400, { kind: 'target', alarm: true }], [404, { kind: 'target', alarm: true }],
  [301, { kind: 'target', alarm: true }]
])('status %i with an unknown name', (status, expected) => {
  expect(failureOf(thrown('Odd', { status }), true)).toEqual({ ...expected, reason: 'Odd: why' })
})

test('how long to wait is what the service says', () => {
  expect(failureOf(thrown('ThrottlingException', { status: 400, retryAfter: '3' }), true).after).toBe(3000)
  expect(failureOf(thrown('Odd', { status: 503, retryAfter: '2' }), true).after).toBe(2000)
  expect(failureOf(thrown('Odd', { status: 500, retryAfter: '1' }), true).after).toBe(1000)
  expect(failureOf(thrown('ThrottlingException', { status: 400, retryAfter: 'soon' }), true)).not.toHaveProperty('after')
})

test.each([
  '1 validation error detected: Value at \'logGroupName\' failed to satisfy constraint', 'The specified log stream name is not valid',
  'Value at \'entity.keyAttributes\' is wrong'
])('a parameter that is a name is wrong for all events: %s', (message) => {
  expect(failureOf(thrown('InvalidParameterException', { status: 400, message }), true)).toEqual({
    kind: 'names', alarm: true, reason: `InvalidParameterException: ${message}`
  })
})

test('a request that had left and has no answer may have been taken; one that had not, or found nobody, was not', () => {
  expect(failureOf(thrown('Error', { message: 'socket hang up' }), true)).toEqual({ kind: 'down', reason: 'socket hang up', unsure: true })
  expect(failureOf(thrown('Error', { message: 'socket hang up' }), false)).toEqual({ kind: 'down', reason: 'socket hang up' })
  expect(failureOf(thrown('Error', { message: `${NOT_CONNECTED} 10.0.0.1:443` }), true)).toEqual({ kind: 'down', reason: `${NOT_CONNECTED} 10.0.0.1:443` })
})

test('a name that objects have is no known error', () => {
  expect(failureOf(thrown('constructor', { status: 500 }), true)).toEqual({ kind: 'down', unsure: true, reason: 'constructor: why' })
})

test.each<[string, number | undefined, boolean]>([
  ['SerializationException', 400, true], ['InvalidParameterException', 400, true], ['InternalFailure', 500, true], ['UnknownError', 415, true],
  ['ThrottlingException', 400, false], ['AccessDeniedException', 400, false], ['ResourceNotFoundException', 400, false], ['Error', undefined, false]
])('%s with status %s may come from somebody who did not understand the body: %s', (name, httpStatusCode, unread) => {
  expect(mayBeUnread(Object.assign(new Error('why'), { name, $metadata: { httpStatusCode } }))).toBe(unread)
})
