import { expect, it } from 'vitest'
import { timeOf } from '../../../src/inputs/kubernetes-events/event.ts'

const at = '2026-01-01T00:00:0'

it('the time of an event is when it happened last', () => {
  expect(timeOf({ firstTimestamp: `${at}1Z`, lastTimestamp: `${at}2Z`, eventTime: `${at}3Z` })).toEqual({ seconds: 1_767_225_602, nanos: 0 })
})

it('is that of the newer kind, with its microseconds, and then what else there is', () => {
  expect(timeOf({ lastTimestamp: null, eventTime: `${at}3.000123Z` })).toEqual({ seconds: 1_767_225_603, nanos: 123_000 })
  expect(timeOf({ firstTimestamp: `${at}1Z` }).seconds).toBe(1_767_225_601)
  expect(timeOf({ metadata: { creationTimestamp: `${at}4Z` } }).seconds).toBe(1_767_225_604)
})

it('is now when the event says nothing that is a time', () => {
  expect(Math.abs(timeOf({ lastTimestamp: 'soon' }).seconds - Date.now() / 1000)).toBeLessThan(60)
})
