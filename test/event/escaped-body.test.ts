import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Batch } from '../../src/event/batch.ts'
import { EscapedBodies, JSON_ESCAPE_GROWTH, constantUnder } from '../../src/event/escaped-body.ts'
import { ByteWriter } from '../../src/lib/byte-writer.ts'
import { PlainText } from '../../src/lib/repeats.ts'
import { makeBatch } from './make-batch.ts'

function write(bodies: EscapedBodies, batch: Batch, index: number): string {
  const sink = new PlainText(new ByteWriter(16))
  sink.out.reserve(batch.bodySize(index) * JSON_ESCAPE_GROWTH + 1)
  bodies.write(batch, index, sink)
  return sink.finish().toString()
}

it('is what JSON.stringify makes of the body, constants included', () => {
  const bodies = new EscapedBodies()
  fc.assert(fc.property(fc.array(fc.record({ body: fc.dictionary(fc.string(), fc.jsonValue()), shared: fc.option(fc.string()) }), { minLength: 1 }), (records) => {
    const batch = makeBatch(records.map(({ body, shared }) => ({ body: { ...body }, ...(shared === null ? {} : { constant: JSON.stringify({ shared }) }) })))
    bodies.begin()
    for (let i = 0; i < batch.count; i++) {
      expect(write(bodies, batch, i)).toBe(JSON.stringify(batch.bodyText(i)).slice(1, -1))
    }
  }), { numRuns: 200 })
})

it('white space of the source is escaped too', () => {
  const batch = makeBatch([{ body: '{"a":\t1,\n"b":2}' }])
  expect(JSON.parse(`"${write(new EscapedBodies(), batch, 0)}"`)).toBe(batch.bodyText(0))
})

it('a constant is found by the key it stands under', () => {
  const batch = makeBatch([{ body: { a: 1 }, constant: '{"pod":"p"}' }, { body: { a: 2 } }, { body: {}, constant: '{"pod":"q"}' }])
  const under = (index: number, key: string): number => constantUnder(batch.frame(index), batch.offset(index), Buffer.from(key))
  expect([under(0, '"shared":'), under(1, '"shared":'), under(2, '"shared":'), under(0, '"other":')]).toEqual([0, -1, 1, -1])
})
