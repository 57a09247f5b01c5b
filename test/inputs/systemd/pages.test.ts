import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Pages } from '../../../src/inputs/systemd/pages.ts'

const PAGE = 32 * 1024
/** More pages than are kept, the last one short and of no whole number of words. */
const content = Buffer.from(Array.from({ length: PAGE / 4 * 40 * 4 + 1003 }, (_, i) => (i * 31 + (i >>> 8)) & 255))

let folder: string
let fd: number
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'pages-'))
  writeFileSync(path.join(folder, 'file'), content)
  fd = openSync(path.join(folder, 'file'), 'r+')
})
afterEach(() => {
  closeSync(fd)
  rmSync(folder, { recursive: true })
})

/** The bytes of a range, or undefined. */
function read(pages: Pages, offset: number, length: number): Buffer | undefined {
  return pages.locate(offset, length) ? pages.bytes.subarray(pages.start, pages.start + length) : undefined
}

describe('a range of a file', () => {
  it('is what stands there, in whatever order ranges are asked for', () => {
    const pages = new Pages(fd)
    const range = fc.tuple(fc.nat(content.length + 100), fc.oneof(fc.nat(300), fc.nat(2 * PAGE + 100)))
    fc.assert(fc.property(fc.array(range, { maxLength: 60 }), (ranges) => {
      for (const [offset, length] of ranges) {
        const found = read(pages, offset, length)
        if (offset + length > content.length) expect(length > 0 && found !== undefined).toBe(false)
        else expect(found!.equals(content.subarray(offset, offset + length))).toBe(true)
      }
    }))
  })

  it('is there as words, too, up to its last bytes', () => {
    const pages = new Pages(fd)
    for (const [offset, length] of [[0, 8], [PAGE - 8, 8], [PAGE - 8, 24], [PAGE * 40 + 1000 - 8, 8]] as const) {
      expect(pages.locate(offset, length)).toBe(true)
      for (let i = 0; i < length / 4; i++) expect(pages.words[(pages.start >>> 2) + i]).toBe(content.readUInt32LE(offset + i * 4))
    }
  })

  it('is not there behind the end, nor where no file reaches', () => {
    const pages = new Pages(fd)
    expect(read(pages, content.length - 3, 3)!.length).toBe(3)
    for (const [offset, length] of [[content.length - 3, 4], [content.length, 1], [PAGE * 1000, 8], [content.length - 10, PAGE]] as const) {
      expect(pages.locate(offset, length)).toBe(false)
    }
    // what a damaged offset says
    for (const offset of [2 ** 53 - 8, 2 ** 53, 2 ** 63, 2 ** 64 - 8]) expect([8, PAGE * 2].map((length) => pages.locate(offset, length))).toEqual([false, false])
  })

  it('is looked at again once it is cleared, and not before', () => {
    const pages = new Pages(fd)
    expect(read(pages, 100, 4)!.equals(content.subarray(100, 104))).toBe(true)
    writeSync(fd, Buffer.from('NEWS'), 0, 4, 100)
    expect(read(pages, 100, 4)!.equals(content.subarray(100, 104))).toBe(true)
    pages.clear()
    expect(read(pages, 100, 4)!.toString()).toBe('NEWS')
    pages.clear()
    ftruncateSync(fd, 102)
    expect([read(pages, 100, 2)?.toString(), read(pages, 100, 4)]).toEqual(['NE', undefined])
  })

  it('behind a short page that has grown is found once it is cleared', () => {
    const pages = new Pages(fd)
    expect(pages.locate(content.length, 6)).toBe(false)
    writeSync(fd, Buffer.from('behind'), 0, 6, content.length)
    pages.clear()
    expect(read(pages, content.length, 6)!.toString()).toBe('behind')
  })
})
