import { expect, test } from 'vitest'
import { Pool } from '../../../src/event/pool.ts'
import { cloudwatchLogs } from '../../../src/outputs/cloudwatch-logs.ts'
import { EVENT_OVERHEAD, LONGEST_MESSAGE, MAX_BYTES, halve, planRequests, type Plan } from '../../../src/outputs/cloudwatch-logs/plan.ts'
import { readSettings } from '../../../src/outputs/cloudwatch-logs/settings.ts'
import { Targets } from '../../../src/outputs/cloudwatch-logs/targets.ts'
import { TEN, makeBatch, type RecordSpec } from '../../event/make-batch.ts'
import { optionsOf } from '../output-context.ts'
import { valuesOf, whole } from './make-messages.ts'

function plan(specs: readonly RecordSpec[], { key, long = 'split' }: { key?: string; long?: 'split' | 'cut' } = {}): Plan {
  const pool = new Pool()
  const targets = new Targets(readSettings(optionsOf(cloudwatchLogs, { log_group_name: 'g', log_stream_prefix: 's-', region: 'r' }), pool, { host: undefined, port: undefined, net: {}, tls: {} }), pool)
  targets.begin()
  const batch = makeBatch(specs)
  return planRequests(batch, targets, key === undefined ? whole(batch) : valuesOf(batch, key), long)
}

const records = ({ lines }: Plan): number[][][] => lines.map((line) => line.map((put) => [...put.records]))

test('each stream has its requests, in the order of its first record', () => {
  const made = plan(['b', 'a', 'b', 'c', 'a'].map((tag) => ({ body: {}, tag })))
  expect(made.lines.map(([put]) => put!.target.stream)).toEqual(['s-b', 's-a', 's-c'])
  expect(records(made)).toEqual([[[0, 2]], [[1, 4]], [[3]]])
  expect(made.times[0]).toBe(TEN * 1000 + 123)
})

test('events are in the order of their milliseconds, those of one in that of their records', () => {
  const times = [[5, 2e6], [3, 0], [5, 1e6], [3, 999_999], [5, 1_999_999]] as const
  expect(records(plan(times.map(([seconds, nanos]) => ({ body: {}, seconds, nanos }))))).toEqual([[[1, 3, 2, 4, 0]]])
})

test('a request ends before the limits of bytes, events and hours', () => {
  const size = MAX_BYTES / 4 - EVENT_OVERHEAD
  const body = { m: 'x'.repeat(size) }
  expect(records(plan(Array.from({ length: 9 }, () => ({ body })), { key: 'm' }))).toEqual([[[0, 1, 2, 3], [4, 5, 6, 7], [8]]])
  expect(plan(Array.from({ length: 10_001 }, () => ({ body: {} }))).lines[0]!.map((put) => put.records.length)).toEqual([10_000, 1])
  expect(records(plan([0, 86_399, 86_400, 200_000].map((seconds) => ({ body: {}, seconds, nanos: 0 }))))).toEqual([[[0, 1], [2], [3]]])
})

test('a message that is too long is sent in parts between characters, or cut, alone and in its place', () => {
  const long = `${'x'.repeat(LONGEST_MESSAGE - 1)}é!`
  const specs = [{ body: { m: 'a' } }, { body: { m: long } }, { body: { m: 'b' } }]
  const split = plan(specs, { key: 'm' })
  expect(split.long).toBe(1)
  expect(split.lines[0]!.map(({ records: [...all], part }) => [all, part])).toEqual([
    [[0], undefined], [[1], { start: 0, end: LONGEST_MESSAGE - 1 }], [[1], { start: LONGEST_MESSAGE - 1, end: LONGEST_MESSAGE + 2 }], [[2], undefined]
  ])
  const cut = plan(specs, { key: 'm', long: 'cut' })
  expect(cut.lines[0]!.map(({ part }) => part)).toEqual([undefined, { start: 0, end: LONGEST_MESSAGE - 1 }, undefined])
})

test('records without a message are in no request', () => {
  const made = plan([{ body: { m: 'a' } }, { body: {} }, { body: { m: 'b' } }], { key: 'm' })
  expect(records(made)).toEqual([[[0, 2]]])
  expect(made.without).toEqual([1])
})

test('a request is halved in its order', () => {
  const [put] = plan(Array.from({ length: 5 }, () => ({ body: {} }))).lines[0]!
  expect(halve(put!).map((half) => [...half.records])).toEqual([[0, 1], [2, 3, 4]])
})
