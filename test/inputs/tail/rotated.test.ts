import { appendFileSync, mkdtempSync, renameSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { NodeLayout } from '../../support/node-layout.ts'
import { tempFolder } from '../../support/temp.ts'
import { eventually } from '../../support/wait.ts'
import { RecordingIngest, startTail } from '../recording-ingest.ts'
import { makeParts, until, type Parts } from './parts.ts'

let folder: string
let path: string
let ingest: RecordingIngest
let parts: Parts

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rotated-'))
  path = join(folder, 'app.log')
  ingest = new RecordingIngest()
  parts = makeParts(ingest)
})

afterEach(async () => {
  await stop()
  rmSync(folder, { recursive: true, force: true })
})

async function stop(): Promise<void> {
  await parts.sweep.stop(performance.now() + 500)
  parts.follower.closeAll()
}

async function values(count: number): Promise<unknown[]> {
  await until(() => ingest.records.length >= count && parts.sweep.empty)
  return ingest.values()
}

/** Comes back after a stop with what is at the paths now; files without a path are looked for. */
function comeBack(...paths: readonly string[]): void {
  parts = makeParts(ingest)
  for (const found of paths.length === 0 ? [path] : paths) parts.follower.found(found)
  parts.follower.firstScan = false
  parts.follower.adoptRotated()
}

/** The clock of files ticks every few milliseconds. */
async function rotate(content: string): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 8))
  for (let i = 3; i > 0; i--) if (statSync(`${path}.${i}`, { throwIfNoEntry: false })) renameSync(`${path}.${i}`, `${path}.${i + 1}`)
  renameSync(path, path + '.1')
  writeFileSync(path, content)
}

/** Adds to the file and rotates it three times before it is looked at; each content is more than is read in one go. */
async function rotateUnseen(): Promise<string[][]> {
  const contents = ['two', 'three', 'four', 'five'].map((name) => (
    Array.from({ length: 3_000 }, (_, i) => `${name} ${i} `.padEnd(100, 'x'))
  ))
  appendFileSync(path, contents[0]!.join('\n') + '\n')
  for (const content of contents.slice(1)) await rotate(content.join('\n') + '\n')
  parts.follower.found(path)
  return contents
}

describe('files that were rotated while nobody looked', () => {
  it('more than once between two looks: all are read, in the order they were written', async () => {
    writeFileSync(path, 'one\n')
    parts.follower.found(path)
    await values(1)
    const contents = await rotateUnseen()
    // the round that looks at rotated files now and then
    await until(() => {
      for (const file of parts.follower.retired) parts.sweep.wake(file)
      return ingest.records.length > 12_000
    })
    expect(ingest.values()).toEqual(['one', ...contents.flat()])
  })

  // a known defect: the end of one wakes only the file that has the path now, so the next waits for the round
  it('more than once between two looks: the end of each wakes the next', async () => {
    writeFileSync(path, 'one\n')
    parts.follower.found(path)
    await values(1)
    await rotateUnseen()
    expect(await until(() => ingest.records.length > 12_000, 1_000)).toBe(true)
  })

  it('while the agent was stopped: the rest of the old one is read before the new ones', async () => {
    writeFileSync(path, 'one\n')
    parts.follower.found(path)
    await values(1)
    await stop()
    appendFileSync(path, 'two\n')
    await rotate('three\n')
    await rotate('four\n')
    comeBack()
    expect(await values(4)).toEqual(['one', 'two', 'three', 'four'])
    expect(parts.follower.lost.value).toBe(0)
  })

  it.each([['', '.1', '.2', '.3'], ['.3', '.1', '', '.2']])('and found under the new names too: in the order they were written (%j %j %j %j)', async (...suffixes) => {
    const lines = (name: string): string => Array.from({ length: 3_000 }, (_, i) => `${name} ${i} `.padEnd(100, 'x')).join('\n') + '\n'
    writeFileSync(path, 'one\n')
    parts.follower.found(path)
    await values(1)
    await stop()
    const contents = ['two', 'three', 'four', 'five'].map(lines)
    appendFileSync(path, contents[0]!)
    for (const content of contents.slice(1)) await rotate(content)
    comeBack(...suffixes.map((suffix) => path + suffix))
    expect(await values(12_001)).toEqual(['one', ...contents.join('').trimEnd().split('\n')])
    // the renamed ones are known on, and what is added to the newest is read
    appendFileSync(path, 'six\n')
    for (const suffix of suffixes) parts.follower.found(path + suffix)
    expect((await values(12_002)).at(-1)).toBe('six')
    expect([ingest.records.length, parts.follower.lost.value]).toEqual([12_002, 0])
  })

  it('and deleted: the stream is closed, and what was a hole in it counts as lost', async () => {
    const hole = ingest.openStream({ input: 'tail.0', path, marks: { inode: '1', device: '1', head: 0 } })
    ingest.cover(hole, 0, 10)
    ingest.cover(hole, 25, 30)
    ingest.commit()
    comeBack()
    ingest.commit()
    expect(ingest.recovered().map((stream) => stream.closed)).toEqual([true])
    expect(parts.follower.lost.value).toBe(15)
  })

  it('and replaced: the new file is read from its beginning', async () => {
    writeFileSync(path, 'one\n')
    parts.follower.found(path)
    await values(1)
    await stop()
    writeFileSync(path + '.new', 'two\n')
    unlinkSync(path)
    renameSync(path + '.new', path)
    comeBack()
    expect(await values(2)).toEqual(['one', 'two'])
  })
})

it.each([2, 3])('the kubelet rotated %i times while nobody looked, compressed ones are read too, in order', async (rotations) => {
  const node = new NodeLayout(tempFolder('rotated'))
  const container = node.pod({ name: 'web' }).container('app')
  let lines = 0
  const write = (): void => container.write(Array.from({ length: 5 }, () => `${lines++} ${'x'.repeat(80)}`))
  const ingest = new RecordingIngest()
  const options = { path: [`${node.containers}/*.log`] }
  write()
  const first = await startTail(ingest, options)
  await eventually('the first lines', () => ingest.records.length === lines)
  await first.input.stop(performance.now() + 1000)
  for (let i = 0; i < rotations; i++) {
    write()
    container.rotate()
  }
  write()
  const second = await startTail(ingest, options)
  await eventually('all lines', () => ingest.records.length === lines)
  await second.input.stop(performance.now() + 1000)
  node.close()
  expect(ingest.values().map((line) => Number(/ F (\d+)/.exec(String(line))?.[1]))).toEqual(Array.from({ length: lines }, (_, i) => i))
})

it('a container that began and was rotated while nobody looked is read from its first line', async () => {
  const node = new NodeLayout(tempFolder('rotated'))
  const known = node.pod({ name: 'known' }).container('app')
  const ingest = new RecordingIngest()
  const options = { path: [`${node.containers}/*.log`] }
  known.write(['before'])
  const first = await startTail(ingest, options)
  await eventually('the first line', () => ingest.records.length === 1)
  await first.input.stop(performance.now() + 1000)
  const fresh = node.pod({ name: 'fresh' }).container('app')
  for (let i = 0; i < 3; i++) {
    fresh.write([`fresh ${i} ${'x'.repeat(80)}`])
    fresh.rotate()
  }
  fresh.write(['fresh 3'])
  const second = await startTail(ingest, options)
  await eventually('all lines', () => ingest.records.length === 5)
  await second.input.stop(performance.now() + 1000)
  node.close()
  expect(ingest.values().slice(1).map((line) => /fresh \d/.exec(String(line))?.[0])).toEqual(['fresh 0', 'fresh 1', 'fresh 2', 'fresh 3'])
})
