import { expect, test } from 'vitest'
import { describeAnswer, retryAfter, verdictOfStatus } from '../../../src/outputs/shared/status.ts'

test('Retry-After in seconds and as a date', () => {
  const now = Date.parse('2026-11-22T10:00:00Z')
  expect(retryAfter('120', now)).toBe(120_000)
  expect(retryAfter('Sun, 22 Nov 2026 10:00:30 GMT', now)).toBe(30_000)
  for (const none of [undefined, '', '0', '-5', 'soon', 'Sun, 22 Nov 2026 09:00:00 GMT', ['1', '2']]) {
    expect(retryAfter(none, now)).toBeUndefined()
  }
})

test('a reason quotes the answer in one line, cut', () => {
  expect(describeAnswer({ status: 400, headers: {}, body: ' a\n\n b ' })).toBe('HTTP 400: a b')
  expect(describeAnswer({ status: 500, headers: {}, body: '' })).toBe('HTTP 500')
  expect(describeAnswer({ status: 500, headers: {}, body: 'x'.repeat(9000) }).length).toBe(310)
})

test('every status has a verdict', () => {
  const kinds = (from: number, to: number): Set<string> => new Set(Array.from({ length: to - from + 1 }, (_, i) =>
    verdictOfStatus({ status: from + i, headers: {}, body: '' }).kind))
  expect([kinds(200, 299), kinds(300, 399), kinds(400, 407), kinds(409, 412), kinds(414, 428), kinds(500, 599)])
    .toEqual(['delivered', 'retry', 'refused', 'refused', 'refused', 'retry'].map((kind) => new Set([kind])))
})
