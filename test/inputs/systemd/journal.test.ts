import { mkdtempSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Journal } from '../../../src/inputs/systemd/journal.ts'
import { JournalMaker, type JournalOptions } from './make-journal.ts'

const START = 1_795_534_312_000_000
const OTHER = 'bb'.repeat(16)

let folder: string
let journal: Journal
const said: string[] = []
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'journals-'))
  said.length = 0
  const say = (message: string): void => void said.push(message)
  journal = new Journal({ error: say, warn: say, info: say, debug: say })
})
afterEach(() => {
  journal.close()
  rmSync(folder, { recursive: true })
})

/** A file with entries of these numbers' times in milliseconds. */
function make(name: string, times: readonly number[], options: JournalOptions = {}): JournalMaker {
  const maker = new JournalMaker(path.join(folder, name), options)
  add(maker, times)
  return maker
}
function add(maker: JournalMaker, times: readonly number[]): void {
  for (const time of times) maker.add([['MESSAGE', `${time}`]], START + time * 1000)
}
/** What is left, as number and time in milliseconds. */
function rest(): string[] {
  const entries: string[] = []
  for (let file = journal.next(); file !== undefined; file = journal.next()) {
    entries.push(`${file.seqnum}@${(file.realtime - START) / 1000}`)
    file.advance()
  }
  return entries
}
const paths = (...names: readonly string[]): string[] => names.map((name) => path.join(folder, name))

describe('several files', () => {
  it('are one sequence: by number where they are numbered together, whatever the clock did, else by time', () => {
    make('a.journal', [0, 50])
    make('b.journal', [10, 20], { first: 3 })
    journal.update(paths('a.journal', 'b.journal'))
    expect(rest()).toEqual(['1@0', '2@50', '3@10', '4@20'])
    make('c.journal', [5, 30, 70], { seqnumId: OTHER })
    make('d.journal', [40, 60], { seqnumId: 'cc'.repeat(16) })
    expect(journal.update(paths('a.journal', 'b.journal', 'c.journal', 'd.journal')).map((file) => path.basename(file.path))).toEqual(['c.journal', 'd.journal'])
    expect(rest()).toEqual(['1@5', '2@30', '1@40', '2@60', '3@70'])
  })

  it('go on where they were when one grows', () => {
    const maker = make('a.journal', [0])
    journal.update(paths('a.journal'))
    expect(rest()).toEqual(['1@0'])
    add(maker, [1, 2])
    expect(rest()).toEqual([])
    journal.refresh()
    expect(rest()).toEqual(['2@1', '3@2'])
  })
})

describe('a file', () => {
  it('is the same under another name, and read once', () => {
    make('a.journal', [0, 1]).archive()
    journal.update(paths('a.journal'))
    expect(journal.next()!.seqnum).toBe(1)
    renameSync(...paths('a.journal', 'b.journal') as [string, string])
    expect(journal.update(paths('b.journal'))).toEqual([])
    expect(rest()).toEqual(['1@0', '2@1'])
    expect(journal.files.size).toBe(0)
    expect(journal.update(paths('b.journal'))).toEqual([])
  })

  it('that is deleted is read to its end, then closed', () => {
    make('a.journal', [0, 1])
    journal.update(paths('a.journal'))
    unlinkSync(path.join(folder, 'a.journal'))
    journal.update([])
    expect([rest(), journal.files.size]).toEqual([['1@0', '2@1'], 0])
  })

  it('that is none is said and left out, and the others are read', () => {
    writeFileSync(path.join(folder, 'x.journal~'), 'no journal'.repeat(50))
    make('a.journal', [0])
    for (let i = 0; i < 3; i++) journal.update(paths('x.journal~', 'a.journal', 'gone.journal'))
    expect([rest(), said]).toEqual([['1@0'], ['A file of the journal cannot be read.']])
  })
})

describe('an entry that is damaged', () => {
  /** Turns the type of the entry that follows the field into none. */
  function damage(maker: JournalMaker, field: string): number {
    const entry = maker.offsetOf(field) + ((64 + field.length + 7) & ~7)
    maker.overwrite(entry, Buffer.of(9))
    return entry
  }

  it('is left out at once in a file that is complete, counted', () => {
    const maker = make('a.journal', [0, 1, 2])
    damage(maker, 'MESSAGE=1')
    maker.archive()
    journal.update(paths('a.journal'))
    expect([rest(), journal.damaged, said]).toEqual([['1@0', '3@2'], 1, ['An entry of the journal is damaged and left out.']])
  })

  it('is waited for in a file that grows, since it may not be written yet, but not for ever', () => {
    const maker = make('a.journal', [0, 1, 2])
    const at = damage(maker, 'MESSAGE=1')
    journal.update(paths('a.journal'))
    expect([rest(), journal.damaged]).toEqual([['1@0'], 0])
    maker.overwrite(at, Buffer.of(3))
    journal.rest()
    expect(rest()).toEqual(['2@1', '3@2'])
    const other = make('b.journal', [0, 1, 2], { seqnumId: OTHER })
    damage(other, 'MESSAGE=1')
    journal.update(paths('a.journal', 'b.journal'))
    const rounds = Array.from({ length: 5 }, () => rest().join(' '))
    expect([rounds.join(' ').trim().split(/\s+/), journal.damaged]).toEqual([['1@0', '3@2'], 1])
  })
})
