import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { xxh3 } from '../../../src/inputs/tail/xxh3.ts'
import { RecordingIngest, startTail, type TailOptions } from '../recording-ingest.ts'

let folder: string
let file: string
let db: string
let ingest: RecordingIngest

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'db-'))
  file = join(folder, 'app.log')
  db = join(folder, 'flb.db')
  ingest = new RecordingIngest()
  writeFileSync(file, 'one\ntwo\nthree\n')
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

function write(row: { name?: string; offset: number; marker?: Buffer }, marked = true): void {
  const database = new DatabaseSync(db)
  database.exec('CREATE TABLE in_tail_files (id INTEGER PRIMARY KEY, name TEXT NOT NULL, offset INTEGER, inode INTEGER, '
    + 'created INTEGER, rotated INTEGER DEFAULT 0'
    + (marked ? ', offset_marker INTEGER DEFAULT 0, offset_marker_size INTEGER DEFAULT 0)' : ')'))
  database.prepare('INSERT INTO in_tail_files (name, offset, inode, created) VALUES (?, ?, ?, 0)')
    .run(row.name ?? file, row.offset, statSync(file, { bigint: true }).ino)
  if (row.marker !== undefined) {
    database.prepare('UPDATE in_tail_files SET offset_marker = ?, offset_marker_size = ?')
      .run(BigInt.asIntN(64, xxh3(row.marker)), row.marker.length)
  }
  database.close()
}

async function read(given: TailOptions = {}): Promise<unknown[]> {
  const agent = await startTail(ingest, { path: [file], exit_on_eof: true, db, ...given })
  while (agent.finished() === null) await new Promise((resolve) => setTimeout(resolve, 5))
  await agent.input.stop(performance.now() + 1_000)
  return ingest.values()
}

test('the first start goes on where Fluent Bit was, and leaves its file as it was', async () => {
  write({ offset: 8, marker: Buffer.from('one\ntwo\n') })
  const before = readFileSync(db)
  expect(await read({ read_from_head: false })).toEqual(['three'])
  expect(readFileSync(db).equals(before)).toBe(true)
})

test('a database without markers, as Fluent Bit before 5 wrote it', async () => {
  write({ offset: 4 }, false)
  expect(await read()).toEqual(['two', 'three'])
})

test('a marker that does not hold: the file is another one and read from its beginning', async () => {
  write({ offset: 8, marker: Buffer.from('one\nTWO\n') })
  expect(await read()).toEqual(['one', 'two', 'three'])
})

test('an offset beyond the end: the file was truncated', async () => {
  write({ offset: 80 })
  expect(await read()).toEqual(['one', 'two', 'three'])
})

test('db.compare_filename leaves a row with another name out', async () => {
  write({ offset: 8, name: '/elsewhere' })
  expect(await read({ 'db.compare_filename': true })).toEqual(['one', 'two', 'three'])
})

test('only the first start looks: afterwards our own positions count', async () => {
  write({ offset: 8 })
  expect(await read()).toEqual(['three'])
  writeFileSync(file, 'one\ntwo\nthree\nfour\n')
  expect(await read()).toEqual(['three', 'four'])
})

test('what is no database is said, and the file is read', async () => {
  writeFileSync(db, 'no database at all, just text')
  expect(await read()).toEqual(['one', 'two', 'three'])
})
