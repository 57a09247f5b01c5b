import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Batch } from '../../src/event/batch.ts'
import { Pool } from '../../src/event/pool.ts'
import { Record } from '../../src/event/record.ts'
import { Stream } from '../../src/event/stream.ts'
import { makeBatch } from './make-batch.ts'

const far = new Stream('bbbbbbbbbbb', 3, { input: 'tail.0', path: '/b', marks: {} })

describe('a batch', () => {
  it('gives records back as they were encoded, constants in their places', () => {
    fc.assert(fc.property(fc.array(fc.record({ n: fc.integer(), text: fc.string() }), { minLength: 1, maxLength: 20 }), fc.boolean(), (bodies, shared) => {
      const constant = '{"pod":"web"}'
      const batch = makeBatch(bodies.map((body) => (shared ? { body, constant } : { body })))
      expect(batch.count).toBe(bodies.length)
      bodies.forEach((body, i) => {
        expect(JSON.parse(batch.bodyText(i))).toEqual(shared ? { ...body, shared: { pod: 'web' } } : body)
        expect(batch.bodySize(i)).toBe(Buffer.byteLength(batch.bodyText(i)))
      })
      expect(batch.bytes).toBe(bodies.reduce((sum, _, i) => sum + batch.bodySize(i), 0))
    }))
  })

  it('knows time, tag, metadata and identity of each record', () => {
    const start = 2 ** 40 + 7
    const batch = makeBatch([
      { body: {}, tag: 'a', seconds: 5, nanos: 6, metadata: '{"m":1}' },
      { body: {}, tag: 'b', stream: far, start, end: start + 9, ordinal: 2 }
    ])
    expect([batch.tag(0), batch.seconds(0), batch.nanos(0), batch.metadata(0)]).toEqual(['a', 5, 6, '{"m":1}'])
    expect([batch.tag(1), batch.start(1), batch.end(1), batch.ordinal(1), batch.metadata(1)]).toEqual(['b', start, start + 9, 2, ''])
    expect(batch.stream(1)).toMatchObject({ uid: 'bbbbbbbbbbb', generation: 3 })
  })

  it('opens a record again for whoever must look into it', () => {
    const batch = makeBatch([{ body: { a: 1 }, constant: '{"x":"y"}', seconds: 9, nanos: 1 }])
    const pool = new Pool()
    const record = new Record(pool)
    batch.open(0, record)
    expect([record.value(record.find(pool.key('a'))), record.value(record.find(pool.key('shared')))]).toEqual([1, { x: 'y' }])
    expect([record.seconds, record.nanos]).toEqual([9, 1])
  })

  it('is selected from and filled again across frames', () => {
    const one = makeBatch([{ body: { n: 0 } }, { body: { n: 1 } }, { body: { n: 2 } }])
    const two = makeBatch([{ body: { n: 3 } }])
    const both = new Batch()
    for (const [batch, i] of [[one, 0], [one, 2], [two, 0]] as const) both.add(batch.frame(i), batch.offset(i), 0)
    const texts = (batch: Batch): string[] => Array.from({ length: batch.count }, (_, i) => batch.bodyText(i))
    expect(texts(both)).toEqual(['{"n":0}', '{"n":2}', '{"n":3}'])
    expect(texts(both.select([0, 2]))).toEqual(['{"n":0}', '{"n":3}'])
    both.count = both.frames.length = 0
    both.add(two.frame(0), two.offset(0), 0)
    expect([both.seconds(0), both.bodyText(0)]).toEqual([two.seconds(0), '{"n":3}'])
  })
})
