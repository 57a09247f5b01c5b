import { describe, expect, it } from 'vitest'
import { readEvent } from '../../src/event/msgpack.ts'
import { ByteWriter } from '../../src/lib/byte-writer.ts'

const time = [0xd7, 0, 0x65, 0x53, 0xf1, 0, 0, 0, 0, 7]

function read (bytes: readonly number[] | Buffer): { body: unknown, text: string, seconds: number, nanos: number, metadata: string, end: number, isMark: boolean } {
  const buffer = Buffer.from(bytes)
  const writer = new ByteWriter(64)
  const event = readEvent(buffer, 0, buffer.length, writer)
  if (event === undefined) throw new Error('no event')
  const text = writer.view().toString()
  return { ...event, text, body: JSON.parse(text) as unknown }
}

/** An event whose body is {"v": value}. */
function valued (...value: readonly number[]): string {
  return read([0x92, 0x92, ...time, 0x80, 0x81, 0xa1, 0x76, ...value]).text.slice(5, -1)
}

describe('an event', () => {
  it('has time, metadata and body', () => {
    const event = read([0x92, 0x92, ...time, 0x81, 0xa1, 0x6d, 0x01, 0x81, 0xa1, 0x76, 0xa1, 0x78])
    expect(event).toMatchObject({ seconds: 1_700_000_000, nanos: 7, metadata: '{"m":1}', body: { v: 'x' }, end: 21, isMark: false })
  })

  it('of an older version has only a time, as a whole number or a double', () => {
    expect(read([0x92, 0xce, 0x65, 0x53, 0xf1, 0, 0x80])).toMatchObject({ seconds: 1_700_000_000, nanos: 0, metadata: '' })
    const double = Buffer.alloc(8)
    double.writeDoubleBE(12.5)
    expect(read([0x92, 0xcb, ...double, 0x80])).toMatchObject({ seconds: 12, nanos: 500_000_000 })
  })

  it('that marks a group is told apart', () => {
    expect(read([0x92, 0x92, 0xd7, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0x80, 0x80]).isMark).toBe(true)
  })
})

describe('values', () => {
  it('are numbers of all sizes, exact', () => {
    expect(valued(0x7f)).toBe('127')
    expect(valued(0xff)).toBe('-1')
    expect(valued(0xcc, 200)).toBe('200')
    expect(valued(0xcd, 1, 0)).toBe('256')
    expect(valued(0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)).toBe('18446744073709551615')
    expect(valued(0xd0, 0x80)).toBe('-128')
    expect(valued(0xd1, 0x80, 0)).toBe('-32768')
    expect(valued(0xd2, 0x80, 0, 0, 0)).toBe('-2147483648')
    expect(valued(0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0)).toBe('-9223372036854775808')
    expect(valued(0xcb, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0)).toBe('1.5')
    expect(valued(0xcb, 0x40, 0, 0, 0, 0, 0, 0, 0)).toBe('2.0')
    expect(valued(0xca, 0x7f, 0xc0, 0, 0)).toBe('null')
  })

  it('are null, booleans, lists and maps', () => {
    expect(valued(0xc0)).toBe('null')
    expect(valued(0x93, 0xc2, 0xc3, 0x82, 0xa1, 0x61, 0x90, 0x01, 0xa0)).toBe('[false,true,{"a":[],"1":""}]')
    expect(valued(0xdc, 0, 1, 0xdf, 0, 0, 0, 0)).toBe('[{}]')
  })

  it('are texts and binaries, escaped, and valid UTF-8 whatever they were', () => {
    expect(valued(0xd9, 3, 0x22, 0x0a, 0x41)).toBe('"\\"\\nA"')
    expect(valued(0xc4, 2, 0xc3, 0xa9)).toBe('"é"')
    expect(valued(0xda, 0, 2, 0xff, 0x41)).toBe('"\ufffdA"')
    expect(valued(0xc7, 2, 9, 0xab, 0xcd)).toBe('"abcd"')
  })
})

it('is none when the bytes are torn, nested without end, or something else', () => {
  const whole = Buffer.from([0x92, 0x92, ...time, 0x80, 0x81, 0xa1, 0x76, 0xd9, 3, 0x61, 0x62, 0x63])
  const writer = new ByteWriter(64)
  for (let length = 0; length < whole.length; length++) expect(readEvent(whole, 0, length, writer)).toBeUndefined()
  expect(readEvent(whole, 0, whole.length, writer)?.end).toBe(whole.length)
  const deep = Buffer.from([0x92, 0x92, ...time, 0x80, 0x81, 0xa1, 0x76, ...new Array<number>(200).fill(0x91), 0xc0])
  expect(readEvent(deep, 0, deep.length, writer)).toBeUndefined()
  for (const odd of [[0x00], [0x93, 1, 2, 3], [0x92, 0x92, ...time, 0x80, 0x01], [0x92, 0xa1, 0x61, 0x80], [0xc1]]) {
    expect(readEvent(Buffer.from(odd), 0, odd.length, writer)).toBeUndefined()
  }
})
