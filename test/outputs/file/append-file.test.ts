import { appendFileSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { AppendFile } from '../../../src/outputs/file/append-file.ts'
import { tempFolder } from '../../support/temp.ts'

const all = (written: number): number => written

test('appends behind what others write, and follows its name', async () => {
  const path = join(tempFolder('append'), 'a/b/c.log')
  const file = new AppendFile(path, true)
  await file.open()
  expect(await file.append(Buffer.from('one\n'), all)).toEqual({ bytes: 4 })
  appendFileSync(path, 'other\n')
  await file.open()
  expect(file.size).toBe(10)
  await file.append(Buffer.from('two\n'), all)
  expect(readFileSync(path, 'utf8')).toBe('one\nother\ntwo\n')
  renameSync(path, path + '.1')
  await file.open()
  expect(file.size).toBe(0)
  await file.append(Buffer.from('three\n'), all)
  expect(readFileSync(path, 'utf8')).toBe('three\n')
  await file.close()
  expect(file.isOpen).toBe(false)
})
