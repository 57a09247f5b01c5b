import { appendFileSync, mkdtempSync, renameSync, rmSync, statSync, symlinkSync, truncateSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ACTIVE, RETIRED, SETTLED } from '../../../src/inputs/tail/followed.ts'
import { sleep } from '../../support/wait.ts'
import { RecordingIngest } from '../recording-ingest.ts'
import { makeParts, until, type Chosen, type Parts } from './parts.ts'

let folder: string
let path: string
let ingest: RecordingIngest
let parts: Parts

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'follower-'))
  path = join(folder, 'app.log')
  ingest = new RecordingIngest()
})

afterEach(async () => {
  await parts.sweep.stop(performance.now() + 500)
  parts.follower.closeAll()
  rmSync(folder, { recursive: true, force: true })
})

function make(chosen: Chosen = {}): Parts['follower'] {
  parts = makeParts(ingest, chosen)
  return parts.follower
}

async function values(count: number): Promise<unknown[]> {
  await until(() => ingest.records.length >= count && parts.sweep.empty)
  return ingest.values()
}

/** Puts a file with this inode, which is free, at the path. */
function makeWithInode(ino: number): boolean {
  for (let i = 0; i < 200; i++) {
    const name = join(folder, `made-${i}`)
    writeFileSync(name, 'three\n')
    if (statSync(name).ino !== ino) continue
    renameSync(name, path)
    return true
  }
  return false
}

describe('a path that is found', () => {
  it('is followed once, watched, and read', async () => {
    writeFileSync(path, 'one\n')
    const follower = make()
    follower.found(path)
    follower.found(path)
    expect(await values(1)).toEqual(['one'])
    expect([follower.files.size, parts.watched.length]).toEqual([1, 1])
    expect(parts.context.report.counters['fluentbit_input_files_opened_total']!.value).toBe(1)
  })

  it('is nothing when it is a folder, or gone', () => {
    const follower = make()
    follower.found(folder)
    follower.found(path)
    expect(follower.files.size).toBe(0)
  })

  it('is a second name of a file that is followed already: read once', async () => {
    writeFileSync(path, 'one\n')
    symlinkSync(path, path + '.link')
    const follower = make()
    follower.found(path)
    follower.found(path + '.link')
    expect(await values(1)).toEqual(['one'])
    expect([follower.files.size, follower.byPath.has(path + '.link')]).toEqual([1, false])
  })

  it('is left out when it is too old, and read from there when it grows', async () => {
    writeFileSync(path, 'old\n')
    utimesSync(path, 1_000, 1_000)
    const follower = make({ follower: { ignoreOlder: 60_000 } })
    follower.found(path)
    expect(follower.files.size).toBe(0)
    appendFileSync(path, 'new\n')
    follower.found(path)
    expect(await values(1)).toEqual(['new'])
  })
})

describe('a path that leads elsewhere', () => {
  it('has its old file read to the end before the new one', async () => {
    writeFileSync(path, 'one\n')
    const follower = make()
    follower.found(path)
    await values(1)
    const old = follower.byPath.get(path)!
    appendFileSync(path, 'two\n')
    renameSync(path, path + '.1')
    writeFileSync(path, 'three\n')
    follower.found(path)
    expect([old.state, follower.byPath.get(path)!.after === old]).toEqual([RETIRED, true])
    expect(await values(3)).toEqual(['one', 'two', 'three'])
    expect(old.drained).toBe(true)
    expect(parts.context.report.counters['fluentbit_input_files_rotated_total']!.value).toBe(1)
  })

  it('to nothing is vacant: what comes there goes behind what was there', async () => {
    writeFileSync(path, 'one\n')
    const follower = make()
    follower.found(path)
    await values(1)
    renameSync(path, join(folder, 'x'))
    follower.missing(path)
    expect([...follower.vacant.keys()]).toEqual([path])
    writeFileSync(path, 'two\n')
    follower.found(path)
    expect(await values(2)).toEqual(['one', 'two'])
    expect([follower.vacant.size, follower.retired.size]).toEqual([0, 1])
  })

  it('is followed under its new name when the file comes up there', async () => {
    writeFileSync(path, 'one\n')
    const follower = make()
    follower.found(path)
    await values(1)
    const file = follower.byPath.get(path)!
    renameSync(path, path + '.1')
    follower.found(path + '.1')
    expect([file.name, file.path, follower.byPath.get(path + '.1') === file]).toEqual([path + '.1', path, true])
    ingest.commit()
    expect(ingest.recovered()[0]!.identity).toMatchObject({ path: path + '.1', marks: { first: path } })
  })
})

describe('a file', () => {
  it('that was truncated begins anew in the next generation, and what was not read counts as lost', async () => {
    writeFileSync(path, 'one\ntwo\n')
    const follower = make()
    follower.found(path)
    await values(2)
    ingest.room = false
    appendFileSync(path, 'lost\n')
    follower.check(follower.byPath.get(path)!)
    truncateSync(path)
    appendFileSync(path, 'new\n')
    follower.check(follower.byPath.get(path)!)
    await new Promise((resolve) => setTimeout(resolve, 20))
    ingest.makeRoom()
    expect(await values(3)).toEqual(['one', 'two', 'new'])
    expect(ingest.records.map((taken) => taken.generation)).toEqual([0, 0, 1])
    expect(follower.lost.value).toBe(5)
  })

  it('that was closed while idle is opened again when it grows', async () => {
    const follower = make({ follower: { openLimit: 0 } })
    writeFileSync(path, 'one\n')
    follower.found(path)
    await values(1)
    const file = follower.byPath.get(path)!
    expect([file.fd, file.state]).toEqual([-1, ACTIVE])
    appendFileSync(path, 'two\n')
    follower.check(file)
    expect(await values(2)).toEqual(['one', 'two'])
  })

  it('that went while it was closed, and its inode to the next file of another path, hides nothing that had the path in between', async (context) => {
    const follower = make({ follower: { openLimit: 0 } })
    const other = join(folder, 'other.log')
    writeFileSync(other, 'other\n')
    writeFileSync(path, '')
    // the clock of files ticks every few milliseconds
    await sleep(8)
    appendFileSync(path, 'one\n')
    follower.found(other)
    follower.found(path)
    await values(2)
    const { ino } = statSync(other)
    await sleep(8)
    renameSync(path, path + '.2')
    writeFileSync(path, 'two\n')
    await sleep(8)
    renameSync(path, path + '.1')
    unlinkSync(other)
    if (!makeWithInode(ino)) context.skip('the file system does not give inodes again')
    follower.found(path)
    expect((await values(4)).slice(2)).toEqual(['two', 'three'])
    expect([follower.lost.value, follower.byPath.get(path)!.path]).toEqual([0, path])
  })

  it('that went while it was closed is said with the bytes it took along', async () => {
    const follower = make({ follower: { openLimit: 0 } })
    writeFileSync(path, 'one\n')
    follower.found(path)
    await values(1)
    const file = follower.byPath.get(path)!
    ingest.room = false
    appendFileSync(path, 'lost\n')
    follower.check(file)
    unlinkSync(path)
    expect(follower.ensureOpen(file)).toBe(false)
    expect([follower.lost.value, follower.files.size, file.stream.closed]).toEqual([5, 0, true])
    expect(parts.context.report.messages.join()).toContain('"bytes":5')
  })

  it('that is given up counts its unread lines', async () => {
    writeFileSync(path, 'one\n')
    const follower = make()
    follower.found(path)
    await values(1)
    ingest.room = false
    appendFileSync(path, 'two\nthree\n')
    const file = follower.byPath.get(path)!
    follower.check(file)
    follower.giveUp(file)
    expect([ingest.dropped, follower.lost.value, file.fd]).toEqual([{ rotated_away: 2 }, 10, -1])
  })

  it('that is settled goes on when it grows after all', async () => {
    writeFileSync(path, 'one\n')
    const follower = make()
    follower.found(path)
    await values(1)
    const file = follower.byPath.get(path)!
    follower.settle(file)
    expect([file.state, file.fd]).toEqual([SETTLED, -1])
    appendFileSync(path, 'two\n')
    follower.check(file)
    expect(await values(2)).toEqual(['one', 'two'])
  })
})
