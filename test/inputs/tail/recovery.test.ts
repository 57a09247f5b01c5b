import { closeSync, fstatSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Stream, type RecoveredStream } from '../../../src/event/stream.ts'
import { Followed } from '../../../src/inputs/tail/followed.ts'
import { headSum, readHead } from '../../../src/inputs/tail/identity.ts'
import { Recovered, compare, endOf, resumeRanges } from '../../../src/inputs/tail/recovery.ts'

const NOWHERE = new Stream('', 0, { input: '', path: '', marks: {} })
const CONTENT = 'one\ntwo\n'
let folder: string
let path: string
const opened: number[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'recovery-'))
  path = join(folder, 'app.log')
  writeFileSync(path, CONTENT)
})

afterEach(() => {
  for (const fd of opened.splice(0)) closeSync(fd)
  rmSync(folder, { recursive: true, force: true })
})

/** The file at `path` now, opened; when it was created is as told. */
function open(born = '0'): Followed {
  const fd = openSync(path, 'r')
  opened.push(fd)
  const stats = fstatSync(fd)
  const file = new Followed(path, String(stats.dev), String(stats.ino), NOWHERE)
  file.fd = fd
  file.size = stats.size
  file.born = born
  return file
}

/** The stream of the file as it is now, read to its end. */
function streamOf(file: Followed, changed: Partial<RecoveredStream> & { readonly marks?: RecoveredStream['identity']['marks'] } = {}): RecoveredStream {
  const head = readHead(file.fd)
  const marks = { device: file.device, inode: file.inode, head: head.length, sum: headSum(head), born: file.born }
  const { marks: others, ...rest } = changed
  return {
    uid: 'a', generation: 0, closed: false, covered: [[0, file.size]],
    identity: { input: 'tail.0', path, marks: { ...marks, ...others } }, ...rest
  }
}

describe('a file stands to a stream of before', () => {
  it('as the same, when it begins as it did and has not become shorter', () => {
    const stream = streamOf(open())
    writeFileSync(path, CONTENT + 'three\n')
    expect(compare(stream, open())?.kind).toBe('same')
  })

  it('as replaced, when its path is the same and its content another or shorter', () => {
    const stream = streamOf(open())
    writeFileSync(path, 'another\ncontent\n')
    expect(compare(stream, open())?.kind).toBe('replaced')
    writeFileSync(path, 'x'.repeat(3_000))
    const long = streamOf(open())
    writeFileSync(path, 'x'.repeat(2_000))
    expect(compare(long, open())?.kind).toBe('replaced')
  })

  it('not at all, when it was created at another time, or only the inode is the same', () => {
    expect(compare(streamOf(open('5')), open('6'))).toBeNull()
    const stream = streamOf(open(), { identity: { input: 'tail.0', path: '/elsewhere', marks: { head: 3, sum: 1 } } })
    expect(compare(stream, open())).toBeNull()
  })
})

describe('Recovered', () => {
  it('gives a stream once, until it is given back', () => {
    const file = open()
    const recovered = new Recovered([streamOf(file)])
    const match = recovered.take(file)
    expect(match?.stream.uid).toBe('a')
    expect(recovered.take(file)).toBeNull()
    recovered.giveBack(match!.stream)
    expect(recovered.take(file)?.stream.uid).toBe('a')
    expect(recovered.rest()).toEqual([])
  })

  it('knows only the newest generation; older ones that are open are stale', () => {
    const file = open()
    const recovered = new Recovered([
      streamOf(file, { generation: 1 }), streamOf(file, { generation: 2 }), streamOf(file, { generation: 0, closed: true })
    ])
    expect(recovered.stale.map((stream) => stream.generation)).toEqual([1])
    expect(recovered.take(file)?.stream.generation).toBe(2)
  })

  it('gives the stream that was read further first', () => {
    const file = open()
    const recovered = new Recovered([streamOf(file, { uid: 'short', covered: [[0, 4]] }), streamOf(file, { uid: 'long' })])
    expect(recovered.take(file)?.stream.uid).toBe('long')
  })

  it('knows a file on a device of another number by its path and head only', () => {
    const file = open()
    const moved = streamOf(file, { marks: { device: 'other' } })
    expect(new Recovered([moved]).take(file)?.kind).toBe('same')
    expect(new Recovered([{ ...moved, identity: { ...moved.identity, path: '/elsewhere' } }]).take(file)).toBeNull()
    expect(new Recovered([streamOf(file, { marks: { device: 'other', head: 0 } })]).take(file)).toBeNull()
  })

  it('has left what is open and found no file, each once; what is closed can still fit', () => {
    const file = open()
    const recovered = new Recovered([streamOf(file, { uid: 'open' }), streamOf(file, { uid: 'closed', closed: true })])
    expect(recovered.rest().map((stream) => stream.uid)).toEqual(['open'])
    expect(recovered.rest()).toEqual([])
    expect(recovered.takeFitting((stream) => stream.uid === 'open')).toBeNull()
    expect(recovered.takeFitting((stream) => stream.uid === 'closed')?.stream.uid).toBe('closed')
  })
})

describe('resumeRanges', () => {
  it('reads exactly what is not covered', () => {
    const ranges = fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 1, max: 9 })), { maxLength: 8 })
    fc.assert(fc.property(ranges, (steps) => {
      const covered: [number, number][] = []
      let at = 0
      for (const [gap, length] of steps) {
        const from = at + gap + (at > 0 && gap === 0 ? 1 : 0)
        covered.push([from, (at = from + length)])
      }
      const file = new Followed('/x', '1', '2', NOWHERE)
      resumeRanges(file, covered)
      const read = new Set<number>()
      while (file.limit < Infinity) {
        for (let i = file.offset; i < file.limit; i++) read.add(i)
        file.nextRange()
      }
      expect(file.offset).toBe(endOf({ ...streamOfNothing, covered }))
      const missing = Array.from({ length: at }, (_, i) => i).filter((i) => !covered.some(([from, to]) => i >= from && i < to))
      expect([...read]).toEqual(missing)
    }))
  })
})

const streamOfNothing: RecoveredStream = {
  uid: '', generation: 0, closed: false, covered: [], identity: { input: '', path: '', marks: {} }
}
