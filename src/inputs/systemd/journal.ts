/** All files of the journal as one sequence of entries. */
import { statSync } from 'node:fs'
import type { Log } from '../../plugin/context.ts'
import { JournalError, JournalFile } from './journal-file.ts'

/** Looks at a file that grows before an entry in it that cannot be read is given up. */
const PATIENCE = 3

export class Journal {
  /** Open files, by path or, for deleted ones, in no order; those that are archived and read are closed and left out. */
  readonly files = new Set<JournalFile>()
  /** Files that are read to their end for good, or that cannot be read; by device and inode. */
  readonly #done = new Map<string, string>()
  readonly #log: Log
  #current: JournalFile | undefined
  /** The file that comes next after `#current`. */
  #rival: JournalFile | undefined
  /** Entries that could not be read. */
  damaged = 0

  constructor(log: Log) {
    this.#log = log
  }

  /**
   * Opens files that were not there before, and notes which are gone. Returns those that are new; the caller puts them
   * at the place from which they are to be read.
   */
  update(paths: readonly string[]): JournalFile[] {
    const keys = new Map<string, string>()
    for (const path of paths) {
      const stats = statSync(path, { throwIfNoEntry: false })
      if (stats !== undefined) keys.set(`${stats.dev}:${stats.ino}`, path)
    }
    for (const file of this.files) file.deleted = !keys.delete(`${file.device}:${file.inode}`)
    for (const key of this.#done.keys()) if (!keys.delete(key)) this.#done.delete(key)
    const opened: JournalFile[] = []
    for (const [key, path] of keys) {
      const file = this.#open(path, key)
      if (file !== undefined) opened.push(file)
    }
    this.refresh()
    return opened
  }

  #open(path: string, key: string): JournalFile | undefined {
    try {
      const file = JournalFile.open(path)
      this.files.add(file)
      return file
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      this.#log.warn('A file of the journal cannot be read.', { path, reason: (error as Error).message })
      // one that may be read later is tried again
      if (error instanceof JournalError && path.endsWith('~')) this.#done.set(key, path)
      return undefined
    }
  }

  /** Looks at the headers again, after a notice. */
  refresh(): void {
    for (const file of this.files) file.refresh()
    this.#current = this.#rival = undefined
  }

  /** The file whose next entry is the next of all, with that entry loaded; undefined when all are read. */
  next(): JournalFile | undefined {
    const current = this.#current
    if (current !== undefined && this.#isReady(current) && (this.#rival === undefined || before(current, this.#rival))) return current
    this.#choose()
    return this.#current
  }

  #choose(): void {
    let first: JournalFile | undefined
    let second: JournalFile | undefined
    for (const file of this.files) {
      if (!this.#isReady(file)) {
        if (file.isRead && (file.archived || file.deleted)) this.#finish(file)
        continue
      }
      if (first === undefined || before(file, first)) {
        second = first
        first = file
      } else if (second === undefined || before(file, second)) second = file
    }
    this.#current = first
    this.#rival = second
  }

  /** Whether the file's next entry is loaded; damaged ones are passed over. */
  #isReady(file: JournalFile): boolean {
    while (!file.isRead) {
      if (file.load()) return true
      if (!file.archived && !file.deleted && file.failures++ < PATIENCE) return false
      this.damaged++
      this.#log.warn('An entry of the journal is damaged and left out.', { path: file.path })
      file.advance()
    }
    return false
  }

  #finish(file: JournalFile): void {
    file.close()
    this.files.delete(file)
    if (!file.deleted) this.#done.set(`${file.device}:${file.inode}`, file.path)
  }

  /** Nothing is to be read at the moment. */
  rest(): void {
    for (const file of this.files) file.rest()
  }

  close(): void {
    for (const file of this.files) file.close()
    this.files.clear()
  }
}

/** By number where both have the same numbering, else by time. */
function before(a: JournalFile, b: JournalFile): boolean {
  return a.seqnumId === b.seqnumId ? a.seqnum < b.seqnum : a.realtime < b.realtime
}
