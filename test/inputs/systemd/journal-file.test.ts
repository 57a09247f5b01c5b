import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { JournalError, JournalFile } from '../../../src/inputs/systemd/journal-file.ts'
import { JournalMaker, type JournalOptions } from './make-journal.ts'

const START = 1_795_534_312_000_000
/** Where the header has the offset of the first array. */
const FIRST_ARRAY = 176

let folder: string
const open: JournalFile[] = []
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'journal-'))
})
afterEach(() => {
  for (const file of open.splice(0)) file.close()
  rmSync(folder, { recursive: true })
})

function make(count: number, options: JournalOptions = {}): JournalMaker {
  const maker = new JournalMaker(path.join(folder, 'system.journal'), options)
  for (let i = 0; i < count; i++) maker.add([['UNIT', 'a'], ['MESSAGE', `m${i}`]], START + i * 1000)
  return maker
}

function look(maker: JournalMaker): JournalFile {
  const file = JournalFile.open(maker.path)
  open.push(file)
  return file
}

/** The fields of each entry from here on; undefined for an entry that cannot be read, null for a field that cannot. */
function rest(file: JournalFile): (readonly (string | null)[] | undefined)[] {
  const entries: (readonly (string | null)[] | undefined)[] = []
  for (; !file.isRead; file.advance()) {
    entries.push(file.load()
      ? Array.from(file.items.subarray(0, file.itemCount), (offset) => file.locate(offset) ? file.bytes.toString('latin1', file.nameStart, file.valueEnd) : null)
      : undefined)
  }
  return entries
}

const expected = (from: number, to: number): string[][] => Array.from({ length: to - from }, (_, i) => ['UNIT=a', `MESSAGE=m${from + i}`])
const number64 = (value: bigint): Buffer => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(value)
  return bytes
}

describe.each([false, true])('a file, compact: %s', (compact) => {
  it('has its entries in their order, with number and time', () => {
    const file = look(make(30, { compact, first: 7, room: 2 }))
    expect([file.entries, file.headSeqnum, file.tailSeqnum, file.headRealtime, file.tailRealtime]).toEqual([30, 7, 36, START, START + 29_000])
    file.load()
    expect([file.seqnum, file.realtime]).toEqual([7, START])
    expect(rest(file)).toEqual(expected(0, 30))
  })

  it('is searched by number and by time', () => {
    const file = look(make(20, { compact, first: 100, room: 3 }))
    const found = (seqnum: number): number => {
      file.seek(seqnum)
      return file.index
    }
    expect([0, 100, 101, 119, 120, 1e9].map(found)).toEqual([0, 0, 1, 19, 20, 20])
    expect([0, START - 1, START, START + 500, START + 18_000, START + 19_000, 1e18].map((time) => file.seqnumAfter(time))).toEqual([100, 100, 101, 101, 119, 120, 120])
  })

  it('shows what was added once it is looked at again', () => {
    const maker = make(3, { compact, room: 2 })
    const file = look(maker)
    expect(rest(file)).toEqual(expected(0, 3))
    for (let i = 3; i < 40; i++) maker.add([['UNIT', 'a'], ['MESSAGE', `m${i}`]], START + i * 1000)
    expect(file.isRead).toBe(true)
    file.refresh()
    expect(rest(file)).toEqual(expected(3, 40))
    maker.archive()
    file.refresh()
    expect(file.archived).toBe(true)
  })

  it('with any bytes damaged gives entries of sound fields, or none, and no error', () => {
    const damage = fc.array(fc.tuple(fc.nat(9999), fc.constantFrom(0, 1, 7, 8, 0x7f, 0x80, 0xff), fc.nat(8)), { minLength: 1, maxLength: 6 })
    fc.assert(fc.property(damage, (places) => {
      const maker = make(12, { compact, room: 2, compression: 'zstd' })
      maker.add([['LONG', 'x'.repeat(500)]], START + 12_000)
      // behind the header, which says how many entries there are
      for (const [place, value, length] of places) maker.overwrite(264 + place % 2500, Buffer.alloc(length, value))
      maker.close()
      const file = JournalFile.open(maker.path)
      try {
        file.seek(5)
        file.seqnumAfter(START + 3000)
        file.seek(0)
        file.index = 0
        expect(rest(file).length).toBe(13)
        for (let offset = 0; offset < 4000; offset += 8) {
          file.isShared(offset, 1024)
          file.payloadSize(offset)
        }
      } finally {
        file.close()
      }
    }), { numRuns: 150 })
  })
})

describe('an offset that is damaged', () => {
  /** Beyond the end, beyond what any file has, beyond what numbers are exact for, not aligned, within the header, and zero. */
  const WRONG = [1n << 20n, 1n << 40n, (1n << 53n) - 8n, 1n << 62n, (1n << 64n) - 8n, 1001n, 8n, 0n]

  it.each(WRONG)('of the first array costs the entries, which come again when it is whole: %d', (offset) => {
    const maker = make(3)
    const file = look(maker)
    const sound = Buffer.from(file.bytes)
    expect(sound.length).toBe(0)
    maker.overwrite(FIRST_ARRAY, number64(offset))
    expect(rest(look(maker))).toEqual([undefined, undefined, undefined])
    expect(rest(file)).toEqual(expected(0, 3))
  })

  it.each(WRONG)('of the next array costs the entries behind it: %d', (offset) => {
    const maker = make(5, { room: 2 })
    // the first array stands behind the two fields and the entry that were written before it
    const file = look(maker)
    const first = firstArray(maker)
    maker.overwrite(first + 16, number64(offset))
    expect(rest(file)).toEqual([...expected(0, 2), undefined, undefined, undefined])
  })

  it('that leads back to an array of before ends the chain instead of going round', () => {
    const maker = make(5, { room: 2 })
    const first = firstArray(maker)
    maker.overwrite(first + 16, number64(BigInt(first)))
    expect(rest(look(maker))).toEqual([...expected(0, 2), undefined, undefined, undefined])
  })

  it.each(WRONG)('of an entry costs this entry: %d', (offset) => {
    const maker = make(4, { room: 4 })
    maker.overwrite(firstArray(maker) + 24 + 8, number64(offset))
    expect(rest(look(maker))).toEqual([expected(0, 1)[0], undefined, ...expected(2, 4)])
  })

  it.each(WRONG)('of a field costs this field: %d', (offset) => {
    const maker = make(1)
    const file = look(maker)
    expect([file.locate(Number(offset)), file.payloadSize(Number(offset)), file.isShared(Number(offset), 1000)]).toEqual([false, Infinity, false])
  })

  function firstArray(maker: JournalMaker): number {
    // MESSAGE=m0 stands before its entry (64 bytes and 2 items of 16), which stands before the array
    return maker.offsetOf('MESSAGE=m0') + 64 + 16 + 64 + 32
  }
})

describe('a size that is damaged', () => {
  it.each([0n, 8n, 63n, 1n << 29n, 1n << 31n, (1n << 64n) - 1n])('of a field costs this field: %d', (size) => {
    const maker = make(2)
    maker.overwrite(maker.offsetOf('MESSAGE=m0') + 8, number64(size))
    expect(rest(look(maker))).toEqual([['UNIT=a', null], expected(1, 2)[0]])
  })
})

describe('a field', () => {
  it('is shared once a second entry has it, unless it is long', () => {
    const maker = make(2)
    const file = look(maker)
    const shared = (text: string, longest = 1000): boolean => file.isShared(maker.offsetOf(text), longest)
    expect([shared('UNIT=a'), shared('MESSAGE=m0'), shared('UNIT=a', 5), shared('UNIT=a', 6)]).toEqual([true, false, false, true])
    expect(file.payloadSize(maker.offsetOf('UNIT=a'))).toBe(6)
  })

  it('without a name is none', () => {
    const maker = make(1)
    maker.overwrite(maker.offsetOf('UNIT=a') + 64, Buffer.from('UNIT:a'))
    expect(rest(look(maker))).toEqual([[null, 'MESSAGE=m0']])
  })
})

describe('what is refused', () => {
  it.each([
    ['a short file', Buffer.from('LPKSHHRH'), 'it is shorter than a header'], ['another format', Buffer.alloc(300, 'x'), 'it is no journal'],
    ['an unknown feature', Buffer.concat([Buffer.from('LPKSHHRH'), Buffer.of(0, 0, 0, 0, 0x20), Buffer.alloc(300)]), 'it is of a format that is not known (flags 20)']
  ])('is %s', (_, bytes, reason) => {
    const name = path.join(folder, 'wrong.journal')
    writeFileSync(name, bytes)
    expect(() => JournalFile.open(name)).toThrow(JournalError)
    expect(() => JournalFile.open(name)).toThrow(reason)
  })
})
