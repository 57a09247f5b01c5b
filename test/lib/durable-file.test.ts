import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { exists, syncFolder, writeSynced } from '../../src/lib/durable-file.ts'
import { tempFolder } from '../support/temp.ts'

it('a file is written anew, and known to exist', async () => {
  const folder = tempFolder('durable')
  const file = path.join(folder, 'manifest')
  expect(await exists(file)).toBe(false)
  await writeSynced(file, Buffer.from('longer text'))
  await writeSynced(file, Buffer.from('short'))
  await syncFolder(folder)
  expect(await exists(file)).toBe(true)
  expect(readFileSync(file, 'utf8')).toBe('short')
})

it('a write that cannot be made is an error', async () => {
  await expect(writeSynced(path.join(tempFolder('durable'), 'no', 'folder'), Buffer.from(''))).rejects.toThrow('ENOENT')
})
