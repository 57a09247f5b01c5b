/**
 * One process per directory, held by a Unix socket in it: the kernel lets go of it however the process ends, and it
 * works across containers that share the directory. Whoever connects is told the process id of the holder.
 */
import fs from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import { randomBytes } from './random.ts'

const NAME = 'lock.sock'
/** Bytes of a socket's path that every system takes (Linux: 107, macOS: 103). */
const MAX_PATH = 103

/** The directory is held by another process. */
export class DirectoryInUse extends Error {
  /** Process id of the holder in its own namespace, or undefined when it did not say. */
  readonly pid: number | undefined

  constructor(directory: string, pid: number | undefined) {
    super(`${directory} is in use${pid === undefined ? '' : ` by process ${pid}`}`)
    this.pid = pid
  }
}

/** Milliseconds in which others that saw the same dead socket have done what they do. */
const SETTLE = 50

export interface DirectoryLock {
  release(): Promise<void>
}

/** Takes the lock of a directory that is there. Throws `DirectoryInUse`, or what the system says. */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  // a name of our own first, linked to the lock's name when that is free: closing then never removes another's socket
  const own = `lock.${process.pid}.${randomBytes(4).toString('hex')}.sock`
  const place = socketPlace(directory)
  let server: net.Server | undefined
  try {
    server = await listen(place, own)
    const mine = identity(directory, own)!
    for (let attempt = 0; attempt < 20; attempt++) {
      if (link(directory, own)) {
        // another one that saw the same dead socket may be about to take it away, and ours in its place
        if (attempt > 0) await pause(SETTLE)
        if (identity(directory, NAME) === mine) {
          fs.rmSync(join(directory, own), { force: true })
          return held(server, directory, place, mine)
        }
        continue
      }
      const before = identity(directory, NAME)
      const answer = await ask(place)
      if (answer !== 'stale') throw new DirectoryInUse(directory, answer)
      removeStale(directory, before)
    }
    throw new DirectoryInUse(directory, undefined)
  } catch (error) {
    server?.close()
    place.close()
    throw error
  }
}

function link(directory: string, own: string): boolean {
  try {
    fs.linkSync(join(directory, own), join(directory, NAME))
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** Process id of the holder; 'unknown' when it does not say; undefined when nobody holds it. */
export async function directoryHolder(directory: string): Promise<number | 'unknown' | undefined> {
  if (identity(directory, NAME) === undefined) return undefined
  const place = socketPlace(directory)
  try {
    const answer = await ask(place)
    return answer === 'stale' ? undefined : (answer ?? 'unknown')
  } finally {
    place.close()
  }
}

interface Place {
  /** Calls with a path of the socket that is short enough. */
  run<T>(name: string, use: (path: string) => T): T
  close(): void
}

function socketPlace(directory: string): Place {
  if (Buffer.byteLength(directory) <= MAX_PATH - 40) return { run: (name, use) => use(join(directory, name)), close: () => {} }
  if (process.platform === 'linux') {
    const fd = fs.openSync(directory, 'r')
    let open = true
    return {
      run: (name, use) => use(`/proc/self/fd/${fd}/${name}`),
      close: () => {
        if (open) fs.closeSync(fd)
        open = false
      }
    }
  }
  return {
    run: (name, use) => {
      const back = process.cwd()
      process.chdir(directory)
      try {
        return use(name)
      } finally {
        process.chdir(back)
      }
    },
    close: () => {}
  }
}

function listen(place: Place, name: string): Promise<net.Server> {
  const server = net.createServer((socket) => {
    socket.on('error', () => {})
    socket.end(`${process.pid}\n`)
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    place.run(name, (path) => server.listen({ path }, () => {
      server.unref()
      resolve(server)
    }))
  })
}

function held(server: net.Server, directory: string, place: Place, mine: string): DirectoryLock {
  return {
    release: () => new Promise((resolve) => {
      if (identity(directory, NAME) === mine) fs.rmSync(join(directory, NAME), { force: true })
      server.close(() => {
        place.close()
        resolve()
      })
    })
  }
}

/** The holder's process id, undefined when it does not say, or 'stale' when nobody listens. */
function ask(place: Place): Promise<number | undefined | 'stale'> {
  return new Promise((resolve) => {
    const socket = place.run(NAME, (path) => net.connect({ path }))
    let text = ''
    let connected = false
    socket.setTimeout(1000, () => socket.destroy())
    socket.on('connect', () => { connected = true })
    socket.on('data', (chunk: Buffer) => { text += chunk.toString() })
    socket.on('error', () => {})
    socket.on('close', () => {
      const pid = Number.parseInt(text, 10)
      resolve(connected ? (Number.isNaN(pid) ? undefined : pid) : 'stale')
    })
  })
}

/** Takes a dead socket away, unless another process has replaced it by its own meanwhile. */
function removeStale(directory: string, before: string | undefined): void {
  if (before === undefined || identity(directory, NAME) !== before) return
  const aside = `lock.${process.pid}.stale`
  try {
    fs.renameSync(join(directory, NAME), join(directory, aside))
    if (identity(directory, aside) !== before) fs.linkSync(join(directory, aside), join(directory, NAME))
    fs.rmSync(join(directory, aside), { force: true })
  } catch {
    // somebody else was faster: the next attempt shows how it stands
  }
}

/** Tells one socket from the next, which may get the same inode. */
function identity(directory: string, name: string): string | undefined {
  const stat = fs.statSync(join(directory, name), { bigint: true, throwIfNoEntry: false })
  return stat && `${stat.ino}.${stat.mtimeNs}`
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
