import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Batch } from '../../src/event/batch.ts'
import { RecordFrame, openFrame } from '../../src/pipeline/record-frame.ts'

const head = fc.record({
  uid: fc.constantFrom('a', 'b', 'c'),
  generation: fc.integer({ min: 0, max: 3 }),
  start: fc.integer({ min: 0, max: 2 ** 47 }),
  span: fc.integer({ min: 0, max: 2 ** 31 }),
  ordinal: fc.integer({ min: 0, max: 65_535 }),
  seconds: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  nanos: fc.integer({ min: 0, max: 999_999_999 })
})
const record = fc.record({ tag: fc.constantFrom('kube.a', 'host'), head, metadata: fc.constantFrom('', '{"otlp":1}'), body: fc.jsonValue() })

describe('a frame made of records', () => {
  it('gives them back as they were, through a file and once more through another frame', () => {
    fc.assert(fc.property(fc.array(record, { minLength: 1, maxLength: 12 }), (records) => {
      const made = new RecordFrame('out')
      for (const { tag, head: { span, ...rest }, metadata, body } of records) {
        made.addText(tag, { ...rest, end: rest.start + span }, metadata, JSON.stringify({ body }))
      }
      let frame = openFrame(made.finish(7).bytes)!
      for (let round = 0; round < 2; round++) {
        expect(frame.directory.routes).toEqual([['out']])
        const batch = new Batch()
        for (const [start, end, , tag] of frame.directory.sections) for (let at = start; at < end; at += frame.words[at >>> 2]!) batch.add(frame, at, tag)
        const found = Array.from({ length: batch.count }, (_, i) => ({
          tag: batch.tag(i),
          head: {
            ...batch.stream(i), start: batch.start(i), span: batch.end(i) - batch.start(i), ordinal: batch.ordinal(i),
            seconds: batch.seconds(i), nanos: batch.nanos(i)
          },
          metadata: batch.metadata(i),
          body: batch.bodyText(i)
        }))
        expect(found).toEqual(records.map((one) => ({ ...one, body: JSON.stringify({ body: one.body }) })))
        expect(frame.records).toBe(records.length)
        const copy = new RecordFrame('out')
        for (let i = 0; i < batch.count; i++) copy.addRecord(batch, i)
        frame = copy.finish(8)
      }
    }), { numRuns: 50 })
  })

  it('is undefined when its file is damaged', () => {
    const made = new RecordFrame('out')
    made.addText('t', { uid: 'a', generation: 0, start: 0, end: 1, ordinal: 0, seconds: 1, nanos: 0 }, '', '{}')
    const { bytes } = made.finish(1)
    for (const at of [0, 9, 40, bytes.length - 1]) {
      const damaged = Buffer.from(bytes)
      damaged[at]! ^= 1
      expect(openFrame(damaged)).toBeUndefined()
    }
    expect(openFrame(bytes.subarray(0, bytes.length - 4))).toBeUndefined()
  })
})
