import { expect, test } from 'vitest'
import { Caution } from '../../../src/outputs/shared/caution.ts'
import { NOT_CONNECTED } from '../../../src/outputs/shared/network.ts'

const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })
const MB = 1024 * 1024

test('asks about large requests after one was reset, for a while', () => {
  const caution = new Caution()
  expect(caution.asks(MB, 0)).toBe(false)
  expect(caution.failed(reset, 10, MB, 'no', 1000)).toEqual({ kind: 'retry', reason: 'read ECONNRESET', unsure: true })
  expect([caution.asks(MB, 2000), caution.asks(1000, 2000), caution.asks(MB, 700_000)]).toEqual([true, false, false])
})

test('a reset of a small request, or of none, teaches nothing', () => {
  const caution = new Caution()
  expect(caution.failed(reset, 1, 1000)).toMatchObject({ kind: 'retry', unsure: true })
  expect(caution.failed(new Error(`${NOT_CONNECTED}x:1: ECONNRESET`), 1, MB)).toEqual({ kind: 'retry', reason: `${NOT_CONNECTED}x:1: ECONNRESET` })
  expect(caution.asks(MB)).toBe(false)
})

test('a server that resets although it was asked wants less, but a single record cannot be less', () => {
  const caution = new Caution()
  expect(caution.failed(reset, 2, MB, 'silent').kind).toBe('too_large')
  expect(caution.failed(reset, 1, MB, 'silent').kind).toBe('retry')
  expect(caution.failed(reset, 2, MB, 'told').kind).toBe('retry')
})

test('a reset within another error is one', () => {
  const caution = new Caution()
  caution.failed(new Error('fetch failed', { cause: reset }), 2, MB)
  expect(caution.asks(MB)).toBe(true)
})
