import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { RecoveredStream } from '../../../src/event/stream.ts'
import { ReadFiles, continues, findCopy, peek } from '../../../src/inputs/tail/compressed-copy.ts'
import type { Followed } from '../../../src/inputs/tail/followed.ts'
import { headSum } from '../../../src/inputs/tail/identity.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'copy-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const text = Buffer.from(Array.from({ length: 500 }, (_, i) => `line ${i} of a file that is rotated and compressed\n`).join(''))

function write(name: string, content: Buffer | string): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

/** A stream that was read up to `end`, known by the first 256 bytes. */
function stream(end: number, more: Partial<RecoveredStream> = {}): RecoveredStream {
  return {
    uid: 'a', generation: 0, closed: false, covered: end > 0 ? [[0, end]] : [],
    identity: { input: 'tail.0', path: join(folder, 'app.log'), marks: { head: 256, sum: headSum(text.subarray(0, 256)) } }, ...more
  }
}

describe('a look into a compressed file', () => {
  it('tells its first bytes and its size', () => {
    const content = peek(write('a.gz', gzipSync(text)))!
    expect(content.size).toBe(text.length)
    expect(text.subarray(0, content.head.length).equals(content.head)).toBe(true)
  })

  it.each(['gone', 'empty', 'torn', 'plain'])('finds nothing where the file is %s', (kind) => {
    const path = join(folder, 'a.gz')
    if (kind === 'empty') write('a.gz', '')
    if (kind === 'plain') write('a.gz', text)
    if (kind === 'torn') {
      write('a.gz', gzipSync(text))
      truncateSync(path, 12)
    }
    expect(peek(path)).toBeNull()
  })
})

describe('a compressed copy', () => {
  it('is that of a stream with the same head that is no longer than it, and of a closed one just as long', () => {
    const content = peek(write('app.log.1.gz', gzipSync(text)))!
    const other = stream(10, { identity: { ...stream(0).identity, marks: { head: 256, sum: 1 } } })
    const unknown = stream(10, { identity: { ...stream(0).identity, marks: { head: 10, sum: headSum(text.subarray(0, 10)) } } })
    const found = [stream(0), stream(100), stream(text.length + 1), other, unknown, stream(100, { closed: true }), stream(text.length, { closed: true })]
    expect(found.map((one) => continues(content, one))).toEqual([true, true, false, false, false, false, true])
  })

  it('is found beside the file, under a name that begins with its name', () => {
    const target = join(folder, 'app.log')
    write('other.log.gz', gzipSync(text))
    write('app.log.2', text)
    expect(findCopy(target, stream(10))).toBeNull()
    const copy = write('app.log.2.gz', gzipSync(text))
    expect(findCopy(target, stream(10))).toBe(copy)
    expect(findCopy('/nowhere/app.log', stream(10))).toBeNull()
  })
})

it('files that were read are known by what they hold, while they are followed and after', () => {
  const content = { head: text.subarray(0, 256), size: text.length }
  const file = { compressed: false, fd: -1, size: text.length, scanned: text.length, headLength: 256, headSum: headSum(text.subarray(0, 256)) } as Followed
  const read = new ReadFiles()
  expect([read.hold(content, []), read.hold(content, [file]), read.hold({ ...content, size: 5 }, [file])]).toEqual([false, true, false])
  read.forgotten(Object.assign({}, file, { headLength: 5 }))
  expect(read.hold(content, [])).toBe(false)
  read.forgotten(file)
  expect(read.hold(content, [])).toBe(true)
})
