import { mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { findByInode, findNumberedBetween } from '../../../src/inputs/tail/search.ts'

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

it('finds what a link led to between two targets, by the numbers of their names and in the order of these', () => {
  for (const name of ['2.log', '9.log', '10.log', '11.log', '12.log', '9.log.1', '10.txt', 'a10.log']) writeFileSync(join(folder, name), 'x')
  const between = (from: string, to: string, after = 0n): string[] => findNumberedBetween(join(folder, from), join(folder, to), after)
  expect(between('2.log', '12.log')).toEqual(['9.log', '10.log', '11.log'].map((name) => join(folder, name)))
  expect(between('11.log', '12.log')).toEqual([])
  expect(between('12.log', '2.log')).toEqual([])
  expect(between('2.log', '12.txt')).toEqual([])
  expect(between('../2.log', '12.log')).toEqual([])
  // what is older than the first target is not what came after it
  expect(between('2.log', '12.log', BigInt(Date.now() + 60_000) * 1_000_000n)).toEqual([])
})
