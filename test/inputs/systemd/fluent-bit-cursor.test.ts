import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parseCursor, readFluentBitCursor } from '../../../src/inputs/systemd/fluent-bit-cursor.ts'
import type { Log } from '../../../src/plugin/context.ts'

const ID = '0123456789abcdef'.repeat(2)
const TEXT = `s=${ID};i=1f4;b=${'f'.repeat(32)};m=2b9;t=6605f1c3a8000;x=9c3`

describe('a cursor', () => {
  it('has its numbering, its number and its time, in whatever order its parts are', () => {
    const expected = { seqnumId: ID, seqnum: 500, realtime: 0x6605f1c3a8000 }
    expect(parseCursor(TEXT)).toEqual(expected)
    expect(parseCursor(TEXT.split(';').reverse().join(';'))).toEqual(expected)
  })

  it.each(['', 'x', TEXT.slice(0, 40), TEXT.replace(ID, 'short'), TEXT.replace('i=1f4', 'i=0'), TEXT.replace('i=1f4', 'i=zz'), TEXT.replace('t=6605f1c3a8000', 't=')])(
    'is not: "%s"', (text) => {
      expect(parseCursor(text)).toBeUndefined()
    })
})

describe('the database of Fluent Bit', () => {
  let folder: string
  let file: string
  const said: string[] = []
  const say = (message: string): void => void said.push(message)
  const log: Log = { error: say, warn: say, info: say, debug: say }
  beforeEach(() => {
    said.length = 0
    folder = mkdtempSync(path.join(tmpdir(), 'cursor-'))
    file = path.join(folder, 'flb.db')
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  function fill(...statements: readonly string[]): void {
    const database = new DatabaseSync(file)
    for (const statement of statements) database.exec(statement)
    database.close()
  }

  it('gives the newest cursor and stays as it is', async () => {
    fill(
      'CREATE TABLE in_systemd_cursor (cursor TEXT NOT NULL, updated INTEGER)',
      `INSERT INTO in_systemd_cursor VALUES ('${TEXT.replace('1f4', '1')}', 1), ('${TEXT}', 2)`
    )
    const before = readFileSync(file)
    expect(await readFluentBitCursor(file, log)).toMatchObject({ seqnum: 500 })
    expect(readFileSync(file).equals(before)).toBe(true)
    expect(said).toEqual(['The cursor of Fluent Bit is taken over.'])
  })

  it('without a cursor, of another plugin, or absent, says nothing', async () => {
    expect(await readFluentBitCursor(file, log)).toBeUndefined()
    fill('CREATE TABLE in_tail_files (id INTEGER)')
    expect(await readFluentBitCursor(file, log)).toBeUndefined()
    fill('CREATE TABLE in_systemd_cursor (cursor TEXT NOT NULL, updated INTEGER)')
    expect(await readFluentBitCursor(file, log)).toBeUndefined()
    fill('INSERT INTO in_systemd_cursor VALUES (\'no cursor\', 1)')
    expect(await readFluentBitCursor(file, log)).toBeUndefined()
    expect(said).toEqual([])
  })

  it('that is damaged is said', async () => {
    writeFileSync(file, 'no database'.repeat(100))
    expect(await readFluentBitCursor(file, log)).toBeUndefined()
    expect(said).toEqual(['The database of the cursor cannot be read.'])
  })
})
