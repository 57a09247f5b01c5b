import { mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { findByInode } from '../../../src/inputs/tail/search.ts'

const folder = mkdtempSync(join(tmpdir(), 'search-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('finds a file under its new name by its inode', () => {
  const path = join(folder, 'app.log')
  writeFileSync(path, 'x')
  const inode = String(statSync(path).ino)
  renameSync(path, join(folder, 'app.log.1'))
  expect(findByInode([path], inode)).toBe(join(folder, 'app.log.1'))
  expect(findByInode([path], '1')).toBeNull()
  expect(findByInode([join(folder, 'missing', 'x')], inode)).toBeNull()
})
