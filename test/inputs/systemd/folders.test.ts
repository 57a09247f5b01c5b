import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DEFAULT_FOLDERS, FolderWatch, findJournals, machineId } from '../../../src/inputs/systemd/folders.ts'
import { eventually } from '../../support/wait.ts'

const [OWN, OTHER] = ['0123456789abcdef'.repeat(2), 'fedcba9876543210'.repeat(2)]

let root: string
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'folders-'))
})
afterEach(() => rmSync(root, { recursive: true }))

function fill(...names: readonly string[]): void {
  for (const name of names) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true })
    writeFileSync(path.join(root, name), '')
  }
}
const found = (machine?: string): string[][] => {
  const { folders, files } = findJournals([path.join(root, 'none'), root], machine)
  return [folders, files].map((paths) => paths.map((each) => path.relative(root, each)).sort())
}

describe('files of the journal', () => {
  it('are those that journald writes, in the folder and in those of machines, no deeper', () => {
    fill('system.journal', `${OWN}/system.journal`, `${OWN}/system@0001-0002.journal`, `${OWN}/user-1000.journal~`, `${OTHER}/system.journal`,
      `${OWN}/fss`, `${OWN}/system.journal.tmp`, 'other/system.journal', `${OWN.toUpperCase()}/system.journal`, `${OWN}/${OTHER}/system.journal`)
    const all = [`${OWN}/system.journal`, `${OWN}/system@0001-0002.journal`, `${OWN}/user-1000.journal~`]
    expect(found()).toEqual([['', OWN, OTHER], [...all, `${OTHER}/system.journal`, 'system.journal']])
    expect(found(OWN)).toEqual([['', OWN], [...all, 'system.journal']])
    // in a container the id may be another
    expect(found('0'.repeat(32))).toEqual(found())
  })

  it('are none where nothing is yet', () => {
    expect(findJournals([path.join(root, 'none')], undefined)).toEqual({ folders: [], files: [] })
  })

  it('are kept or lost at a restart of the machine: both are looked for', () => {
    expect(DEFAULT_FOLDERS).toEqual(['/var/log/journal', '/run/log/journal'])
  })
})

it('reads the id of the machine, and takes nothing else for one', () => {
  const file = path.join(root, 'machine-id')
  expect(machineId(file)).toBeUndefined()
  for (const [text, id] of [[`${OWN}\n`, OWN], [OWN, OWN], ['uninitialized\n', undefined], ['', undefined], [`${OWN}0\n`, undefined], ['../..\n', undefined]] as const) {
    writeFileSync(file, text)
    expect(machineId(file)).toBe(id)
  }
})

it('notices files that come and that grow, in the folders it was given last', async () => {
  fill('a/system.journal', 'b/system.journal')
  const notices: boolean[] = []
  const watch = new FolderWatch((renamed) => void notices.push(renamed))
  try {
    watch.set([path.join(root, 'a'), path.join(root, 'none')])
    writeFileSync(path.join(root, 'a/system.journal'), 'more')
    await eventually('a notice of growth', () => notices.includes(false))
    writeFileSync(path.join(root, 'a/new.journal'), '')
    await eventually('a notice of a file', () => notices.includes(true))
    watch.set([path.join(root, 'b')])
    notices.length = 0
    writeFileSync(path.join(root, 'a/newer.journal'), '')
    writeFileSync(path.join(root, 'b/system.journal'), 'more')
    await eventually('a notice of the other folder', () => notices.length > 0)
    expect(notices).not.toContain(true)
  } finally {
    watch.close()
  }
})
