/**
 * Records as OTLP logs in JSON (opentelemetry-proto, logs.proto, in the JSON encoding of protobuf), one document for a
 * batch, as Fluent Bit prints them: the time and the body, whole numbers of 64 bits exactly.
 */
import type { Batch } from '../../event/batch.ts'
import { skipValue } from '../../event/json-scan.ts'
import type { ByteWriter } from '../../lib/byte-writer.ts'
import { writeDigits } from '../../lib/digits.ts'

/** Appends the document and a line end; `pretty` with a member to a line. */
export function writeOtlpJson(batch: Batch, to: ByteWriter, pretty: boolean): void {
  const begin = to.length
  to.text('{"resourceLogs":[{"resource":{},"scopeLogs":[{"scope":{},"logRecords":[')
  for (let i = 0; i < batch.count; i++) {
    to.text(i === 0 ? '{"timeUnixNano":"' : ',{"timeUnixNano":"')
    to.reserve(40)
    to.length = writeDigits(batch.seconds(i), 1, to.bytes, to.length)
    to.length = writeDigits(batch.nanos(i), 9, to.bytes, to.length)
    to.text('","body":')
    const body = Buffer.from(batch.bodyText(i))
    writeAnyValue(body, 0, body.length, to)
    to.byte(0x7d)
  }
  to.text(']}]}]}')
  if (pretty) {
    const text = JSON.stringify(JSON.parse(to.bytes.toString('utf8', begin, to.length)), undefined, 2)
    to.length = begin
    to.text(text)
  }
  to.byte(0x0a)
}

/** Appends the AnyValue of the JSON text that begins at `start`; returns the offset behind it. */
function writeAnyValue(bytes: Buffer, start: number, end: number, to: ByteWriter): number {
  const after = skipValue(bytes, start, end)
  switch (bytes[start]) {
    case 0x22: return member('stringValue', bytes, start, after, to)
    case 0x74: case 0x66: return member('boolValue', bytes, start, after, to)
    case 0x6e:
      to.text('{}')
      return after
    case 0x7b:
      writeItems('kvlistValue', bytes, start, after, true, to)
      return after
    case 0x5b:
      writeItems('arrayValue', bytes, start, after, false, to)
      return after
    default:
      if (!isWhole(bytes.toString('latin1', start, after))) return member('doubleValue', bytes, start, after, to)
      to.text('{"intValue":"')
      to.copy(bytes, start, after)
      to.text('"}')
      return after
  }
}

function isWhole(text: string): boolean {
  if (/[.eE]/.test(text)) return false
  const value = BigInt(text)
  return value >= -0x8000_0000_0000_0000n && value <= 0x7fff_ffff_ffff_ffffn
}

function member(name: string, bytes: Buffer, start: number, end: number, to: ByteWriter): number {
  to.text(`{"${name}":`)
  to.copy(bytes, start, end)
  to.byte(0x7d)
  return end
}

function writeItems(name: string, bytes: Buffer, start: number, end: number, isObject: boolean, to: ByteWriter): void {
  to.text(`{"${name}":{"values":[`)
  let at = skipSpace(bytes, start + 1)
  for (let first = true; at < end - 1; first = false) {
    if (!first) to.byte(0x2c)
    if (isObject) {
      const keyEnd = skipValue(bytes, at, end)
      to.text('{"key":')
      to.copy(bytes, at, keyEnd)
      to.text(',"value":')
      at = skipSpace(bytes, skipSpace(bytes, keyEnd) + 1)
    }
    at = writeAnyValue(bytes, at, end, to)
    if (isObject) to.byte(0x7d)
    at = skipSpace(bytes, skipSpace(bytes, at) + 1)
  }
  to.text(']}}')
}

function skipSpace(bytes: Buffer, at: number): number {
  while (bytes[at] === 0x20 || bytes[at] === 0x0a || bytes[at] === 0x0d || bytes[at] === 0x09) at++
  return at
}
