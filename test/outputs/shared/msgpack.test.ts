import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ByteWriter } from '../../../src/lib/byte-writer.ts'
import { writeMsgpackRecord, writeValue } from '../../../src/outputs/shared/msgpack.ts'
import { TEN, makeBatch } from '../../event/make-batch.ts'
import { readMsgpack } from './read-msgpack.ts'

function pack(json: string): Buffer {
  const writer = new ByteWriter(1)
  const bytes = Buffer.from(json)
  expect(writeValue(bytes, 0, bytes.length, writer)).toBe(bytes.length)
  return Buffer.from(writer.view())
}

test('any JSON value reads back as it was', () => {
  fc.assert(fc.property(fc.jsonValue(), fc.constantFrom(undefined, 1), (value, indent) => {
    const json = JSON.stringify(value, null, indent)
    expect(readMsgpack(pack(json)).value).toEqual(JSON.parse(json))
  }))
})

test('whole numbers take the least bytes and keep 64 bits', () => {
  const hex = (json: string): string => pack(json).toString('hex')
  expect([hex('0'), hex('127'), hex('128'), hex('255'), hex('256'), hex('65536'), hex('4294967296')])
    .toEqual(['00', '7f', 'cc80', 'ccff', 'cd0100', 'ce00010000', 'cf0000000100000000'])
  expect([hex('-1'), hex('-32'), hex('-33'), hex('-129'), hex('-32769'), hex('-2147483649')])
    .toEqual(['ff', 'e0', 'd0df', 'd1ff7f', 'd2ffff7fff', 'd3ffffffff7fffffff'])
  expect(hex('18446744073709551615')).toBe('cfffffffffffffffff')
  expect(hex('-9223372036854775808')).toBe('d38000000000000000')
  expect(hex('18446744073709551616')).toBe('cb43f0000000000000')
  expect(hex('1.0')).toBe('cb3ff0000000000000')
})

test('sizes of texts, lists and maps', () => {
  for (const size of [0, 15, 16, 31, 32, 255, 256, 65_535, 65_536]) {
    const text = JSON.stringify('x'.repeat(size))
    expect(readMsgpack(pack(text)).value).toBe('x'.repeat(size))
    const list = Array<number>(size).fill(7)
    expect(readMsgpack(pack(JSON.stringify(list))).value).toEqual(list)
  }
  const map = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`k${i}`, i]))
  expect(readMsgpack(pack(JSON.stringify(map))).value).toEqual(map)
})

test('a record has time, metadata and body', () => {
  const writer = new ByteWriter(1)
  writeMsgpackRecord(makeBatch([{ body: { a: 'ä' }, metadata: '{"m":1}', nanos: 5 }]), 0, writer)
  expect(writer.view().subarray(0, 4).toString('hex')).toBe('9292d700')
  expect(readMsgpack(writer.view()).value).toEqual([[{ seconds: TEN, nanos: 5 }, { m: 1 }], { a: 'ä' }])
})
