import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CODECS } from '../../../src/lib/kafka/compression.ts'
import { crc32c } from '../../../src/lib/kafka/crc32c.ts'
import { BatchWriter, NO_SEQUENCE, compressBatch, readBatches, recordsOf, seal } from '../../../src/lib/kafka/record-batch.ts'

interface Message {
  readonly key: Buffer | null
  readonly value: Buffer
  /** What `open` is told that the value takes. */
  readonly room: number
}

const noHeaders = Buffer.from([0])

function build (messages: readonly Message[], headers = noHeaders): Buffer {
  const writer = new BatchWriter(16)
  writer.reset()
  writer.begin()
  for (const { key, value, room } of messages) {
    writer.open(key, room, headers.length)
    writer.copy(value)
    writer.close(key, headers, headers.length)
  }
  const start = writer.finish(1_700_000_000_000)
  return Buffer.from(writer.bytes.subarray(start, writer.length))
}

const one = (text: string, key: string | null = null): Message => ({ key: key === null ? null : Buffer.from(key), value: Buffer.from(text), room: text.length })

it('builds the bytes that the format says', () => {
  const headers = Buffer.concat([Buffer.from([2, 2]), Buffer.from('h'), Buffer.from([4]), Buffer.from('12')])
  const batch = build([one('a', 'k'), one('bc')], headers)
  seal(batch, { producerId: 258n, epoch: 1, first: 7 })
  expect(batch.toString('hex')).toBe([
    '0000000000000000', '0000004d', 'ffffffff', '02', crc32c(batch, 21).toString(16).padStart(8, '0'),
    '0000', '00000001', '0000018bcfe56800', '0000018bcfe56800', '0000000000000102', '0001', '00000007', '00000002',
    // length, attributes, time, offset, key, value, headers
    '1a' + '00' + '00' + '00' + '026b' + '0261' + '02' + '0268' + '043132',
    '1a' + '00' + '00' + '02' + '01' + '046263' + '02' + '0268' + '043132'
  ].join(''))
})

it('gives back what was put in, whatever the sizes and how they were guessed', async () => {
  const message = fc.record({
    key: fc.option(fc.uint8Array({ maxLength: 80 }).map((key) => Buffer.from(key)), { nil: null }),
    value: fc.uint8Array({ maxLength: 300 }).map((value) => Buffer.from(value)),
    room: fc.nat(20_000)
  })
  await fc.assert(fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 80 }), fc.constantFrom(...CODECS), async (messages, codec) => {
    const plain = build(messages)
    expect(recordsOf(plain).map(({ key, value }) => ({ key, value }))).toEqual(messages.map(({ key, value }) => ({ key, value })))
    const batch = await compressBatch(plain, codec, undefined)
    seal(batch, NO_SEQUENCE)
    const [read, ...more] = [...readBatches(batch)]
    expect(more).toEqual([])
    expect(read!.records.map(({ key, value, offset, time }) => ({ key, value, offset, time }))).toEqual(
      messages.map(({ key, value }, offset) => ({ key, value, offset, time: 1_700_000_000_000 }))
    )
  }), { numRuns: 60 })
})

it('builds several batches behind each other, and takes a record back', () => {
  const writer = new BatchWriter(16)
  writer.reset()
  const ends: (readonly [number, number])[] = []
  for (const text of ['first', 'second']) {
    writer.begin()
    writer.open(null, 10, 1)
    writer.copy(Buffer.from('given up'))
    writer.undo()
    writer.open(null, text.length, 1)
    writer.copy(Buffer.from(text))
    writer.close(null, noHeaders, 1)
    ends.push([writer.finish(0), writer.length])
  }
  expect(ends.map(([start, end]) => recordsOf(writer.bytes.subarray(start, end)).map(({ value }) => String(value)))).toEqual([['first'], ['second']])
})

describe('reading', () => {
  const sealed = (...texts: string[]): Buffer => {
    const batch = build(texts.map((text) => one(text)))
    seal(batch, NO_SEQUENCE)
    return batch
  }

  it('takes batch after batch and leaves out one that is cut short', () => {
    const bytes = Buffer.concat([sealed('a', 'b'), sealed('c'), sealed('d').subarray(0, 68)])
    expect([...readBatches(bytes)].flatMap(({ records }) => records.map(({ value }) => String(value)))).toEqual(['a', 'b', 'c'])
  })

  it('refuses a batch with a wrong bit', () => {
    const batch = sealed('abc')
    batch[batch.length - 2]! ^= 1
    expect(() => [...readBatches(batch)]).toThrow('checksum')
  })

  it('gives no records of a control batch, but where it ends', () => {
    const batch = sealed('marker')
    batch.writeInt16BE(0x20, 21)
    seal(batch, NO_SEQUENCE)
    expect([...readBatches(batch)]).toMatchObject([{ baseOffset: 0, lastOffset: 0, control: true, records: [] }])
  })

  it('throws nothing but errors of its own at bytes that make no sense', () => {
    fc.assert(fc.property(fc.uint8Array({ minLength: 61, maxLength: 150 }), (bytes) => {
      try {
        for (const batch of readBatches(Buffer.from(bytes))) expect(batch.records.length).toBeGreaterThanOrEqual(0)
      } catch (error) {
        expect((error as Error).constructor.name).toBe('WireError')
      }
    }))
  })
})
