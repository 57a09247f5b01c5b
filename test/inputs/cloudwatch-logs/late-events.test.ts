import { expect, it } from 'vitest'
import { LateEvents } from '../../../src/inputs/cloudwatch-logs/late-events.ts'
import type { LogEvent, Page, Question } from '../../../src/inputs/cloudwatch-logs/slice.ts'

const signal = new AbortController().signal
const HOUR = 3_600_000

/** Answers in pages of two; an event is there once it has arrived. */
function service(events: readonly LogEvent[], clock: { now: number }): { ask: (question: Question) => Promise<Page>; asked: Question[] } {
  const asked: Question[] = []
  return {
    asked,
    ask: (question) => {
      asked.push(question)
      const { from, until, token } = question
      const found = events.filter(({ timestamp, ingestionTime }) => timestamp >= from && timestamp < until && ingestionTime <= clock.now)
      const at = Number(token ?? 0)
      return Promise.resolve({ events: found.slice(at, at + 2), token: at + 2 < found.length ? String(at + 2) : undefined })
    }
  }
}

it('counts each event that came too late, or from the future, once, and none that came in time', async () => {
  const late = [0, 50, 100, 101, 5000, -99, -100, 900]
  const events = late.map((delay, n): LogEvent => ({
    timestamp: 1000 + n * 40, ingestionTime: 1000 + n * 40 + delay, message: n === 7 ? 'other' : '', eventId: String(n), stream: 's'
  }))
  const clock = { now: 0 }
  const { ask, asked } = service(events, clock)
  const counter = { value: 0 }
  const told: number[] = []
  const events_ = new LateEvents({
    ask, prefix: 'p', takes: ({ message }) => message !== 'other', lateness: 100, counter, warn: (count) => { told.push(count) }
  }, 1000)
  for (clock.now = 1000; clock.now < 3000 + HOUR; clock.now += 30) await events_.look(clock.now, signal)
  expect(counter.value).toBe(3)
  expect(told.reduce((sum, count) => sum + count, 0)).toBe(3)
  expect(asked.every(({ from, until, prefix }) => until - from >= 100 && until <= clock.now - HOUR && prefix === 'p')).toBe(true)
})

it('looks at a stretch again when the service fails', async () => {
  const clock = { now: 2 * HOUR }
  const { ask } = service([{ timestamp: 10, ingestionTime: 5000, message: '', eventId: '1', stream: 's' }], clock)
  const counter = { value: 0 }
  let failures = 1
  const events = new LateEvents({
    ask: (question) => failures-- > 0 ? Promise.reject(new Error('throttled')) : ask(question),
    prefix: undefined, takes: () => true, lateness: 100, counter, warn: () => {}
  }, 0)
  await expect(events.look(clock.now, signal)).rejects.toThrow('throttled')
  await events.look(clock.now, signal)
  await events.look(clock.now, signal)
  expect(counter.value).toBe(1)
})
