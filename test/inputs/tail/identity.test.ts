import { appendFileSync, closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { HEAD, headMatches, headSum, isSame, mayBeSame, readHead } from '../../../src/inputs/tail/identity.ts'

const folder = mkdtempSync(join(tmpdir(), 'identity-'))
const file = join(folder, 'a.log')
afterEach(() => rmSync(file, { force: true }))

function opened<T>(use: (fd: number) => T): T {
  const fd = openSync(file, 'r')
  try {
    return use(fd)
  } finally {
    closeSync(fd)
  }
}

describe('the checksum of a file\'s head', () => {
  it('still fits when the file has grown, and not when its beginning is another', () => {
    writeFileSync(file, 'first line\n')
    const [length, sum] = opened((fd) => {
      const head = readHead(fd)
      return [head.length, headSum(head)] as const
    })
    appendFileSync(file, 'second line\n')
    expect(opened((fd) => headMatches(fd, length, sum))).toBe(true)
    writeFileSync(file, 'other line\nand more of it\n')
    expect(opened((fd) => headMatches(fd, length, sum))).toBe(false)
    writeFileSync(file, 'fir')
    expect(opened((fd) => headMatches(fd, length, sum))).toBe(false)
  })

  it('covers no more than the head', () => {
    writeFileSync(file, 'x'.repeat(HEAD * 2))
    expect(opened((fd) => readHead(fd).length)).toBe(HEAD)
  })
})

describe('times of creation', () => {
  it('that are not known speak neither for nor against', () => {
    expect([mayBeSame('0', '5'), mayBeSame('5', '5'), mayBeSame('5', '6')]).toEqual([true, true, false])
    expect([isSame('0', '0'), isSame('5', '5'), isSame('5', '6')]).toEqual([false, true, false])
  })
})
