/**
 * One process per directory, held by a Unix socket in it: the kernel lets go of it however the process ends, and it
 * works across containers that share the directory. Whoever connects is told the process id of the holder.
 */
import fs from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'

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

export interface DirectoryLock {
  release(): Promise<void>
}

/** Takes the lock of a directory that is there. Throws `DirectoryInUse`, or what the system says. */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  const place = socketPlace(directory)
  try {
    for (let attempt = 0; attempt < 10; attempt++) {
      const server = await listen(place)
      if (server !== undefined) return held(server, directory, place)
      const before = inode(directory)
      const answer = await ask(place)
      if (answer !== 'stale') throw new DirectoryInUse(directory, answer)
      removeStale(directory, before)
    }
    throw new DirectoryInUse(directory, undefined)
  } catch (error) {
    place.close()
    throw error
  }
}

/** Process id of the holder; 'unknown' when it does not say; undefined when nobody holds it. */
export async function directoryHolder(directory: string): Promise<number | 'unknown' | undefined> {
  if (inode(directory) === undefined) return undefined
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
  run<T>(use: (path: string) => T): T
  close(): void
}

function socketPlace(directory: string): Place {
  const path = join(directory, NAME)
  if (Buffer.byteLength(path) <= MAX_PATH) return { run: (use) => use(path), close: () => {} }
  if (process.platform === 'linux') {
    const fd = fs.openSync(directory, 'r')
    let open = true
    return {
      run: (use) => use(`/proc/self/fd/${fd}/${NAME}`),
      close: () => {
        if (open) fs.closeSync(fd)
        open = false
      }
    }
  }
  return {
    run: (use) => {
      const back = process.cwd()
      process.chdir(directory)
      try {
        return use(NAME)
      } finally {
        process.chdir(back)
      }
    },
    close: () => {}
  }
}

function listen(place: Place): Promise<net.Server | undefined> {
  const server = net.createServer((socket) => {
    socket.on('error', () => {})
    socket.end(`${process.pid}\n`)
  })
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined)
      else reject(error)
    })
    place.run((path) => server.listen({ path }, () => {
      server.unref()
      resolve(server)
    }))
  })
}

function held(server: net.Server, directory: string, place: Place): DirectoryLock {
  const mine = inode(directory)
  return {
    release: () => new Promise((resolve) => {
      server.close(() => {
        place.close()
        if (mine !== undefined && inode(directory) === mine) fs.rmSync(join(directory, NAME), { force: true })
        resolve()
      })
    })
  }
}

/** The holder's process id, undefined when it does not say, or 'stale' when nobody listens. */
function ask(place: Place): Promise<number | undefined | 'stale'> {
  return new Promise((resolve) => {
    const socket = place.run((path) => net.connect({ path }))
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
function removeStale(directory: string, before: bigint | undefined): void {
  if (before === undefined) return
  const aside = join(directory, `lock.${process.pid}.stale`)
  try {
    fs.renameSync(join(directory, NAME), aside)
    if (fs.statSync(aside, { bigint: true }).ino !== before) fs.linkSync(aside, join(directory, NAME))
    fs.rmSync(aside, { force: true })
  } catch {
    // somebody else was faster: the next attempt shows how it stands
  }
}

function inode(directory: string): bigint | undefined {
  return fs.statSync(join(directory, NAME), { bigint: true, throwIfNoEntry: false })?.ino
}
