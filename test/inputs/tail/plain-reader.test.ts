import { appendFileSync, closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Followed } from '../../../src/inputs/tail/followed.ts'
import { lineHandler } from '../../../src/inputs/tail/handlers.ts'
import { BLOCK_SIZE, END, MORE, REPLACED, type PlainReader } from '../../../src/inputs/tail/plain-reader.ts'
import { resumeRanges } from '../../../src/inputs/tail/recovery.ts'
import { RecordingIngest } from '../recording-ingest.ts'
import { makeParts, type Chosen } from './parts.ts'

let folder: string
let path: string
let ingest: RecordingIngest
let reader: PlainReader
let file: Followed

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'reader-'))
  path = join(folder, 'app.log')
})

afterEach(() => {
  closeSync(file.fd)
  rmSync(folder, { recursive: true, force: true })
})

function open(content: string, lines: NonNullable<Chosen['lines']> = {}): void {
  writeFileSync(path, content)
  ingest = new RecordingIngest()
  const parts = makeParts(ingest, { lines })
  reader = parts.reader
  file = new Followed(path, '1', '2', ingest.openStream({ input: 'tail.0', path, marks: {} }))
  file.handler = lineHandler(parts.options.handling, ingest.tag('t'), path)
  file.fd = openSync(path, 'r')
}

function values(): unknown[] {
  ingest.commit()
  return ingest.values()
}

/** Reads to the end; what the last reading said. */
function readOn(): number {
  for (let i = 0; i < 1_000; i++) {
    const outcome = reader.read(file)
    if (outcome !== MORE) return outcome
  }
  throw new Error('the end never came')
}

describe('PlainReader', () => {
  it('takes whole lines and reads a begun one again with what is added', () => {
    open('one\ntwo\nbeg')
    expect(reader.read(file)).toBe(END)
    expect([file.offset, file.scanned]).toEqual([8, 11])
    expect(reader.read(file)).toBe(END)
    appendFileSync(path, 'un\n')
    expect(reader.read(file)).toBe(END)
    expect(values()).toEqual(['one', 'two', 'begun'])
    expect(file.lag).toBe(0)
  })

  it('notices that what it had read is there no more, though the file is as long or longer', () => {
    open('one\ntwo\n')
    readOn()
    writeFileSync(path, 'ONE\nTWO\nmore\n')
    expect(reader.read(file)).toBe(REPLACED)
    writeFileSync(path, 'one\n')
    expect(reader.read(file)).toBe(REPLACED)
    expect(values()).toEqual(['one', 'two'])
  })

  it('reads the holes that are left, then on behind them, and nothing twice', () => {
    open('0\n1\n2\n3\n4\n5\n')
    resumeRanges(file, [[2, 4], [6, 8]])
    expect(readOn()).toBe(END)
    expect(values()).toEqual(['0', '2', '4', '5'])
    expect(ingest.overlaps).toEqual([])
  })

  it('takes what follows the last newline when asked, once', () => {
    open('one\nlast')
    readOn()
    reader.takeRest(file)
    reader.takeRest(file)
    expect(values()).toEqual(['one', 'last'])
    expect(ingest.recovered()[0]!.covered).toEqual([[0, 8]])
  })

  it('covers blocks of zeros without a line, so that they are not read again', () => {
    open('')
    writeFileSync(path, Buffer.concat([Buffer.alloc(BLOCK_SIZE * 2), Buffer.from('after\n')]))
    expect(readOn()).toBe(END)
    expect(values()).toEqual(['after'])
    expect(ingest.recovered()[0]!.covered).toEqual([[0, BLOCK_SIZE * 2 + 6]])
  })

  it('whatever the lengths of lines and the pieces they are written in: each line once', () => {
    const length = fc.oneof(fc.nat(50), fc.constantFrom(BLOCK_SIZE / 2, BLOCK_SIZE - 1, BLOCK_SIZE, BLOCK_SIZE + 1, 3 * BLOCK_SIZE))
    fc.assert(fc.property(fc.array(length, { minLength: 1, maxLength: 6 }), fc.array(fc.integer({ min: 1, max: 100_000 }), { maxLength: 6 }), (lengths, cuts) => {
      const lines = lengths.map((size, i) => `${i}€`.padEnd(size, 'x'))
      const content = lines.join('\n') + '\n'
      open('')
      let at = 0
      for (const cut of [...cuts, content.length]) {
        appendFileSync(path, content.slice(at, at + cut))
        at += cut
        expect(readOn()).toBe(END)
      }
      expect(values()).toEqual(lines)
      expect(ingest.recovered()[0]!.covered).toEqual([[0, Buffer.byteLength(content)]])
      expect(ingest.overlaps).toEqual([])
      closeSync(file.fd)
    }), { numRuns: 40 })
    file.fd = openSync(path, 'r')
  })
})
