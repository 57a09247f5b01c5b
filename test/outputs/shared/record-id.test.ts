import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ID_ROOM, RecordId } from '../../../src/outputs/shared/record-id.ts'
import { Stream } from '../../../src/event/stream.ts'
import { makeBatch } from '../../event/make-batch.ts'

test('different places have different ids, later places of a file later ones', () => {
  const place = fc.record({
    start: fc.nat({ max: 2 ** 47 }), span: fc.nat({ max: 2 ** 31 - 1 }), ordinal: fc.nat({ max: 65_535 }), generation: fc.nat({ max: 3 })
  })
  const idOf = ({ start, span, ordinal, generation }: { start: number; span: number; ordinal: number; generation: number }): string => {
    const stream = new Stream('abcdefghijk', generation, { input: 't', path: '/a', marks: {} })
    const batch = makeBatch([{ body: {}, start, end: start + span, ordinal, stream }])
    const out = Buffer.alloc(ID_ROOM)
    return out.toString('latin1', 0, new RecordId().write(batch.frame(0), batch.offset(0) >>> 2, out, 0))
  }
  fc.assert(fc.property(place, place, (one, other) => {
    const same = JSON.stringify(one) === JSON.stringify(other)
    expect(idOf(one) === idOf(other)).toBe(same)
    if (one.generation === other.generation && one.start < other.start) expect(idOf(one) < idOf(other)).toBe(true)
  }))
})
