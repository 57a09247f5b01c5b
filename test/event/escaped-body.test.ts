import fc from 'fast-check'
import { expect, it } from 'vitest'
import { EscapedBodies, JSON_ESCAPE_GROWTH, constantUnder } from '../../src/event/escaped-body.ts'
import { makeBatch } from './make-batch.ts'

it('is what JSON.stringify makes of the body, constants included', () => {
  const bodies = new EscapedBodies()
  fc.assert(fc.property(fc.array(fc.record({ body: fc.dictionary(fc.string(), fc.jsonValue()), shared: fc.option(fc.string()) }), { minLength: 1 }), (records) => {
    const batch = makeBatch(records.map(({ body, shared }) => ({ body: { ...body }, ...(shared === null ? {} : { constant: JSON.stringify({ shared }) }) })))
    bodies.begin()
    for (let i = 0; i < batch.count; i++) {
      const out = Buffer.alloc(batch.bodySize(i) * JSON_ESCAPE_GROWTH + 1)
      const end = bodies.write(batch, i, out, 0)
      expect(out.toString('utf8', 0, end)).toBe(JSON.stringify(batch.bodyText(i)).slice(1, -1))
    }
  }), { numRuns: 200 })
})

it('white space of the source is escaped too', () => {
  const batch = makeBatch([{ body: '{"a":\t1,\n"b":2}' }])
  const out = Buffer.alloc(100)
  const end = new EscapedBodies().write(batch, 0, out, 0)
  expect(JSON.parse(`"${out.toString('utf8', 0, end)}"`)).toBe(batch.bodyText(0))
})

it('a constant is found by the key it stands under', () => {
  const batch = makeBatch([{ body: { a: 1 }, constant: '{"pod":"p"}' }, { body: { a: 2 } }, { body: {}, constant: '{"pod":"q"}' }])
  const under = (index: number, key: string): number => constantUnder(batch.frame(index), batch.offset(index), Buffer.from(key))
  expect([under(0, '"shared":'), under(1, '"shared":'), under(2, '"shared":'), under(0, '"other":')]).toEqual([0, -1, 1, -1])
})
