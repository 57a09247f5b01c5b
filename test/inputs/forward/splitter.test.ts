import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Malformed, Splitter } from '../../../src/inputs/forward/splitter.ts'
import { pack } from '../../support/msgpack.ts'

const { tie: anyValue } = fc.letrec<{ tie: unknown }>((tie) => ({
  tie: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(null, true, false), fc.nat(), fc.string(), fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    fc.array(tie('tie'), { maxLength: 20 }), fc.dictionary(fc.string(), tie('tie'), { maxKeys: 20 })
  )
}))

/** Every head of MessagePack that stands for itself or tells a length, each with the whole of its value. */
const KINDS: readonly (readonly [name: string, value: Buffer])[] = [
  ['a small number', Buffer.of(0x7f)], ['a small negative number', Buffer.of(0xe0)], ['nil', Buffer.of(0xc0)], ['true', Buffer.of(0xc3)],
  ['float 32', head(0xca, 4)], ['float 64', head(0xcb, 8)],
  ['uint 8', head(0xcc, 1)], ['uint 16', head(0xcd, 2)], ['uint 32', head(0xce, 4)], ['uint 64', head(0xcf, 8)],
  ['int 8', head(0xd0, 1)], ['int 16', head(0xd1, 2)], ['int 32', head(0xd2, 4)], ['int 64', head(0xd3, 8)],
  ['fixext 1', head(0xd4, 2)], ['fixext 2', head(0xd5, 3)], ['fixext 4', head(0xd6, 5)], ['fixext 8', head(0xd7, 9)], ['fixext 16', head(0xd8, 17)],
  ['fixstr', head(0xa5, 5)], ['str 8', head([0xd9, 9], 9)], ['str 16', head([0xda, 1, 0], 256)], ['str 32', head([0xdb, 0, 1, 0, 0], 65_536)],
  ['bin 8', head([0xc4, 9], 9)], ['bin 16', head([0xc5, 1, 0], 256)], ['bin 32', head([0xc6, 0, 1, 0, 0], 65_536)],
  ['ext 8', head([0xc7, 9], 10)], ['ext 16', head([0xc8, 1, 0], 257)], ['ext 32', head([0xc9, 0, 1, 0, 0], 65_537)],
  ['fixarray', Buffer.concat([Buffer.of(0x92), head(0xa2, 2), Buffer.of(1)])], ['array 16', head([0xdc, 1, 0], 256)], ['array 32', head([0xdd, 0, 0, 1, 0], 256)],
  ['fixmap', head(0x82, 4)], ['map 16', head([0xde, 0, 9], 18)], ['map 32', head([0xdf, 0, 0, 0, 9], 18)]
]

/** A head, and so many bytes behind it: zeros, which as items are small numbers. */
function head(first: number | readonly number[], rest: number): Buffer {
  return Buffer.concat([Buffer.from([first].flat()), Buffer.alloc(rest)])
}

/** Where values end when the bytes come in pieces that end at `cuts`. */
function ends(bytes: Buffer, cuts: readonly number[]): number[] {
  const splitter = new Splitter()
  const found: number[] = []
  let done = 0
  for (const length of [...cuts, bytes.length]) {
    while (done < length) {
      // a buffer has room behind what came, with anything in it
      const end = splitter.find(Buffer.concat([bytes.subarray(done, length), Buffer.alloc(20, 0xc1)]), length - done)
      if (end < 0) break
      found.push(done += end)
    }
  }
  return found
}

describe('the end of a value', () => {
  it.each(KINDS)('is found behind %s, and not before its last byte came', (_, value) => {
    const bytes = Buffer.concat([value, Buffer.of(0xc0)])
    expect(new Splitter().find(bytes, bytes.length)).toBe(value.length)
    for (const length of new Set([0, 1, 2, 3, 4, 5, value.length - 1])) {
      if (length < value.length) expect(new Splitter().find(bytes, length)).toBe(-1)
    }
  })

  it('is the same however the bytes are cut', () => {
    fc.assert(fc.property(fc.array(anyValue, { minLength: 1, maxLength: 5 }), fc.array(fc.nat(), { maxLength: 10 }), (values, places) => {
      const packed = values.map(pack)
      const bytes = Buffer.concat(packed)
      let end = 0
      const expected = packed.map(({ length }) => end += length)
      expect(ends(bytes, places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b))).toEqual(expected)
    }))
  })

  it('is found when every byte comes alone', () => {
    const values = [['app', 1, { a: { b: [1, 2, null] } }], null, ['app', Buffer.alloc(50), { chunk: 'c' }]].map(pack)
    const bytes = Buffer.concat(values)
    expect(ends(bytes, Array.from(bytes.keys()))).toEqual([values[0]!.length, values[0]!.length + 1, bytes.length])
  })

  it('is found in values of any depth, without a stack of its own', () => {
    const bytes = Buffer.alloc(500_001, 0x91)
    expect(new Splitter().find(bytes, 500_000)).toBe(-1)
    bytes[500_000] = 0xc0
    expect(new Splitter().find(bytes, bytes.length)).toBe(500_001)
  })
})

it('refuses the one byte that is no MessagePack, wherever a head is due', () => {
  expect(() => new Splitter().find(Buffer.of(0xc1), 1)).toThrow(Malformed)
  expect(() => new Splitter().find(Buffer.of(0x92, 1, 0xc1), 3)).toThrow('no MessagePack')
  expect(new Splitter().find(Buffer.of(0xa1, 0xc1), 2)).toBe(2)
})
