import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { ByteWriter } from '../../../src/lib/byte-writer.ts'
import { GzipText, PlainText } from '../../../src/lib/repeats.ts'
import { expectedSize, writeBody } from '../../../src/outputs/cloudwatch-logs/body.ts'
import type { Put } from '../../../src/outputs/cloudwatch-logs/plan.ts'
import { Target } from '../../../src/outputs/cloudwatch-logs/targets.ts'
import { makeBatch } from '../../event/make-batch.ts'
import { whole } from './make-messages.ts'

const target = new Target('g', 's"', '')
const constant = JSON.stringify({ pod: 'p"\\'.repeat(300) })
const batch = makeBatch([{ body: { n: 'a"\n' } }, ...Array.from({ length: 50 }, (_, n) => ({ body: { n }, constant })), { body: {} }])
const times = Float64Array.from({ length: batch.count }, (_, i) => 1_795_341_600_000 + i)
const put = (...records: number[]): Put => ({ target, records: Uint32Array.from(records) })

function read(text: Buffer): unknown {
  return JSON.parse(text.toString())
}

test('a request names its place and holds its events in the order given, with their times', () => {
  const sink = new PlainText(new ByteWriter(16))
  writeBody(put(51, 0, 3), times, whole(batch), sink)
  expect(read(sink.finish())).toEqual({
    logGroupName: 'g', logStreamName: 's"', logEvents: [51, 0, 3].map((i) => ({ timestamp: times[i], message: batch.bodyText(i) }))
  })
})

test('as gzip it says the same, and what repeats is there once', () => {
  const all = put(...Array.from({ length: batch.count }, (_, i) => i))
  const [plain, small] = [new PlainText(new ByteWriter()), new GzipText(new ByteWriter(16))]
  writeBody(all, times, whole(batch), plain)
  writeBody(all, times, whole(batch), small)
  const [text, file] = [plain.finish(), small.finish()]
  expect(gunzipSync(file).equals(text)).toBe(true)
  expect(text.length).toBeGreaterThan(50 * 1500)
  expect(file.length).toBeLessThan(50 * 150 + 2500)
})

test('a part of a message is an event of its own', () => {
  const sink = new PlainText(new ByteWriter(16))
  writeBody({ ...put(0), part: { start: 5, end: 9 } }, times, whole(batch), sink)
  expect(read(sink.finish())).toMatchObject({ logEvents: [{ timestamp: times[0], message: batch.bodyText(0).slice(5, 9) }] })
})

test('the size that is expected is about that of the body', () => {
  const all = put(...Array.from({ length: batch.count }, (_, i) => i))
  const sink = new PlainText(new ByteWriter())
  writeBody(all, times, whole(batch), sink)
  const { length } = sink.finish()
  expect(expectedSize(all, whole(batch)) / length).toBeGreaterThan(0.5)
  expect(expectedSize(all, whole(batch)) / length).toBeLessThan(1.5)
})
