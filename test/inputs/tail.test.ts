import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, truncateSync, unlinkSync, writeFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { RecordingIngest, startTail, type Agent, type Surroundings, type TailOptions } from './recording-ingest.ts'
import { tmpdir } from 'node:os'

let folder: string
let file: string
let ingest: RecordingIngest
const running: Agent[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tail-'))
  file = join(folder, 'app.log')
  ingest = new RecordingIngest()
})

afterEach(async () => {
  for (const agent of running.splice(0)) await agent.input.stop(performance.now() + 1_000)
  if (ingest.overlaps.length > 0) throw new Error(`taken twice: ${ingest.overlaps.join('; ')}`)
  rmSync(folder, { recursive: true, force: true })
})

async function start(given: TailOptions = {}, around: Surroundings = {}): Promise<Agent> {
  const agent = await startTail(ingest, { path: [file], ...given }, around)
  running.push(agent)
  return agent
}

async function readAndStop(count: number): Promise<void> {
  const agent = await start()
  await taken(count)
  await stop(agent)
}

async function stop(agent: Agent): Promise<void> {
  running.splice(running.indexOf(agent), 1)
  await agent.input.stop(performance.now() + 2_000)
}

/** Waits until so many records were taken, and a little longer for one too many. */
async function taken(count: number, timeout = 4_000): Promise<unknown[]> {
  const end = performance.now() + timeout
  while (ingest.records.length < count && performance.now() < end) await pause(5)
  await pause(20)
  return ingest.values()
}

function pause(millis: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, millis))
}

describe('a file that grows', () => {
  test('gives each line once, soon after it is written', async () => {
    writeFileSync(file, 'one\ntwo\n')
    await start()
    expect(await taken(2)).toEqual(['one', 'two'])
    const begin = performance.now()
    appendFileSync(file, 'three\n')
    while (ingest.records.length < 3 && performance.now() < begin + 2_000) await pause(1)
    expect(performance.now() - begin).toBeLessThan(200)
    expect(await taken(3)).toEqual(['one', 'two', 'three'])
  })

  test('keeps a line without its newline until that comes', async () => {
    writeFileSync(file, 'one\nbeg')
    await start()
    expect(await taken(1)).toEqual(['one'])
    appendFileSync(file, 'un\n')
    expect(await taken(2)).toEqual(['one', 'begun'])
  })

  test('leaves out a carriage return, and empty lines when asked', async () => {
    writeFileSync(file, 'one\r\n\r\n\ntwo\n')
    await start({ skip_empty_lines: true })
    expect(await taken(2)).toEqual(['one', 'two'])
  })

  test('is found when it appears later, in a folder that appears later', async () => {
    await start({ path: [join(folder, 'sub*', '*.log')] })
    mkdirSync(join(folder, 'sub1'))
    await pause(30)
    const begin = performance.now()
    writeFileSync(join(folder, 'sub1', 'x.log'), 'hello\n')
    expect(await taken(1)).toEqual(['hello'])
    expect(performance.now() - begin).toBeLessThan(1_500)
  })

  test('is read by polling where there are no notices', async () => {
    await start({ inotify_watcher: false })
    writeFileSync(file, 'one\n')
    expect(await taken(1)).toEqual(['one'])
    appendFileSync(file, 'two\n')
    expect(await taken(2)).toEqual(['one', 'two'])
  })
})

describe('rotation', () => {
  test('by rename: the old file is read to its end, then the new one', async () => {
    writeFileSync(file, 'one\n')
    await start()
    await taken(1)
    appendFileSync(file, 'two\n')
    renameSync(file, file + '.1')
    appendFileSync(file + '.1', 'three\n')
    writeFileSync(file, 'four\n')
    expect(await taken(4)).toEqual(['one', 'two', 'three', 'four'])
  })

  test('by rename within the patterns: nothing is read again', async () => {
    writeFileSync(file, 'one\ntwo\n')
    await start({ path: [join(folder, '*')] })
    await taken(2)
    renameSync(file, file + '.1')
    writeFileSync(file, 'three\n')
    await taken(3)
    renameSync(file + '.1', file + '.2')
    renameSync(file, file + '.1')
    writeFileSync(file, 'four\n')
    await taken(4)
    await pause(300)
    expect(ingest.values()).toEqual(['one', 'two', 'three', 'four'])
  })

  test('a last line without newline comes when the file is given up', async () => {
    writeFileSync(file, 'one\nlast')
    await start({ rotate_wait: 100 })
    await taken(1)
    renameSync(file, file + '.1')
    expect(await taken(2)).toEqual(['one', 'last'])
  })

  test('by copy and truncate: the file begins anew', async () => {
    writeFileSync(file, 'one\ntwo\n')
    await start()
    await taken(2)
    truncateSync(file)
    appendFileSync(file, 'three\n')
    expect(await taken(3)).toEqual(['one', 'two', 'three'])
    expect(ingest.records.map((record) => record.generation)).toEqual([0, 0, 1])
  })

  test('truncated and grown beyond where it was between two looks', async () => {
    writeFileSync(file, 'one\ntwo\n')
    await start()
    await taken(2)
    writeFileSync(file, 'three\nfour\nfive\n')
    expect(await taken(5)).toEqual(['one', 'two', 'three', 'four', 'five'])
  })

  test('deleted with unread bytes while the buffer is full: read when there is room', async () => {
    writeFileSync(file, 'one\n')
    await start({ rotate_wait: 50 })
    await taken(1)
    ingest.room = false
    appendFileSync(file, 'two\nthree\n')
    await pause(50)
    unlinkSync(file)
    await pause(1_500)
    expect(ingest.values()).toEqual(['one'])
    ingest.makeRoom()
    expect(await taken(3)).toEqual(['one', 'two', 'three'])
  })

  test('a symbolic link that gets a new target: the old one is drained first', async () => {
    const a = join(folder, 'a')
    const b = join(folder, 'b')
    writeFileSync(a, 'a1\n')
    symlinkSync(a, file)
    await start({ path: [join(folder, '*.log')], watcher_interval: 100 })
    await taken(1)
    writeFileSync(b, 'b1\n')
    appendFileSync(a, 'a2\n')
    symlinkSync(b, file + '.new')
    renameSync(file + '.new', file)
    expect(await taken(3)).toEqual(['a1', 'a2', 'b1'])
  })
})

describe('a restart', () => {
  test('goes on where it was, a begun line included', async () => {
    writeFileSync(file, 'one\ntwo\nbeg')
    await readAndStop(2)
    appendFileSync(file, 'un\nmore\n')
    await start()
    expect(await taken(4)).toEqual(['one', 'two', 'begun', 'more'])
  })

  test('finds the end of a file that was rotated away meanwhile', async () => {
    writeFileSync(file, 'one\n')
    await readAndStop(1)
    appendFileSync(file, 'two\n')
    renameSync(file, file + '.1')
    writeFileSync(file, 'three\n')
    await start()
    expect(await taken(3)).toEqual(['one', 'two', 'three'])
  })

  test('sees that a file was truncated meanwhile', async () => {
    writeFileSync(file, 'one\ntwo\n')
    await readAndStop(2)
    writeFileSync(file, 'x\n')
    await start()
    expect(await taken(3)).toEqual(['one', 'two', 'x'])
  })

  test('reads what a kill left uncovered again', async () => {
    writeFileSync(file, 'one\ntwo\n')
    const agent = await start()
    await taken(2)
    appendFileSync(file, 'three\n')
    ingest.kill()
    await stop(agent)
    ingest.revive()
    await start()
    expect(await taken(3)).toEqual(['one', 'two', 'three'])
  })
})

test('exit_on_eof ends the agent when all is read', async () => {
  writeFileSync(file, 'one\ntwo\nno end')
  const agent = await start({ exit_on_eof: true })
  await taken(2)
  expect(ingest.values()).toEqual(['one', 'two'])
  expect(agent.finished()).toBe(0)
  expect(existsSync(file)).toBe(true)
})
