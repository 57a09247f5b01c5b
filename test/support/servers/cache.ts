/**
 * What the tests download lies in one folder of the user's, `$XDG_CACHE_HOME/fantail` or `~/.cache/fantail`, under a
 * name with its version, and is complete when it is there: everything is made in a folder beside and renamed at the end.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { sleep } from '../wait.ts'

export function cacheFolder (): string {
  const base = process.env['XDG_CACHE_HOME']
  return path.join(base !== undefined && path.isAbsolute(base) ? base : path.join(os.homedir(), '.cache'), 'fantail')
}

/** The folder `name` of the cache, filled by `make` when it is not there yet; only one process makes it at a time. */
export async function cached (name: string, make: (folder: string) => Promise<void>): Promise<string> {
  const folder = path.join(cacheFolder(), name)
  if (existsSync(folder)) return folder
  return locked(name, async () => {
    if (existsSync(folder)) return folder
    for (const left of readdirSync(cacheFolder())) {
      if (left.startsWith(`${name}.partial-`)) rmSync(path.join(cacheFolder(), left), { recursive: true, force: true })
    }
    const partial = `${folder}.partial-${process.pid}`
    mkdirSync(partial, { recursive: true })
    try {
      await make(partial)
      renameSync(partial, folder)
    } finally {
      rmSync(partial, { recursive: true, force: true })
    }
    return folder
  })
}

let turns = 0

/** Runs `work` while no other process on this machine runs one of the same name. A lock of a dead process is broken. */
export async function locked<T> (name: string, work: () => Promise<T>): Promise<T> {
  const lock = path.join(cacheFolder(), `${name}.lock`)
  mkdirSync(cacheFolder(), { recursive: true })
  const mine = `${lock}.${process.pid}-${++turns}`
  for (;;) {
    // Made with its content beside and renamed: a rename onto a folder that is not empty fails, so nobody sees it half made.
    mkdirSync(mine, { recursive: true })
    writeFileSync(path.join(mine, 'pid'), String(process.pid))
    try {
      renameSync(mine, lock)
      break
    } catch {
      rmSync(mine, { recursive: true, force: true })
    }
    if (ownerIsDead(lock)) {
      const broken = `${mine}.broken`
      try {
        renameSync(lock, broken)
        rmSync(broken, { recursive: true, force: true })
      } catch {
        // Another process broke it first.
      }
      continue
    }
    await sleep(200)
  }
  try {
    return await work()
  } finally {
    rmSync(lock, { recursive: true, force: true })
  }
}

function ownerIsDead (lock: string): boolean {
  try {
    process.kill(Number(readFileSync(path.join(lock, 'pid'), 'utf8')), 0)
    return false
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    // No such process; a lock without its file is one that is being removed.
    return code === 'ESRCH'
  }
}

/** Compares the files of `folder` with a list as sha256sum writes it; every file must be in it and right. */
export function verifyChecksums (folder: string, list: string): void {
  const wanted = new Map<string, string>()
  for (const line of readFileSync(list, 'utf8').trim().split('\n')) {
    const [sum, name] = line.split(/\s+/)
    if (sum !== undefined && name !== undefined) wanted.set(name, sum)
  }
  const problems: string[] = []
  for (const name of readdirSync(folder)) {
    const sum = createHash('sha256').update(readFileSync(path.join(folder, name))).digest('hex')
    if (wanted.get(name) !== sum) problems.push(`${name}: sha256 ${sum}, wanted ${wanted.get(name) ?? 'no such file'}`)
    wanted.delete(name)
  }
  for (const name of wanted.keys()) problems.push(`${name}: missing`)
  if (problems.length > 0) throw new Error(`${folder} is not what ${path.basename(list)} lists:\n${problems.join('\n')}`)
}
