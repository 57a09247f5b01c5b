import assert from 'node:assert/strict'
import { appendFileSync, mkdtempSync, readdirSync, readlinkSync, rmSync, statSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { RecordingIngest, startTail, type Agent, type TailOptions } from '../recording-ingest.ts'

let folder: string
let ingest: RecordingIngest
let agent: Agent

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'many-'))
  ingest = new RecordingIngest()
})

afterEach(async () => {
  await agent.input.stop(performance.now() + 1_000)
  rmSync(folder, { recursive: true, force: true })
  assert.deepEqual(ingest.overlaps, [])
})

async function start(given: TailOptions = {}): Promise<void> {
  agent = await startTail(ingest, { path: [join(folder, '*.log')], ...given })
}

async function taken(count: number): Promise<unknown[]> {
  for (let i = 0; i < 1_500 && ingest.records.length < count; i++) await new Promise((resolve) => setTimeout(resolve, 5))
  await new Promise((resolve) => setTimeout(resolve, 30))
  return ingest.values()
}

const openFiles = (): number => readdirSync('/proc/self/fd').filter((fd) => {
  try {
    return readlinkSync('/proc/self/fd/' + fd).startsWith(folder)
  } catch {
    return false
  }
}).length

const path = (i: number): string => join(folder, `${i}.log`)

test('2,000 files: all are read and followed, with at most 1,000 of them open', async () => {
  for (let i = 0; i < 2_000; i++) writeFileSync(path(i), `first ${i}\n`)
  await start()
  expect((await taken(2_000)).length).toBe(2_000)
  expect(openFiles()).toBeLessThanOrEqual(1_000)
  for (let i = 0; i < 2_000; i += 10) appendFileSync(path(i), `second ${i}\n`)
  const values = new Set(await taken(2_200))
  expect(values.size).toBe(2_200)
  expect(openFiles()).toBeLessThanOrEqual(1_000)
  expect(agent.gauges['fantail_files_followed']!()).toBe(2_000)
}, 30_000)

test('a flood in one file does not hold up a quiet one', async () => {
  writeFileSync(path(1), 'x'.repeat(99).concat('\n').repeat(300_000))
  writeFileSync(path(2), 'quiet\n')
  await start()
  for (let i = 0; i < 1_000 && !ingest.values().includes('quiet'); i++) await new Promise((resolve) => setTimeout(resolve, 1))
  expect(ingest.records.length).toBeLessThan(100_000)
  expect(ingest.values()).toContain('quiet')
})

test('an inode that is given to another file is not taken for the first', async () => {
  writeFileSync(path(1), 'old 1\nold 2\n')
  await start({ rotate_wait: 20 })
  await taken(2)
  await agent.input.stop(performance.now() + 1_000)
  const { ino } = statSync(path(1))
  unlinkSync(path(1))
  // the file system gives the inode again sooner or later
  for (let i = 0; i < 50; i++) {
    writeFileSync(path(2), 'new 1\nnew 2\nnew 3\n')
    if (statSync(path(2)).ino === ino) break
    unlinkSync(path(2))
  }
  writeFileSync(path(2), 'new 1\nnew 2\nnew 3\n')
  await start()
  expect(await taken(5)).toEqual(['old 1', 'old 2', 'new 1', 'new 2', 'new 3'])
})

test('read_from_head off: at the very first start only what is added, a begun line whole', async () => {
  writeFileSync(path(1), 'old\nbeg')
  await start({ read_from_head: false })
  writeFileSync(path(2), 'from its head\n')
  await taken(1)
  appendFileSync(path(1), 'un\n')
  expect(await taken(2)).toEqual(['from its head', 'begun'])
  await agent.input.stop(performance.now() + 1_000)
  writeFileSync(path(3), 'came while stopped\n')
  await start({ read_from_head: false })
  expect(await taken(3)).toEqual(['from its head', 'begun', 'came while stopped'])
})

test('ignore_older leaves old files out until they grow', async () => {
  writeFileSync(path(1), 'old\n')
  utimesSync(path(1), 1_000, 1_000)
  writeFileSync(path(2), 'young\n')
  await start({ ignore_older: 60_000, refresh_interval: 200 })
  expect(await taken(1)).toEqual(['young'])
  appendFileSync(path(1), 'new\n')
  expect(await taken(2)).toEqual(['young', 'new'])
})
