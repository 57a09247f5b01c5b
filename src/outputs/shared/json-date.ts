/** The time of a record as a JSON value, in the formats of the option `json_date_format`. */
import { DateWriter, writeDigits } from '../../lib/digits.ts'

export const JSON_DATE_FORMATS = ['double', 'epoch', 'epoch_ms', 'iso8601', 'iso8601_ns', 'java_sql_timestamp'] as const
export type JsonDateFormat = (typeof JSON_DATE_FORMATS)[number]

/** The most bytes a date takes. */
export const JSON_DATE_ROOM = 40

const QUOTE = 0x22
const DOT = 0x2e

/** Writes a time at `at` of `out`, which has `JSON_DATE_ROOM`; returns the offset behind it. */
export type JsonDateWriter = (seconds: number, nanos: number, out: Buffer, at: number) => number

export function jsonDateWriter(format: JsonDateFormat): JsonDateWriter {
  switch (format) {
    case 'double': return writeDouble
    case 'epoch': return (seconds, _, out, at) => writeDigits(seconds, 1, out, at)
    case 'epoch_ms': return (seconds, nanos, out, at) => writeDigits(seconds * 1000 + Math.floor(nanos / 1e6), 1, out, at)
    case 'iso8601': return text('T', 1000, 6, 'Z')
    case 'iso8601_ns': return text('T', 1, 9, 'Z')
    case 'java_sql_timestamp': return text(' ', 1000, 6, '')
  }
}

/** Seconds with their fraction, exact, without zeros at the end but for `.0` when whole. */
function writeDouble(seconds: number, nanos: number, out: Buffer, at: number): number {
  at = writeDigits(seconds, 1, out, at)
  out[at++] = DOT
  at = writeDigits(nanos, 9, out, at)
  let zeros = 8
  while (zeros-- > 0 && out[at - 1] === 0x30) at--
  return at
}

function text(separator: string, unit: number, digits: number, zone: string): JsonDateWriter {
  const date = new DateWriter(separator)
  return (seconds, nanos, out, at) => {
    out[at++] = QUOTE
    at = date.write(seconds, out, at)
    out[at++] = DOT
    at = writeDigits(Math.floor(nanos / unit), digits, out, at)
    if (zone !== '') out[at++] = zone.charCodeAt(0)
    out[at++] = QUOTE
    return at
  }
}
