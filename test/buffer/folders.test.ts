import fs from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { cursorDirectory, logDirectory, takeDirectory } from '../../src/buffer/folders.ts'
import { makeDirectory } from './make-frames.ts'

it('makes the folders, for its owner only, and lets nobody else in until it is released', async () => {
  const directory = path.join(makeDirectory(), 'state')
  const lock = await takeDirectory(directory)
  expect([directory, logDirectory(directory), cursorDirectory(directory)].map((folder) => fs.statSync(folder).mode & 0o777)).toEqual([0o700, 0o700, 0o700])
  await expect(takeDirectory(directory)).rejects.toMatchObject({ code: 'state-in-use' })
  await lock.release()
  await (await takeDirectory(directory)).release()
})

it('says what is in its way', async () => {
  const file = path.join(makeDirectory(), 'file')
  fs.writeFileSync(file, '')
  await expect(takeDirectory(path.join(file, 'state'))).rejects.toMatchObject({ code: 'state-unusable' })
})
