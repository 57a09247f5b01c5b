import { closeSync, fstatSync, mkdtempSync, openSync, renameSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Stream } from '../../../src/event/stream.ts'
import { Descriptors, GONE, LATER, isMissing, look } from '../../../src/inputs/tail/descriptors.ts'
import { Followed } from '../../../src/inputs/tail/followed.ts'
import { headSum } from '../../../src/inputs/tail/identity.ts'

let folder: string
let path: string
let descriptors: Descriptors

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'descriptors-'))
  path = join(folder, 'app.log')
  writeFileSync(path, 'one\n')
  descriptors = new Descriptors(10, () => undefined)
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

function followed(): Followed {
  const stats = statSync(path)
  const file = new Followed(path, String(stats.dev), String(stats.ino), new Stream('', 0, { input: '', path, marks: {} }))
  file.target = path
  return file
}

describe('reopening a file that was closed', () => {
  it('finds it under the name it has now', () => {
    const file = followed()
    renameSync(path, path + '.1')
    writeFileSync(path, 'another\n')
    const fd = descriptors.reopen(file)
    expect(String(fstatSync(fd).ino)).toBe(file.inode)
    closeSync(fd)
  })

  it('says that it is gone when only another file has its name', () => {
    const file = followed()
    // kept open, so that its inode is given to nobody else
    const held = openSync(path, 'r')
    unlinkSync(path)
    writeFileSync(path, 'another\n')
    expect(descriptors.reopen(file)).toBe(GONE)
    closeSync(held)
  })

  it('does not take a file created at another time for it, the same inode or not', () => {
    const file = followed()
    file.born = '1'
    writeFileSync(path, 'changed since\n')
    const stats = statSync(path, { bigint: true })
    const known = stats.birthtimeNs !== stats.ctimeNs
    const fd = descriptors.reopen(file)
    expect(fd === GONE).toBe(known)
    if (fd >= 0) closeSync(fd)
  })
})

it('counts what it closes, once', () => {
  const file = followed()
  file.fd = descriptors.openFile(path)
  descriptors.open = 1
  descriptors.close(file)
  descriptors.close(file)
  expect([file.fd, descriptors.open]).toEqual([-1, 0])
})

it('a file that is not there is gone; one that cannot be reached may come later', () => {
  const file = followed()
  unlinkSync(path)
  expect(descriptors.reopen(file)).toBe(GONE)
  file.name = join(folder, 'x'.repeat(300))
  expect(descriptors.reopen(file)).toBe(LATER)
})

it('tells a file from one that was closed and had its inode, by its head; one that is open has its inode still', () => {
  const file = followed()
  file.headLength = 4
  file.headSum = headSum(Buffer.from('one\n'))
  expect(descriptors.isTakenBy(path, file)).toBe(false)
  writeFileSync(path, 'another\n')
  expect(descriptors.isTakenBy(path, file)).toBe(true)
  expect(descriptors.isTakenBy(path + '.none', file)).toBe(false)
  file.fd = descriptors.openFile(path)
  expect(descriptors.isTakenBy(path, file)).toBe(false)
  closeSync(file.fd)
})

it('looks at a path without throwing', () => {
  expect(look(path)?.size).toBe(4n)
  expect(look(join(path, 'below a file'))).toBeNull()
  expect(look(join(folder, 'none'))).toBeNull()
  expect([isMissing({ code: 'ENOENT' }), isMissing({ code: 'ENOTDIR' }), isMissing({ code: 'EACCES' })]).toEqual([true, true, false])
})
