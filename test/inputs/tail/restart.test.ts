import { appendFileSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { NodeLayout } from '../../support/node-layout.ts'
import { sleep } from '../../support/wait.ts'
import { RecordingIngest } from '../recording-ingest.ts'
import { makeParts, until, type Parts } from './parts.ts'

let folder: string
let path: string
let ingest: RecordingIngest
let parts: Parts

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'restart-'))
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

/** Comes back after a stop and takes a first look at these files. */
function comeBack(...names: readonly string[]): void {
  parts = makeParts(ingest)
  for (const name of names) parts.follower.found(join(folder, name))
  parts.follower.adoptRotated()
}

const line = (name: string): string => `${name} ${'x'.repeat(100)}\n`

/** A file that was not written at the very moment of its creation, of which this cannot be told. */
async function begin(content: string): Promise<void> {
  writeFileSync(path, '')
  await sleep(8)
  appendFileSync(path, content)
  parts.follower.found(path)
  await names(1)
}

async function names(count: number): Promise<string[]> {
  await until(() => ingest.records.length >= count && parts.sweep.empty)
  return ingest.values().map((value) => String(value).split(' ')[0]!)
}

/** `app.log` goes to `app.log.1`, that to `app.log.2`, and so on; a new file has its path. */
async function rotate(content: string): Promise<void> {
  // the clock of files ticks every few milliseconds
  await sleep(8)
  for (let i = 5; i > 0; i--) {
    for (const end of ['', '.gz']) {
      const from = `${path}.${i}${end}`
      if (existsSync(from)) renameSync(from, `${path}.${i + 1}${end}`)
    }
  }
  renameSync(path, path + '.1')
  writeFileSync(path, content)
}

function compress(name: string): void {
  const plain = join(folder, name)
  const { atimeMs, mtimeMs } = statSync(plain)
  writeFileSync(plain + '.gz', gzipSync(readFileSync(plain)))
  utimesSync(plain + '.gz', atimeMs / 1000, mtimeMs / 1000)
  unlinkSync(plain)
}

/** The first line is read and the agent stops; then four more files have the path, one after the other. */
async function readOneThenRotateFour(): Promise<void> {
  await begin(line('one'))
  await stop()
  appendFileSync(path, line('two'))
  for (const name of ['three', 'four', 'five', 'six']) await rotate(line(name))
}

const all = ['one', 'two', 'three', 'four', 'five', 'six']

describe('files that were rotated and compressed while the agent was stopped', () => {
  it.each([[['1', '2', '3', '4']], [['2', '3', '4']], [['3', '4']], [['4']]])('under numbers (%j): all are read, in the order they were written', async (compressed) => {
    await readOneThenRotateFour()
    for (const number of compressed) compress(`app.log.${number}`)
    comeBack('app.log')
    expect(await names(6)).toEqual(all)
    expect(parts.follower.lost.value).toBe(0)
  })

  it.each([[['1', '2', '3', '4']], [['2', '3', '4']]])('under numbers (%j) that the patterns find too', async (compressed) => {
    await readOneThenRotateFour()
    for (const number of compressed) compress(`app.log.${number}`)
    const found = ['1', '2', '3', '4'].map((number) => `app.log.${number}${compressed.includes(number) ? '.gz' : ''}`)
    comeBack('app.log', ...found)
    expect(await names(6)).toEqual(all)
  })

  it('under dates', async () => {
    await begin(line('one'))
    await stop()
    appendFileSync(path, line('two'))
    for (const [day, name] of [['20261121', 'three'], ['20261122', 'four'], ['20261123', 'five']] as const) {
      await sleep(8)
      renameSync(path, `${path}-${day}`)
      compress(`app.log-${day}`)
      writeFileSync(path, line(name))
    }
    comeBack('app.log')
    expect(await names(5)).toEqual(['one', 'two', 'three', 'four', 'five'])
  })

  it('and the one it knew deleted: what came after it is read, what came before it is not', async () => {
    writeFileSync(path, line('zero'))
    parts.follower.found(path)
    await names(1)
    await rotate('')
    compress('app.log.1')
    await readOneThenRotateFour()
    for (const number of ['1', '2', '3', '4']) compress(`app.log.${number}`)
    // what was read before the stop is forgotten
    unlinkSync(`${path}.4.gz`)
    comeBack('app.log')
    expect(await names(6)).toEqual(['zero', 'one', 'three', 'four', 'five', 'six'])
    expect(parts.follower.lost.value).toBe(0)
  })

  it('and one that is being compressed is read once', async () => {
    await readOneThenRotateFour()
    writeFileSync(`${path}.2.gz`, gzipSync(readFileSync(`${path}.2`)).subarray(0, 40))
    comeBack('app.log')
    expect(await names(6)).toEqual(all)
  })
})

describe('files that are found under the names they were rotated to', () => {
  it('keep the tag of the path they had, through any number of restarts', async () => {
    parts = makeParts(ingest, { follower: { tagOf: (found) => found.slice(folder.length + 1) } })
    await begin(line('one'))
    for (const name of ['two', 'three']) {
      await stop()
      appendFileSync(path, line(`${name}-a`))
      await rotate(line(`${name}-b`))
      parts = makeParts(ingest, { follower: { tagOf: (found) => found.slice(folder.length + 1) } })
      for (const found of ['app.log.2', 'app.log.1', 'app.log']) parts.follower.found(join(folder, found))
      parts.follower.adoptRotated()
      await names(name === 'two' ? 3 : 5)
    }
    expect(await names(5)).toEqual(['one', 'two-a', 'two-b', 'three-a', 'three-b'])
    expect(new Set(ingest.records.map(({ tag }) => tag))).toEqual(new Set(['app.log']))
  })

  const many = (name: string): string[] => Array.from({ length: 3_000 }, () => name)

  it('wait for one that was rotated before them and is not read to its end, when it had its name before the stop already', async () => {
    const long = (name: string): string => line(name).repeat(3_000)
    await begin(line('one'))
    appendFileSync(path, long('two'))
    await rotate(long('three'))
    for (const name of ['app.log.1', 'app.log']) parts.follower.found(join(folder, name))
    ingest.commit()
    await stop()
    const before = ingest.records.length
    expect(before).toBeLessThan(6_001)
    await rotate(line('four'))
    comeBack('app.log', 'app.log.1', 'app.log.2')
    expect(await names(6_002)).toEqual(['one', ...many('two'), ...many('three'), 'four'])
  })

  it('one that was only renamed is followed under its new name', async () => {
    await begin(line('one'))
    await stop()
    renameSync(path, path + '.1')
    comeBack('app.log.1')
    appendFileSync(path + '.1', line('two'))
    parts.follower.found(path + '.1')
    expect(await names(2)).toEqual(['one', 'two'])
  })
})

it.each([2, 3])('a file that the kubelet rotated unseen and compressed before it was read to its end (%i rotations more)', async (more) => {
  const node = new NodeLayout(folder)
  const container = node.pod({ name: 'web' }).container('app')
  let count = 0
  const write = (): void => container.write([line(String(count++)).trimEnd()])
  const found = container.link
  const rotateOnce = (): void => {
    write()
    container.rotate()
  }
  write()
  parts.follower.found(found)
  await until(() => ingest.records.length === 1)
  await stop()
  rotateOnce()
  rotateOnce()
  write()
  // what nobody saw is found and opened, and the agent is killed before it reads any of it
  ingest.room = false
  parts = makeParts(ingest)
  parts.follower.found(found)
  parts.follower.adoptRotated()
  ingest.commit()
  await stop()
  ingest.makeRoom()
  for (let i = 0; i < more; i++) rotateOnce()
  write()
  parts = makeParts(ingest)
  parts.follower.found(found)
  parts.follower.adoptRotated()
  await until(() => ingest.records.length >= count)
  node.close()
  // of five rotations the kubelet has deleted the first
  const numbers = ingest.values().map((value) => Number(/ F (\d+)/.exec(String(value))?.[1]))
  expect(numbers).toEqual(Array.from({ length: count }, (_, i) => i).filter((i) => i !== 1 || more < 3))
})

it.each([2, 3])('a file that was empty when the agent was killed, its inode another one\'s since (%i rotations): all are read', async (rotations) => {
  const node = new NodeLayout(folder)
  const container = node.pod({ name: 'web' }).container('app')
  parts.follower.found(container.link)
  ingest.commit()
  await stop()
  for (let i = 0; i <= rotations; i++) {
    await sleep(8)
    container.write([line(String(i)).trimEnd()])
    if (i < rotations) container.rotate()
  }
  parts = makeParts(ingest)
  parts.follower.found(container.link)
  parts.follower.adoptRotated()
  await until(() => ingest.records.length > rotations)
  node.close()
  const numbers = ingest.values().map((value) => Number(/ F (\d+)/.exec(String(value))?.[1]))
  expect(numbers).toEqual(Array.from({ length: rotations + 1 }, (_, i) => i))
})

it('compressed copies that wait for their turn are read to their end though they are deleted meanwhile', async () => {
  await begin(line('one'))
  await stop()
  appendFileSync(path, line('two'))
  for (const name of ['three', 'four', 'five', 'six']) await rotate(line(name))
  const copies = ['app.log.4', 'app.log.3', 'app.log.2']
  copies.forEach(compress)
  ingest.room = false
  comeBack('app.log')
  await sleep(20)
  for (const name of copies) unlinkSync(join(folder, `${name}.gz`))
  ingest.makeRoom()
  expect(await names(6)).toEqual(all)
})

it.each([3, 4])('the kubelet rotated %i times between two looks: what it compressed or deleted meanwhile is told from what came after', async (rotations) => {
  const node = new NodeLayout(folder)
  const container = node.pod({ name: 'web' }).container('app')
  let count = 0
  const write = (): void => container.write([line(String(count++)).trimEnd()])
  write()
  parts.follower.found(container.link)
  await until(() => ingest.records.length === 1)
  for (let i = 0; i < rotations; i++) {
    write()
    container.rotate()
    write()
  }
  parts.follower.found(container.link)
  await until(() => {
    for (const file of parts.follower.retired) parts.sweep.wake(file)
    return ingest.records.length >= count
  })
  node.close()
  expect(ingest.values().map((value) => Number(/ F (\d+)/.exec(String(value))?.[1]))).toEqual(Array.from({ length: count }, (_, i) => i))
})

it('two rotations in the same instant, in the patterns, while the agent was stopped: what was written first is read first', async () => {
  await begin(line('one'))
  await stop()
  appendFileSync(path, line('two'))
  for (const [number, name] of [[1, 'three'], [2, 'four']] as const) {
    renameSync(path, `${path}.${number}`)
    writeFileSync(path, line(name).repeat(3_000))
  }
  comeBack('app.log', 'app.log.1', 'app.log.2')
  const found = await names(6_002)
  expect([found.length, ...new Set(found)]).toEqual([6_002, 'one', 'two', 'three', 'four'])
  expect(found.lastIndexOf('three')).toBeLessThan(found.indexOf('four'))
})

it('two rotations between two looks, the newest found last: all are read, in the order they were written', async () => {
  parts.follower.adoptRotated()
  await begin(line('one'))
  appendFileSync(path, line('two').repeat(3_000))
  await rotate(line('three').repeat(3_000))
  await rotate(line('four'))
  for (const name of ['app.log.1', 'app.log.2', 'app.log']) parts.follower.found(join(folder, name))
  const found = await names(6_002)
  expect([...new Set(found)]).toEqual(['one', 'two', 'three', 'four'])
  expect(found).toEqual(found.toSorted((a, b) => ['one', 'two', 'three', 'four'].indexOf(a) - ['one', 'two', 'three', 'four'].indexOf(b)))
})
