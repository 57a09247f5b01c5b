import { gzipSync, zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { eachEvent, readMessage, type Message } from '../../../src/inputs/forward/message.ts'
import { Malformed } from '../../../src/inputs/forward/splitter.ts'
import { ByteWriter } from '../../../src/lib/byte-writer.ts'
import { pack } from '../../support/msgpack.ts'

const ENTRIES: readonly (readonly [number, object])[] = [[10, { n: 1 }], [11, { n: 2, text: 'äö "q"' }], [12, { n: 3, deep: { list: [1, null, true] } }]]
const packed = Buffer.concat(ENTRIES.map((entry) => pack(entry)))

function events(message: Message | undefined): { readonly taken: unknown[]; readonly whole: boolean } {
  const body = new ByteWriter()
  const taken: unknown[] = []
  const whole = eachEvent(message!.entries, body, ({ seconds }) => taken.push([seconds, JSON.parse(body.view().toString())]))
  return { taken, whole }
}

const read = (value: unknown): Message | undefined => readMessage(pack(value))

describe('each mode', () => {
  it.each([
    ['a list', ['app', ENTRIES]], ['a packed list', ['app', packed]],
    ['gzip', ['app', gzipSync(packed), { compressed: 'gzip' }]], ['zstd', ['app', zstdCompressSync(packed), { compressed: 'zstd' }]],
    ['several members of gzip', ['app', Buffer.concat([gzipSync(packed.subarray(0, 9)), gzipSync(packed.subarray(9))]), { compressed: 'gzip' }]],
    ['one that is said to be plain', ['app', packed, { compressed: 'text' }]]
  ])('has its entries in their order: %s', (_, value) => {
    const message = read(value)
    expect(message).toMatchObject({ tag: 'app', chunk: undefined, signal: 0 })
    expect(events(message)).toEqual({ taken: ENTRIES, whole: true })
  })

  it.each([[0xa0, 31, 1], [0xd9, 200, 2], [0xda, 300, 3], [0xc4, 200, 2], [0xc5, 300, 3]])('takes entries behind a head %i with %i bytes', (head, length, width) => {
    // a small record, and one whose text fills the entries up to their length
    const small = Buffer.of(0x92, 10, 0x81, 0xa1, 0x74, 0xa1, 0x78)
    const rest = length - small.length
    const long = Buffer.concat([Buffer.of(0x92, 11, 0x81, 0xa1, 0x74, 0xda, (rest - 8) >> 8, (rest - 8) & 255), Buffer.alloc(rest - 8, 'y')])
    const bytes = Buffer.alloc(width)
    bytes[0] = head
    if (width === 1) bytes[0] |= length
    else bytes.writeUIntBE(length, 1, width - 1)
    const message = readMessage(Buffer.concat([Buffer.of(0x92), pack('app'), bytes, small, long]))
    expect(events(message)).toEqual({ taken: [[10, { t: 'x' }], [11, { t: 'y'.repeat(rest - 8) }]], whole: true })
  })

  it('of one record alone, with or without options', () => {
    for (const more of [[], [null], [{ size: 1 }]]) expect(events(read(['app', 7, { n: 1 }, ...more]))).toEqual({ taken: [[7, { n: 1 }]], whole: true })
  })

  it('is the same for any entries', () => {
    const entries = fc.array(fc.tuple(fc.nat(), fc.dictionary(fc.string(), fc.oneof(fc.nat(), fc.string(), fc.constant(null)))))
    fc.assert(fc.property(entries, (list) => {
      const expected = { taken: list.map(([time, record]) => [time, { ...record }]), whole: true }
      expect(events(read(['t', list]))).toEqual(expected)
      expect(events(read(['t', Buffer.concat(list.map(pack))]))).toEqual(expected)
    }))
  })

  it('holds the chunk to acknowledge, and the kind of signal', () => {
    expect(read(['t', packed, { chunk: 'p8n9gmxTQVC8/nh2wlKKeQ==', fluent_signal: 1 }])).toMatchObject({ chunk: 'p8n9gmxTQVC8/nh2wlKKeQ==', signal: 1 })
    expect(read(['t', packed, { chunk: 7 }])!.chunk).toBeUndefined()
  })

  it('is nothing for a heartbeat', () => {
    expect(read(null)).toBeUndefined()
  })
})

describe('what is no message', () => {
  it.each([
    ['a number', 7], ['a map', { a: 1 }], ['a text', 'GET'], ['an empty list', []], ['a tag alone', ['app']], ['too many members', ['app', 1, {}, {}, {}]],
    ['a tag that is no text', [7, 1, {}]], ['a tag that is a list', [['app'], 1, {}]], ['a time without a record', ['app', 7]],
    ['bytes that are not packed as they say', ['app', packed, { compressed: 'gzip' }]],
    ['bytes of zstd that are cut', ['app', zstdCompressSync(packed).subarray(0, 10), { compressed: 'zstd' }]],
    ['gzip that is cut', ['app', gzipSync(packed).subarray(0, -4), { compressed: 'gzip' }]]
  ])('is refused with a reason: %s', (_, value) => {
    let reason = ''
    try {
      read(value)
    } catch (error) {
      expect(error).toBeInstanceOf(Malformed)
      reason = (error as Error).message
    }
    expect(reason).not.toBe('')
  })

  it('is refused before it fills the memory: 200 MB of zeros in 200 KB', () => {
    const bomb = gzipSync(Buffer.alloc(200 * 1024 * 1024), { level: 1 })
    expect(bomb.length).toBeLessThan(1_500_000)
    expect(() => read(['app', bomb, { compressed: 'gzip' }])).toThrow(Malformed)
  })

  it('never ends in another error, whatever the bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ minLength: 1, maxLength: 60 }), fc.boolean(), (random, asMessage) => {
      const bytes = Buffer.from(asMessage ? [0x93, 0xa1, 0x61, ...random] : random)
      try {
        const message = readMessage(bytes)
        if (message !== undefined) events(message)
      } catch (error) {
        expect(error).toBeInstanceOf(Malformed)
      }
    }), { numRuns: 2000 })
  })
})

describe('entries that are damaged', () => {
  it('cost what follows, and nothing before', () => {
    const torn = [packed.subarray(0, -1), Buffer.concat([packed, Buffer.of(0xc1)]), Buffer.concat([packed, pack([13, 'no record'])])]
    expect(torn.map((bytes) => events(read(['app', bytes])))).toEqual([
      { taken: ENTRIES.slice(0, 2), whole: false }, { taken: ENTRIES, whole: false }, { taken: ENTRIES, whole: false }
    ])
    expect(events(read(['app', [[1, { n: 1 }], 'x', [2, { n: 2 }]]]))).toEqual({ taken: [[1, { n: 1 }]], whole: false })
    expect(events(read(['app', 1, 'no record']))).toEqual({ taken: [], whole: false })
  })

  it('of a kind of compression that is not known are none', () => {
    expect(events(read(['app', gzipSync(packed), { compressed: 'lz4' }]))).toEqual({ taken: [], whole: false })
  })
})
