import { closeSync, mkdtempSync, openSync, rmSync, statSync, utimesSync, writeFileSync, appendFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Stream } from '../../../src/event/stream.ts'
import { Beginnings, type BeginningOptions } from '../../../src/inputs/tail/beginnings.ts'
import { Followed } from '../../../src/inputs/tail/followed.ts'

let folder: string
const open: number[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'beginnings-'))
})
afterEach(() => {
  for (const fd of open.splice(0)) closeSync(fd)
  rmSync(folder, { recursive: true, force: true })
})

function make(options: Partial<BeginningOptions> = {}): Beginnings {
  return new Beginnings({ readFromHead: false, newFromHead: true, ignoreOlder: 0, positions: null, ...options })
}

/** A file with a whole line and the begin of another. */
function file(content = 'one line\nand the begin of'): Followed {
  const path = join(folder, 'a.log')
  writeFileSync(path, content)
  const followed = new Followed(path, '1', '1', new Stream('', 0, { input: '', path, marks: {} }))
  followed.fd = openSync(path, 'r')
  open.push(followed.fd)
  followed.size = content.length
  return followed
}

describe('a plain file begins', () => {
  it.each([
    ['at its last line when it was there at the very first start', {}, true, true, 9],
    ['at its head with read_from_head', { readFromHead: true }, true, true, 0],
    ['at its head when it appeared while the agent was stopped', {}, false, true, 0],
    ['at its head when it appears later', {}, true, false, 0],
    ['at its last line when it appears later and that is not wanted', { newFromHead: false }, true, false, 9],
    ['where Fluent Bit was, at the very first start', { positions: { position: (): number => 4 } }, true, true, 4],
    ['at its last line when Fluent Bit did not know it', { positions: { position: (): null => null } }, true, true, 9]
  ] as const)('%s', (_, options, firstStart, firstScan, begin) => {
    expect(make(options as Partial<BeginningOptions>).ofPlain(file(), firstStart, firstScan)).toBe(begin)
  })

  it('where it ended when it was left out for its age, and has grown since', () => {
    const beginnings = make({ ignoreOlder: 60_000, readFromHead: true })
    const old = file()
    utimesSync(old.path, 1000, 1000)
    expect(beginnings.isTooOld(old.path, statSync(old.path, { bigint: true }))).toBe(true)
    appendFileSync(old.path, ' the second\n')
    expect(beginnings.isTooOld(old.path, statSync(old.path, { bigint: true }))).toBe(false)
    expect(beginnings.ofPlain(old, false, false)).toBe('one line\nand the begin of'.length)
    expect(beginnings.ofPlain(old, false, false)).toBe(0)
  })
})

it('a compressed file counts as taken when it is not wanted, or its content is known', () => {
  const content = { head: Buffer.alloc(256, 'x'), size: 5000 }
  expect(make().ofCompressed(content, true, [])).toBe(5000)
  expect(make().ofCompressed(content, false, [])).toBe(0)
  expect(make({ readFromHead: true }).ofCompressed(content, true, [])).toBe(0)
})
