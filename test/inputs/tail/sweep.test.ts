import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { MARK } from '../../../src/inputs/tail/followed.ts'
import { BLOCK_SIZE } from '../../../src/inputs/tail/plain-reader.ts'
import { RecordingIngest } from '../recording-ingest.ts'
import { makeParts, until, type Chosen, type Parts } from './parts.ts'

/** Lines of 100 bytes in a block. */
const LINES = Math.floor(BLOCK_SIZE / 100)

let folder: string
let ingest: RecordingIngest
let parts: Parts

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sweep-'))
  ingest = new RecordingIngest()
})

afterEach(async () => {
  await parts.sweep.stop(performance.now() + 500)
  parts.follower.closeAll()
  rmSync(folder, { recursive: true, force: true })
})

function make(chosen: Chosen = {}): void {
  parts = makeParts(ingest, chosen)
}

/** Writes a file of so many lines of 100 bytes that begin with its name. */
function fill(name: string, count: number): string {
  const path = join(folder, name)
  writeFileSync(path, Array.from({ length: count }, (_, i) => `${name} ${i} `.padEnd(99, 'x') + '\n').join(''))
  return path
}

const names = (): string[] => ingest.values().map((line) => String(line).split(' ')[0]!)

describe('Sweep', () => {
  it('reads files in turn, so that none waits for the end of another', async () => {
    make()
    const count = LINES * 10
    for (const name of ['a', 'b']) parts.follower.found(fill(name, count))
    expect(await until(() => ingest.records.length >= 2 * count && parts.sweep.empty)).toBe(true)
    expect(names().indexOf('b')).toBeLessThan(count / 2)
    expect(names().filter((name) => name === 'a').length).toBe(count)
  })

  it('gives way between turns of a bounded size, and says once that all is read', async () => {
    make({ turnBytes: BLOCK_SIZE })
    parts.follower.found(fill('a', LINES * 8))
    const steps: number[] = []
    while (parts.idle === 0) {
      const before = parts.reader.bytes
      await new Promise(setImmediate)
      steps.push(parts.reader.bytes - before)
    }
    expect(Math.max(...steps)).toBeLessThanOrEqual(BLOCK_SIZE + MARK)
    expect(ingest.records.length).toBe(LINES * 8)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(parts.idle).toBe(1)
  })

  it('reads what is rotated before what is not', async () => {
    make()
    const old = fill('old', 1)
    parts.follower.found(old)
    await until(() => ingest.records.length === 1)
    ingest.room = false
    parts.follower.found(fill('new', 5))
    appendFileSync(old, 'old again\n')
    renameSync(old, old + '.1')
    parts.follower.missing(old)
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(ingest.records.length).toBe(1)
    ingest.makeRoom()
    await until(() => ingest.records.length === 7)
    expect(names()).toEqual(['old', 'old', 'new', 'new', 'new', 'new', 'new'])
  })

  it('stops where the buffer is full, and goes on from there', async () => {
    make()
    ingest.onCommit = () => {
      ingest.room = false
    }
    const count = LINES * 40
    parts.follower.found(fill('a', count))
    await until(() => ingest.records.length > 0)
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(ingest.records.length).toBeLessThan(count)
    ingest.onCommit = () => undefined
    ingest.makeRoom()
    expect(await until(() => ingest.records.length >= count)).toBe(true)
    expect(ingest.overlaps).toEqual([])
  })

  it('reads nothing more once stopped, but for the rest of rotated files', async () => {
    make()
    const kept = fill('kept', 1)
    const gone = fill('gone', 1)
    parts.follower.found(kept)
    parts.follower.found(gone)
    await until(() => ingest.records.length === 2)
    for (const path of [kept, gone]) appendFileSync(path, 'rest\n')
    renameSync(gone, gone + '.1')
    parts.follower.missing(gone)
    await parts.sweep.stop(performance.now() + 1_000)
    parts.follower.check(parts.follower.byPath.get(kept)!)
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(names()).toEqual(['kept', 'gone', 'rest'])
  })
})
