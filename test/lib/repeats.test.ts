import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ByteWriter } from '../../src/lib/byte-writer.ts'
import { GzipText, PlainText, Repeated, type TextSink } from '../../src/lib/repeats.ts'

/** Writes parts of a text: a buffer is new, a number is that of one which repeats. */
function write(sink: TextSink, parts: readonly (Buffer | number)[], repeated: readonly Repeated[]): Buffer {
  for (const part of parts) {
    if (typeof part === 'number') sink.repeat(repeated[part % repeated.length]!)
    else sink.out.copy(part)
  }
  return sink.finish()
}

const bytes = fc.uint8Array({ maxLength: 2000 }).map((array) => Buffer.from(array))
const lengths = fc.oneof(fc.integer({ min: 0, max: 2000 }), fc.integer({ min: 1, max: 5 }).chain((n) => fc.integer({ min: -4, max: 4 }).map((more) => n * 258 + more)))
const constants = fc.array(lengths.map((length) => Buffer.alloc(length, 'abcdefghijklmnop{"q":1}')), { minLength: 1, maxLength: 4 })

test('gunzip gives back the text, whatever repeats in it and wherever', () => {
  const writer = new ByteWriter(64)
  fc.assert(fc.property(fc.array(fc.oneof(bytes, fc.nat(3))), constants, (parts, texts) => {
    const repeated = texts.map((text) => new Repeated(text))
    const text = Buffer.concat(parts.map((part) => (typeof part === 'number' ? texts[part % texts.length]! : part)))
    expect(gunzipSync(write(new GzipText(writer), parts, repeated)).equals(text)).toBe(true)
    // the same parts in another text do not stand in it yet
    expect(gunzipSync(write(new GzipText(writer), parts, repeated)).equals(text)).toBe(true)
    expect(write(new PlainText(writer), parts, repeated).equals(text)).toBe(true)
  }), { numRuns: 300 })
})

test('what repeats takes a few bytes, and new text five for each block', () => {
  const repeated = [new Repeated(Buffer.alloc(600, 'k'))]
  const parts = Array.from({ length: 100 }, (_, i) => [Buffer.from(`line ${i} `), 0]).flat()
  const text = write(new PlainText(new ByteWriter()), parts, repeated).length
  const file = write(new GzipText(new ByteWriter()), parts, repeated).length
  expect(text).toBe(60_000 + 790)
  expect(file).toBeLessThan(600 + 790 + 100 * 22 + 50)
})

test('text longer than a block and parts out of reach are stored', () => {
  const part = Buffer.from('0123456789'.repeat(30))
  for (const gap of [32_768 - 300, 32_768 - 299, 65_535, 65_536, 200_000, 131_070]) {
    const between = Buffer.alloc(gap, 'some text that is new ')
    const text = Buffer.concat([part, between, part, part])
    expect(gunzipSync(write(new GzipText(new ByteWriter()), [0, between, 0, 0], [new Repeated(part)])).equals(text)).toBe(true)
  }
})
