/** The descriptors of followed files: opened within a limit, and found again under whatever name a file has now. */
import { closeSync, fstatSync, lstatSync, openSync, realpathSync, statSync, type BigIntStats } from 'node:fs'
import type { Followed } from './followed.ts'
import { birth, headMatches, mayBeSame } from './identity.ts'
import { findByInode } from './search.ts'

export const GONE = -1
/** It is there but cannot be opened now: no descriptor left, not permitted. */
export const LATER = -2

export class Descriptors {
  open = 0
  /** Files kept open at most, beside those with unread bytes. */
  limit: number
  readonly #closeIdle: () => void

  /** `closeIdle` closes what nothing is read of at the moment. */
  constructor(limit: number, closeIdle: () => void) {
    this.limit = limit
    this.#closeIdle = closeIdle
  }

  /** Opens a file; when no descriptor is left, idle files are closed for it. */
  openFile(path: string): number {
    try {
      return openSync(path, 'r')
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code !== 'EMFILE' && code !== 'ENFILE') throw error
    }
    this.limit = Math.max(1, this.open >> 1)
    this.#closeIdle()
    return openSync(path, 'r')
  }

  /** Whether what lies at a path took the inode of a file: see `tookInode`. */
  isTakenBy(path: string, file: Followed): boolean {
    if (file.fd >= 0 || file.gz !== null) return false
    let fd: number
    try {
      fd = this.openFile(path)
    } catch {
      return false
    }
    const took = tookInode(fd, file)
    closeSync(fd)
    return took
  }

  /** Gives the descriptor of a file to another owner. */
  give(file: Followed): number {
    const { fd } = file
    file.fd = -1
    this.open--
    return fd
  }

  close(file: Followed): void {
    if (file.fd < 0) return
    closeSync(file.fd)
    file.fd = -1
    this.open--
  }

  /** A descriptor of a file that was closed, under whatever name it has now; or `GONE`, or `LATER`. */
  reopen(file: Followed): number {
    const moved = (): string | null => findByInode([file.target, file.name], file.inode)
    for (const place of [file.name, moved]) {
      const path = typeof place === 'string' ? place : place()
      if (path === null) continue
      try {
        const fd = this.openFile(path)
        const stats = fstatSync(fd, { bigint: true })
        const same = String(stats.ino) === file.inode && String(stats.dev) === file.device
        if (same && mayBeSame(birth(stats), file.born)) return fd
        closeSync(fd)
      } catch (error) {
        if (!isMissing(error)) return LATER
      }
    }
    return GONE
  }
}

/** Whether an open file has the inode of one that was deleted while it was closed. One that is open keeps its own. */
export function tookInode(fd: number, closed: Followed): boolean {
  if (closed.fd >= 0 || closed.gz !== null) return false
  return !mayBeSame(birth(fstatSync(fd, { bigint: true })), closed.born) || !headMatches(fd, closed.headLength, closed.headSum)
}

export function isMissing(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code
  return code === 'ENOENT' || code === 'ENOTDIR'
}

/** What lies at a path now; null when nothing does. */
export function look(path: string): BigIntStats | null {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false }) ?? null
  } catch {
    return null
  }
}

/** Where a path leads: itself, unless its last name is a symbolic link. */
export function leadsTo(path: string): string {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true ? realpathSync(path) : path
  } catch {
    // it leads nowhere
    return path
  }
}
