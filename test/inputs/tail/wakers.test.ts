import { appendFileSync, mkdtempSync, renameSync, rmSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SETTLED } from '../../../src/inputs/tail/followed.ts'
import { Wakers, deletedBytes, type WakerOptions } from '../../../src/inputs/tail/wakers.ts'
import { RecordingIngest } from '../recording-ingest.ts'
import { makeParts, until, type Parts } from './parts.ts'

let folder: string
let path: string
let ingest: RecordingIngest
let parts: Parts
let wakers: Wakers

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wakers-'))
  path = join(folder, 'app.log')
  ingest = new RecordingIngest()
})

afterEach(async () => {
  wakers.stop()
  await parts.sweep.stop(performance.now() + 500)
  parts.follower.closeAll()
  rmSync(folder, { recursive: true, force: true })
})

/** Follows a file of one line; `wakers` looks after it. */
async function follow(given: Partial<WakerOptions> = {}): Promise<void> {
  writeFileSync(path, 'one\n')
  parts = makeParts(ingest)
  wakers = new Wakers({
    notices: true, progress: 60_000, links: 60_000, rotateWait: 60_000, closeOlder: 0, deletedLimit: 1_000_000,
    log: parts.context.log, ...given
  }, { follower: parts.follower, sweep: parts.sweep, reader: parts.reader, ingest })
  parts.follower.found(path)
  for (const file of parts.watched) wakers.watch(file)
  wakers.start()
  await until(() => ingest.records.length === 1)
}

const taken = (count: number): Promise<boolean> => until(() => ingest.records.length >= count)

describe('Wakers', () => {
  it('have a file read as soon as the system says that it was written', async () => {
    await follow()
    appendFileSync(path, 'two\n')
    expect(await until(() => ingest.records.length === 2, 800)).toBe(true)
  })

  it('look at files in turn where there are no notices', async () => {
    await follow({ notices: false })
    expect(parts.watched[0]!.watcher).toBeNull()
    appendFileSync(path, 'two\n')
    expect(await taken(2)).toBe(true)
  })

  it('find what comes at a path soon after its file went away', async () => {
    await follow()
    renameSync(path, path + '.1')
    expect(await until(() => parts.follower.vacant.size > 0)).toBe(true)
    writeFileSync(path, 'two\n')
    // before the next round comes
    expect(await until(() => ingest.records.length === 2, 700)).toBe(true)
    expect(parts.follower.vacant.size).toBe(0)
  })

  it('settle a rotated file after a while without more: its last line comes then', async () => {
    await follow({ notices: false, rotateWait: 50 })
    appendFileSync(path, 'last')
    renameSync(path, path + '.1')
    parts.follower.missing(path)
    expect(await taken(2)).toBe(true)
    expect([ingest.values(), parts.follower.files.size]).toEqual([['one', 'last'], 0])
    expect(ingest.recovered().map((stream) => stream.closed)).toEqual([true])
  })

  it('close a file that has become too old, to be read on when it grows', async () => {
    await follow({ notices: false, closeOlder: 60_000 })
    utimesSync(path, 1_000, 1_000)
    const file = parts.watched[0]!
    expect(await until(() => file.state === SETTLED)).toBe(true)
    expect(file.fd).toBe(-1)
    appendFileSync(path, 'two\n')
    expect(await taken(2)).toBe(true)
  })

  it('give up deleted files whose unread bytes take up too much of the disk', async () => {
    await follow({ notices: false, deletedLimit: 10 })
    ingest.room = false
    appendFileSync(path, 'a line that nobody has room for\n')
    parts.follower.check(parts.watched[0]!)
    unlinkSync(path)
    parts.follower.missing(path)
    parts.follower.check(parts.watched[0]!)
    expect(deletedBytes(parts.follower)).toBe(32)
    expect(await until(() => parts.follower.files.size === 0)).toBe(true)
    expect([ingest.dropped, parts.follower.lost.value]).toEqual([{ rotated_away: 1 }, 32])
    expect(deletedBytes(parts.follower)).toBe(0)
  })
})
