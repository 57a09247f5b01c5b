import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FrameBuilder, Route, mergeRanges } from '../../src/buffer/frame-builder.ts'
import { readFrame, type Frame } from '../../src/buffer/frame.ts'
import { SLAB_SIZE, SlabPool } from '../../src/buffer/slab-pool.ts'
import { Batch } from '../../src/event/batch.ts'
import { Constant } from '../../src/event/constant.ts'
import { SIZE } from '../../src/event/encoded.ts'
import { scanObject } from '../../src/event/json-scan.ts'
import { Pool } from '../../src/event/pool.ts'
import { BLOCK, Record } from '../../src/event/record.ts'
import { Stream } from '../../src/event/stream.ts'

const pool = new Pool()
const record = new Record(pool)
const kubernetes = pool.key('kubernetes')
const identity = { input: 'tail.0', path: '/var/log/x', marks: {} }

/** All records of a frame, in order. */
function readAll(frame: Frame): Batch {
  const batch = new Batch()
  for (const [start, end, , tag] of frame.directory.sections) {
    for (let at = start; at < end; at += frame.words[(at >>> 2) + SIZE]!) batch.add(frame, at, tag)
  }
  return batch
}

const text = fc.string({ unit: 'binary', maxLength: 60 }).map((s) => s.toWellFormed())
const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).filter((s) => s !== '__proto__')
  .map((s) => s.toWellFormed())
// numbers that JSON writes as it reads them
const value = fc.jsonValue({ maxDepth: 2 }).map((v) => JSON.parse(JSON.stringify(v)) as unknown)

interface Sample {
  readonly json: readonly (readonly [string, unknown])[]
  readonly raw: readonly (readonly [string, string])[]
  readonly constant: number | undefined
  readonly spaces: boolean
  readonly seconds: number
  readonly nanos: number
  readonly metadata: boolean
  readonly start: number
  readonly span: number
  readonly ordinal: number
  readonly stream: number
  readonly route: number
}

const sample: fc.Arbitrary<Sample> = fc.record({
  json: fc.uniqueArray(fc.tuple(name, value), { maxLength: 6, selector: ([key]) => key }),
  raw: fc.uniqueArray(fc.tuple(name, text), { maxLength: 4, selector: ([key]) => key }),
  constant: fc.option(fc.nat(2), { nil: undefined }),
  spaces: fc.boolean(),
  seconds: fc.nat(2 ** 32 - 1),
  nanos: fc.nat(999_999_999),
  metadata: fc.boolean(),
  start: fc.nat(2 ** 48 - 1),
  span: fc.nat(2 ** 32 - 1),
  ordinal: fc.nat(65_535),
  stream: fc.nat(3),
  route: fc.nat(3)
})

describe('FrameBuilder', () => {
  it('keeps every record as JSON.parse would have it, with time, identity, tag and metadata', () => {
    const constants = [{ pod: 'a"b' }, ['x', 1, null], { deep: { labels: { app: 'ü' } } }].map((v) => new Constant(JSON.stringify(v)))
    const streams = Array.from({ length: 4 }, (_, i) => new Stream(`stream----${i}`, i, identity))
    const routes = Array.from({ length: 4 }, (_, i) => new Route(`tag.${i % 3}`, i < 2 ? ['a'] : ['a', 'b']))
    const builder = new FrameBuilder(new SlabPool())
    fc.assert(fc.property(fc.array(sample, { minLength: 1, maxLength: 20 }), fc.nat(2 ** 40), (samples, sequence) => {
      const expected = samples.map((s) => {
        const object = new Map(s.json)
        // keys are interned before a record is used: the pool may move
        const keys = s.raw.map(([key]) => pool.key(key))
        const source = Buffer.from(JSON.stringify(Object.fromEntries(s.json), null, s.spaces ? 1 : undefined))
        record.reset()
        record.useBlock(source)
        expect(scanObject(record, BLOCK, 0, source.length)).toBeTruthy()
        record.setTime(s.seconds, s.nanos)
        if (s.metadata) record.metadata = '{"otlp":{"ü":1}}'
        s.raw.forEach(([key, raw], i) => {
          record.setText(keys[i]!, raw)
          object.set(key, raw)
        })
        if (s.constant !== undefined) {
          record.setConstant(kubernetes, constants[s.constant]!)
          object.set('kubernetes', constants[s.constant]!.value())
        }
        builder.append(record, routes[s.route]!, streams[s.stream]!, s.start, s.start + s.span, s.ordinal)
        return Object.fromEntries(object)
      })
      const frame = readFrame(builder.finish(sequence).bytes) as Frame
      expect(frame).toMatchObject({ sequence, records: samples.length })
      const batch = readAll(frame)
      const again = new Record(pool)
      samples.forEach((s, i) => {
        expect(JSON.parse(batch.bodyText(i))).toEqual(expected[i])
        expect(batch.bodySize(i)).toBe(Buffer.byteLength(batch.bodyText(i)))
        expect([batch.seconds(i), batch.nanos(i), batch.start(i), batch.end(i), batch.ordinal(i)])
          .toEqual([s.seconds, s.nanos, s.start, s.start + s.span, s.ordinal])
        expect(batch.stream(i)).toMatchObject({ uid: `stream----${s.stream}`, generation: s.stream })
        expect(batch.tag(i)).toBe(`tag.${s.route % 3}`)
        expect(batch.metadata(i)).toBe(s.metadata ? '{"otlp":{"ü":1}}' : '')
        batch.open(i, again)
        const opened = Array.from({ length: again.count }, (_, m) => [again.keyText(m), again.value(m)])
        expect(Object.fromEntries(opened) as unknown).toEqual(expected[i])
      })
    }), { numRuns: 300 })
  })

  it('says per section how many records it has, for whom, and of what time', () => {
    const builder = new FrameBuilder(new SlabPool())
    const stream = new Stream('abcdefghijk', 0, identity)
    const [a, b] = [new Route('x', ['a']), new Route('y', ['a', 'b'])]
    const add = (route: Route, seconds: number): void => {
      record.reset()
      record.setTime(seconds, 0)
      record.setText(pool.key('log'), 'text')
      builder.append(record, route, stream, 0, 1, 0)
    }
    add(a, 30)
    add(a, 10)
    add(b, 20)
    add(a, 40)
    const { directory } = builder.finish(1)
    expect(directory.sections.map(([, , records, tag, route, first, last]) => [records, tag, directory.routes[route], first, last])).toEqual([
      [2, 0, ['a'], 10, 30], [1, 1, ['a', 'b'], 20, 20], [1, 0, ['a'], 40, 40]
    ])
    expect(directory.tags).toEqual(['x', 'y'])
  })

  it('names a stream in full once, and again when it is closed', () => {
    const builder = new FrameBuilder(new SlabPool())
    const stream = new Stream('abcdefghijk', 0, identity)
    builder.cover(stream, 0, 10)
    builder.cover(stream, 10, 20)
    builder.cover(stream, 30, 40)
    expect(builder.isEmpty).toBe(false)
    expect(builder.finish(1).directory).toMatchObject({ streams: [{ uid: 'abcdefghijk', identity }], ranges: [[0, 0, 20], [0, 30, 40]] })
    expect(builder.isEmpty).toBe(true)
    stream.closed = true
    builder.mention(stream)
    expect(builder.finish(2).directory.streams).toEqual([{ uid: 'abcdefghijk', generation: 0, closed: true }])
  })

  it('takes a record larger than its memory', () => {
    const builder = new FrameBuilder(new SlabPool())
    const stream = new Stream('abcdefghijk', 0, identity)
    const large = '\u0001'.repeat(SLAB_SIZE)
    for (const line of ['small', large, 'small again']) {
      record.reset()
      record.setText(pool.key('log'), line)
      builder.append(record, new Route('x', ['a']), stream, 0, 1, 0)
    }
    const batch = readAll(readFrame(builder.finish(1).bytes) as Frame)
    expect([0, 1, 2].map((i) => JSON.parse(batch.bodyText(i)) as unknown)).toEqual([{ log: 'small' }, { log: large }, { log: 'small again' }])
  })

  it('gives memory back for the next frame only when the frame before is released', () => {
    const slabs = new SlabPool()
    const builder = new FrameBuilder(slabs)
    const stream = new Stream('abcdefghijk', 0, identity)
    const fill = (letter: string): Frame => {
      record.reset()
      record.setJson(pool.key('log'), `"${letter.repeat(400_000)}"`)
      builder.append(record, new Route('x', ['a']), stream, 0, 1, 0)
      return builder.finish(1)
    }
    const frames = ['a', 'b', 'c'].map(fill)
    expect(frames.map((frame) => readAll(frame).bodyText(0)[20])).toEqual(['a', 'b', 'c'])
    const memory = frames[0]!.bytes.buffer
    frames[0]!.release()
    frames[0]!.release()
    const later = [fill('d'), fill('e'), fill('f')]
    expect(later.filter((frame) => frame.bytes.buffer === memory)).toHaveLength(1)
  })
})

describe('mergeRanges', () => {
  it('covers the same offsets with ranges that ascend and do not touch', () => {
    const range = fc.tuple(fc.nat(2), fc.nat(30), fc.nat(10)).map(([stream, from, size]): [number, number, number] => [stream, from, from + size])
    fc.assert(fc.property(fc.array(range, { maxLength: 12 }), (ranges) => {
      const offsets = (list: readonly (readonly [number, number, number])[]): Set<string> =>
        new Set(list.flatMap(([s, from, to]) => Array.from({ length: to - from }, (_, i) => `${s}:${from + i}`)))
      const before = offsets(ranges)
      const merged = mergeRanges(ranges.map((r) => [...r]))
      expect(offsets(merged)).toEqual(before)
      for (let i = 1; i < merged.length; i++) {
        const [a, b] = [merged[i - 1]!, merged[i]!]
        expect(a[0] < b[0] || a[2] < b[1]).toBe(true)
      }
    }))
  })
})
