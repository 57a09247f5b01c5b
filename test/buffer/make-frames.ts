/** Directories for the tests of the buffer, beside the frames of frames.ts. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { onTestFinished } from 'vitest'

export * from './frames.ts'

export function makeDirectory(): string {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'fantail-buffer-'))
  onTestFinished(() => fs.rmSync(directory, { recursive: true, force: true }))
  return directory
}

/** What a kill leaves: the directory as it is now, elsewhere. */
export function copyOf(directory: string): string {
  const copy = makeDirectory()
  fs.cpSync(directory, copy, { recursive: true, filter: (from) => !from.endsWith('.sock') })
  return copy
}

