/** The folders of the buffer in the state directory, and the lock that one agent holds on it. */
import fs from 'node:fs'
import { join } from 'node:path'
import { FantailError } from '../errors.ts'
import { DirectoryInUse, lockDirectory, type DirectoryLock } from '../lib/directory-lock.ts'

export function logDirectory(directory: string): string {
  return join(directory, 'log')
}

export function cursorDirectory(directory: string): string {
  return join(directory, 'cursors')
}

export function quarantineDirectory(directory: string): string {
  return join(directory, 'quarantine')
}

/** Makes the folders when they are missing. Throws `FantailError` when another agent holds them or they cannot be used. */
export async function takeDirectory(directory: string): Promise<DirectoryLock> {
  try {
    for (const folder of [directory, logDirectory(directory), cursorDirectory(directory)]) {
      fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
    }
    return await lockDirectory(directory)
  } catch (error) {
    if (error instanceof DirectoryInUse) {
      throw new FantailError('state-in-use', { path: error.pid === undefined ? directory : `${directory} (process ${error.pid})` })
    }
    throw new FantailError('state-unusable', { path: directory, reason: (error as Error).message })
  }
}
