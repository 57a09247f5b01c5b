import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { NodeLayout } from '../../support/node-layout.ts'
import { tempFolder } from '../../support/temp.ts'
import { eventually, sleep } from '../../support/wait.ts'
import { Writer } from '../../support/writer.ts'
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
  parts.follower.adoptRotated()
}

/** The clock of files ticks every few milliseconds. */
function tick(): Promise<void> {
  return sleep(8)
}

async function rotate(content: string): Promise<void> {
  await tick()
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

  it('so often that the one it knew is deleted: those that are there are read, in the order they were written', async () => {
    writeFileSync(path, '')
    await tick()
    appendFileSync(path, 'one\n')
    parts.follower.found(path)
    await values(1)
    await stop()
    for (const content of ['two', 'three', 'four']) await rotate(content + '\n')
    unlinkSync(path + '.3')
    comeBack()
    expect(await values(4)).toEqual(['one', 'two', 'three', 'four'])
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

describe('a symbolic link that was switched from target to target while nobody looked', () => {
  const lines = (name: string): string[] => Array.from({ length: 3_000 }, (_, i) => `${name} ${i} `.padEnd(100, 'x'))
  const target = (number: number, suffix = ''): string => join(folder, 'pods', `${number}.log${suffix}`)
  const write = (file: string, name: string): string[] => {
    const content = lines(name)
    appendFileSync(file, content.join('\n') + '\n')
    return content
  }

  /** The first target is read, then as told; returns what is to come, in order. */
  async function switched(stopped: boolean, firstDeleted = false): Promise<string[]> {
    mkdirSync(join(folder, 'pods'))
    writeFileSync(target(8), 'one\n')
    Writer.link(path, target(8))
    parts.follower.found(path)
    await values(1)
    if (stopped) await stop()
    const rest = write(target(8), 'two')
    // a target that was rotated before the link went on, one that was rotated and written again, and the last one too
    renameSync(target(8), target(8, '.20261124-100000'))
    rest.push(...write(target(8), 'three'))
    rest.push(...write(target(9, '.20261124-100100'), 'four'), ...write(target(9), 'five'), ...write(target(10), 'six'))
    rest.push(...write(target(11, '.20261124-100200'), 'seven'), ...write(target(11), 'eight'))
    if (firstDeleted) for (const gone of [target(8, '.20261124-100000'), target(8)]) unlinkSync(gone)
    Writer.link(path, target(11))
    if (stopped) comeBack()
    else parts.follower.found(path)
    return ['one', ...rest.slice(firstDeleted ? 6_000 : 0)]
  }

  it('and the agent was stopped: all are read, in the order they were written', async () => {
    const all = await switched(true)
    expect(await values(all.length)).toEqual(all)
    expect(parts.follower.lost.value).toBe(0)
  })

  it('and the agent was stopped, the one it knew gone since: those that are there are read', async () => {
    const all = await switched(true, true)
    expect(await values(all.length)).toEqual(all)
  })

  it('between two looks: all are read, in the order they were written', async () => {
    const all = await switched(false)
    expect(await values(all.length)).toEqual(all)
  })

  it('and the agent is killed again before it has read them: none is lost, none is read twice', async () => {
    const all = await switched(true)
    await until(() => ingest.records.length > 4_000)
    await stop()
    writeFileSync(target(12), 'twelve\n')
    writeFileSync(target(13), 'thirteen\n')
    Writer.link(path, target(13))
    comeBack()
    expect(await values(all.length + 2)).toEqual([...all, 'twelve', 'thirteen'])
  })

  it('by a name of its own, without a number: the new target is read', async () => {
    writeFileSync(join(folder, 'blue'), 'one\n')
    Writer.link(path, join(folder, 'blue'))
    parts.follower.found(path)
    await values(1)
    writeFileSync(join(folder, 'green'), 'two\n')
    Writer.link(path, join(folder, 'green'))
    parts.follower.found(path)
    expect(await values(2)).toEqual(['one', 'two'])
  })
})

it.each([2, 3, 6])('the kubelet rotated %i times while nobody looked, compressed ones are read too, in order', async (rotations) => {
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
  // of six rotations it keeps the last four
  const gone = Math.max(0, rotations - 4) * 5
  await eventually('all lines', () => ingest.records.length === lines - gone)
  await second.input.stop(performance.now() + 1000)
  node.close()
  const numbers = ingest.values().map((line) => Number(/ F (\d+)/.exec(String(line))?.[1]))
  expect(numbers).toEqual(Array.from({ length: lines }, (_, i) => i).filter((i) => i < 5 || i >= 5 + gone))
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
