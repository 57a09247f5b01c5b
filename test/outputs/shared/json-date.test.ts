import fc from 'fast-check'
import { expect, test } from 'vitest'
import { jsonDateWriter, type JsonDateFormat } from '../../../src/outputs/shared/json-date.ts'

const out = Buffer.alloc(64)

function date(format: JsonDateFormat, seconds: number, nanos: number): string {
  return out.toString('latin1', 3, jsonDateWriter(format)(seconds, nanos, out, 3))
}

test('writes every format', () => {
  expect(date('double', 1_795_341_600, 123_456_000)).toBe('1795341600.123456')
  expect(date('double', 1_795_391_999, 0)).toBe('1795391999.0')
  expect(date('double', 1_795_341_600, 500_000_000)).toBe('1795341600.5')
  expect(date('double', 1_795_341_600, 50_000)).toBe('1795341600.00005')
  expect(date('epoch', 1_795_341_600, 999_999_999)).toBe('1795341600')
  expect(date('epoch_ms', 1_795_341_600, 123_999_999)).toBe('1795341600123')
  expect(date('iso8601', 1_795_341_600, 123_456_789)).toBe('"2026-11-22T10:00:00.123456Z"')
  expect(date('iso8601_ns', 1_795_341_600, 1)).toBe('"2026-11-22T10:00:00.000000001Z"')
  expect(date('java_sql_timestamp', 1_795_341_600, 123_456_789)).toBe('"2026-11-22 10:00:00.123456"')
})

test('a double is the number nearest to the time', () => {
  fc.assert(fc.property(fc.nat(0xffff_ffff), fc.nat(999_999_999), (seconds, nanos) => {
    expect(Number(date('double', seconds, nanos))).toBe(Number(`${seconds}.${String(nanos).padStart(9, '0')}`))
  }))
})
