import { execFileSync, spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Lzma } from '../../../src/lib/xz/lzma.ts'

/** The one chunk of `MESSAGE=xz abcdef abcdef …`, made by xz 5.4.1 with lc=3, lp=0, pb=2. */
const CHUNK = Buffer.from('ACaRRsDRlFfklcfYyNLt738wDci3EUlsYAAA', 'base64')
const PROPERTIES = 0x5d
const TEXT = `MESSAGE=xz ${'abcdef '.repeat(60)}`

function decoder(largest = 1 << 20): Lzma {
  const lzma = new Lzma(largest)
  lzma.setProperties(PROPERTIES)
  lzma.resetState()
  return lzma
}

function attempt(work: () => Buffer): Buffer | undefined {
  try {
    return work()
  } catch (error) {
    expect(error).toBeInstanceOf(RangeError)
    return undefined
  }
}

function unpack(chunk: Buffer, size: number, largest?: number): Buffer {
  const lzma = decoder(largest)
  lzma.decode(chunk, size)
  return lzma.output()
}

describe('a chunk', () => {
  it('is unpacked, matches that overlap themselves included', () => {
    expect(unpack(CHUNK, TEXT.length).toString()).toBe(TEXT)
  })

  it('goes on behind what is there, which it does not reach into once it is forgotten', () => {
    const lzma = decoder()
    lzma.copy(Buffer.from('before '))
    // bytes that stand elsewhere than when they were packed mean something else
    expect(() => lzma.decode(CHUNK, TEXT.length)).toThrow(RangeError)
    const forgetful = decoder()
    forgetful.copy(Buffer.from('before '))
    forgetful.forgetDictionary()
    forgetful.decode(CHUNK, TEXT.length)
    expect(forgetful.output().toString()).toBe(`before ${TEXT}`)
  })

  it('that needs a state or properties is refused without', () => {
    expect(() => new Lzma(1 << 20).decode(CHUNK, TEXT.length)).toThrow('a chunk without a beginning')
    const lzma = new Lzma(1 << 20)
    lzma.resetState()
    expect(() => lzma.decode(CHUNK, TEXT.length)).toThrow('a chunk without a beginning')
  })

  it('is refused where it is cut, at any byte', () => {
    for (let length = 0; length < CHUNK.length; length++) expect(() => unpack(CHUNK.subarray(0, length), TEXT.length)).toThrow(RangeError)
  })

  it('is refused when it does not end where it says', () => {
    expect(() => unpack(Buffer.concat([CHUNK, Buffer.of(0)]), TEXT.length)).toThrow('the chunk is damaged')
    expect(() => unpack(CHUNK, TEXT.length - 1)).toThrow(RangeError)
    expect(() => unpack(CHUNK, TEXT.length + 1)).toThrow(RangeError)
  })

  it('is refused before it takes more room than allowed', () => {
    expect(unpack(CHUNK, TEXT.length, TEXT.length).length).toBe(TEXT.length)
    expect(() => unpack(CHUNK, TEXT.length, TEXT.length - 1)).toThrow('too large')
    const lzma = decoder(10)
    lzma.copy(Buffer.alloc(10))
    expect(() => lzma.copy(Buffer.alloc(1))).toThrow('too large')
  })

  it('with any of its bits turned is refused, or has the size that it says', () => {
    let refused = 0
    for (let bit = 0; bit < CHUNK.length * 8; bit++) {
      const damaged = Buffer.from(CHUNK)
      damaged[bit >>> 3]! ^= 1 << (bit & 7)
      const out = attempt(() => unpack(damaged, TEXT.length))
      if (out === undefined) refused++
      else expect(out.length).toBe(TEXT.length)
    }
    expect(refused / (CHUNK.length * 8)).toBeGreaterThan(0.9)
  })

  it('of any bytes ends, in a result or in a RangeError', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 0, max: 224 }), (bytes, size, properties) => {
      const lzma = new Lzma(1 << 20)
      attempt(() => {
        lzma.setProperties(properties)
        lzma.resetState()
        lzma.decode(Buffer.from([0, ...bytes]), size)
        return lzma.output()
      })
    }), { numRuns: 300 })
  })
})

it('refuses properties that LZMA2 does not have: more than four bits of context', () => {
  const byte = (contexts: number, positions: number, low = 0): number => (low * 5 + positions) * 9 + contexts
  for (const wrong of [225, 255, byte(4, 1), byte(8, 0), byte(1, 4)]) expect(() => new Lzma(100).setProperties(wrong)).toThrow('wrong properties')
  for (const right of [byte(3, 0, 2), byte(4, 0), byte(0, 4, 4)]) expect(() => new Lzma(100).setProperties(right)).not.toThrow()
})

/** The chunks of LZMA2 as the specification has them: what xz writes with --format=raw. */
function unpackAll(raw: Buffer): Buffer {
  const lzma = new Lzma(1 << 26)
  for (let at = 0; raw[at] !== 0;) {
    const control = raw[at]!
    if (control < 0x80) {
      const size = raw.readUInt16BE(at + 1) + 1
      if (control === 1) lzma.forgetDictionary()
      lzma.copy(raw.subarray(at + 3, at + 3 + size))
      at += 3 + size
      continue
    }
    const size = ((control & 0x1f) << 16) + raw.readUInt16BE(at + 1) + 1
    const packed = raw.readUInt16BE(at + 3) + 1
    at += 5
    if (control >= 0xe0) lzma.forgetDictionary()
    if (control >= 0xc0) lzma.setProperties(raw[at++]!)
    if (control >= 0xa0) lzma.resetState()
    lzma.decode(raw.subarray(at, at + packed), size)
    at += packed
  }
  return lzma.output()
}

const hasXz = spawnSync('xz', ['--version']).status === 0

describe.runIf(hasXz || process.env['CI'] !== undefined)('what the program xz packs', () => {
  const pack = (data: Buffer, options: string): Buffer =>
    execFileSync('xz', ['--format=raw', `--lzma2=${options}`, '--stdout'], { input: data, maxBuffer: 1 << 26 })
  /** Lines, runs, noise and copies from far back, always the same. */
  const mixture = (size: number): Buffer => {
    let seed = 7
    const random = (below: number): number => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) % below
    const parts: Buffer[] = []
    for (let length = 0; length < size;) {
      const kind = random(4)
      const part = kind === 0 ? Buffer.from(`level=info msg="request ${random(1000)} done" ms=${random(500)}\n`)
        : kind === 1 ? Buffer.alloc(random(400), random(256))
        : kind === 2 ? Buffer.from(Array.from({ length: random(200) }, () => random(256)))
        : parts[random(parts.length || 1)] ?? Buffer.from('begin')
      parts.push(part)
      length += part.length
    }
    return Buffer.concat(parts)
  }

  it.each([
    ['preset=0', 300_000], ['preset=6', 3_000_000], ['preset=9e', 300_000], ['preset=6,lc=0,lp=4,pb=4', 100_000], ['preset=6,lc=4,lp=0,pb=0', 100_000],
    ['preset=6,lc=1,lp=3,pb=1', 100_000], ['preset=6,nice=273,mf=bt4,dict=4KiB', 300_000]
  ])('is unpacked byte for byte: %s', (options, size) => {
    const data = mixture(size)
    expect(unpackAll(pack(data, options)).equals(data)).toBe(true)
  })

  it('is unpacked whatever it is', () => {
    const data = fc.oneof(fc.uint8Array({ maxLength: 2000 }), fc.array(fc.constantFrom('a', 'ab', 'abc', '\0', 'é'), { maxLength: 2000 }).map((texts) => Buffer.from(texts.join(''))))
    fc.assert(fc.property(data, (bytes) => unpackAll(pack(Buffer.from(bytes), 'preset=6')).equals(bytes)), { numRuns: 25 })
  })
})
