import { closeSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Beginnings } from '../../../src/inputs/tail/beginnings.ts'
import { Descriptors } from '../../../src/inputs/tail/descriptors.ts'
import { identityKey, type Followed } from '../../../src/inputs/tail/followed.ts'
import { headSum } from '../../../src/inputs/tail/identity.ts'
import { Opener } from '../../../src/inputs/tail/opener.ts'
import { Recovered } from '../../../src/inputs/tail/recovery.ts'
import type { RecoveredStream } from '../../../src/event/stream.ts'
import { RecordingIngest } from '../recording-ingest.ts'
import { makeParts } from './parts.ts'

let folder: string
let path: string
const opened: Followed[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'opener-'))
  path = join(folder, 'app.log')
  writeFileSync(path, 'one line that is long enough for a file to be known by it, as it is compressed\n')
})

afterEach(() => {
  for (const file of opened.splice(0)) file.close(closeSync)
  rmSync(folder, { recursive: true, force: true })
})

function open(streams: readonly RecoveredStream[] = []): { opener: Opener, moved: string[], files: Map<string, Followed>, byPath: Map<string, Followed> } {
  const { context, options } = makeParts(new RecordingIngest())
  const moved: string[] = []
  const files = new Map<string, Followed>()
  const byPath = new Map<string, Followed>()
  const opener = new Opener(context, options, {
    files, byPath, recovered: new Recovered(streams), beginnings: new Beginnings(options), descriptors: new Descriptors(10, () => {}),
    isFirstStart: () => false, isFirstScan: () => true, moved: (file) => moved.push(file.name), wake: () => {}, followed: (file) => opened.push(file),
    gone: (file) => files.delete(identityKey(file.device, file.inode))
  })
  return { opener, moved, files, byPath }
}

function known(had: string): RecoveredStream {
  const { dev, ino, size } = statSync(path)
  const content = readFileSync(path)
  return {
    uid: 'a', generation: 0, closed: false, covered: [[0, 4]],
    identity: { input: 'tail.0', path: had, marks: { device: String(dev), inode: String(ino), head: size, sum: headSum(content) } }
  }
}

it('a file that is not known is opened at its beginning, once', () => {
  const { opener, files, byPath } = open()
  opener.open(path, path, null)
  opener.open(path, path, null)
  expect([opened.length, files.size, byPath.get(path)?.offset, opened[0]?.path]).toEqual([1, 1, 0, path])
})

it('one that was followed goes on where it was left, under the path it had first', () => {
  const { opener, moved } = open([known(join(folder, 'first.log'))])
  opener.open(path, path, null)
  const [file] = opened
  expect([file?.path, file?.name, file?.offset, file?.stream.uid, moved]).toEqual([join(folder, 'first.log'), path, 4, 'a', [path]])
})

it('a file found beside its path gets no place among the paths; what is gone is not opened', () => {
  const { opener, byPath } = open()
  expect(opener.openAs(path, join(folder, 'other.log'), path, null)?.path).toBe(join(folder, 'other.log'))
  expect([byPath.size, opener.openAs(path + '.gone', path, path, null)]).toEqual([0, null])
})

it('another file with the place of a stream is not taken for it', () => {
  const { opener } = open()
  const stream = known(path)
  const other = { ...stream, identity: { ...stream.identity, marks: { ...stream.identity.marks, sum: 1 } } }
  writeFileSync(path + '.1', 'other\n')
  expect(opener.openAs(path + '.1', path, path, other)).toBeNull()
})

it('a compressed copy of a file that is followed is not opened', () => {
  const { opener } = open()
  opener.open(path, path, null)
  writeFileSync(path + '.1.gz', gzipSync(readFileSync(path)))
  expect(opener.openAs(path + '.1.gz', path, path, null)).toBeNull()
})
