import fc from 'fast-check'
import { expect, it } from 'vitest'
import { WireError, WireReader, WireWriter, varintSize, writeVarint } from '../../../src/lib/kafka/wire.ts'

it('writes numbers, strings and bytes as the protocol has them', () => {
  const w = new WireWriter(4)
  w.int8(-1)
  w.int16(258)
  w.int32(-2)
  w.int64(-3)
  w.int64(2 ** 40 + 5)
  w.boolean(true)
  w.string('é')
  w.string(null)
  w.blob(Buffer.from([7]))
  w.blob(null)
  w.array([1, 2], (n) => w.int8(n))
  expect(w.view().toString('hex')).toBe(
    'ff' + '0102' + 'fffffffe' + 'fffffffffffffffd' + '0000010000000005' + '01' + '0002c3a9' + 'ffff' + '0000000107' + 'ffffffff' + '000000020102'
  )
  const r = new WireReader(w.view())
  expect([r.int8(), r.int16(), r.int32(), r.int64(), r.int64(), r.boolean(), r.string(), r.nullableString()]).toEqual(
    [-1, 258, -2, -3, 2 ** 40 + 5, true, 'é', null]
  )
  expect([r.blob(), r.blob(), r.array((item) => item.int8()), r.at]).toEqual([Buffer.from([7]), null, [1, 2], w.length])
})

it('writes variable numbers in zigzag form', () => {
  const written = (value: number): string => {
    const out = Buffer.alloc(5)
    return out.subarray(0, writeVarint(value, out, 0)).toString('hex')
  }
  expect([0, -1, 1, 63, 64, 300, 2 ** 31 - 1].map(written)).toEqual(['00', '01', '02', '7e', '8001', 'd804', 'feffffff0f'])
  fc.assert(fc.property(fc.nat(2 ** 31 - 1), (value) => {
    const out = Buffer.alloc(5)
    const end = writeVarint(value, out, 0)
    expect([varintSize(value), new WireReader(out).varint(), new WireReader(out).varlong()]).toEqual([end, value, value])
  }))
  expect(new WireReader(Buffer.from('01', 'hex')).varint()).toBe(-1)
  expect(new WireReader(Buffer.from('03', 'hex')).varlong()).toBe(-2)
})

it('never reads beyond the end, whatever the bytes say', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
    const tries: ((r: WireReader) => unknown)[] = [
      (r) => r.string(), (r) => r.blob(), (r) => r.array((item) => item.int32()), (r) => r.varint(), (r) => r.varlong(), (r) => r.int64()
    ]
    for (const attempt of tries) {
      const r = new WireReader(Buffer.from(bytes))
      try {
        attempt(r)
      } catch (error) {
        expect(error).toBeInstanceOf(WireError)
      }
      expect(r.at).toBeLessThanOrEqual(bytes.length)
    }
  }))
})
