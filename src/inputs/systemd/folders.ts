/** Where files of the journal are: in the folders given and in those below that are named by a machine id. */
import { readFileSync, readdirSync, watch, type FSWatcher } from 'node:fs'
import { join } from 'node:path'

const MACHINE = /^[0-9a-f]{32}$/
const JOURNAL = /\.journal~?$/

export interface Found {
  readonly folders: readonly string[]
  readonly files: readonly string[]
}

/** The folders of this machine's own journal: what is kept, and what is lost at a restart of the machine. */
export const DEFAULT_FOLDERS: readonly string[] = ['/var/log/journal', '/run/log/journal']

/**
 * Looks for files. With `machine` only folders of that machine are looked into, where there is one: in a container the
 * id may be missing, or be the container's own.
 */
export function findJournals(roots: readonly string[], machine: string | undefined): Found {
  const folders: string[] = []
  const files: string[] = []
  for (const root of roots) {
    const names = list(root)
    if (names === undefined) continue
    folders.push(root)
    take(root, names, files)
    const machines = names.filter((name) => MACHINE.test(name))
    const own = machine !== undefined && machines.includes(machine)
    for (const name of own ? [machine] : machines) {
      const folder = join(root, name)
      const below = list(folder)
      if (below === undefined) continue
      folders.push(folder)
      take(folder, below, files)
    }
  }
  return { folders, files }
}

function take(folder: string, names: readonly string[], files: string[]): void {
  for (const name of names) if (JOURNAL.test(name)) files.push(join(folder, name))
}

function list(folder: string): string[] | undefined {
  try {
    return readdirSync(folder)
  } catch {
    return undefined
  }
}

export function machineId(path = '/etc/machine-id'): string | undefined {
  try {
    const id = readFileSync(path, 'utf8').trim()
    return MACHINE.test(id) ? id : undefined
  } catch {
    return undefined
  }
}

/** Calls back when something changes in one of the folders: `renamed` when files came or went. */
export class FolderWatch {
  readonly #notice: (renamed: boolean) => void
  readonly #watchers = new Map<string, FSWatcher>()

  constructor(notice: (renamed: boolean) => void) {
    this.#notice = notice
  }

  /** Watches these folders and no others. Where the system refuses, the slow round must do. */
  set(folders: readonly string[]): void {
    for (const folder of this.#watchers.keys()) if (!folders.includes(folder)) this.#end(folder)
    for (const folder of folders) {
      if (this.#watchers.has(folder)) continue
      try {
        const watcher = watch(folder, { persistent: false }, (event) => this.#notice(event === 'rename'))
        watcher.on('error', () => this.#end(folder))
        this.#watchers.set(folder, watcher)
      } catch {
        continue
      }
    }
  }

  #end(folder: string): void {
    this.#watchers.get(folder)?.close()
    this.#watchers.delete(folder)
  }

  close(): void {
    for (const folder of this.#watchers.keys()) this.#end(folder)
  }
}
