/**
 * Dead letters: records that a destination refuses, kept in files a person can read.
 *
 * `<folder>/<output>/<n>.jsonl`, n rising, a new file each 8 MB; one JSON object a line, newest last:
 *
 *      {"time": RFC 3339 with nanoseconds, "tag", "output", "reason", "attempts",
 *       "stream": {"uid", "generation", "start", "end", "ordinal", "path"?}, "metadata"?, "record": {…}}
 *
 * `record` stands last and is the record's text as it was, numbers exact. Lines are appended in groups, one write and one
 * sync each; only then do the records count as dead-lettered and their frames as done. A line cut short by a crash
 * is cut off at the next start: its record was not acknowledged and comes again. `<n>.replay` beside a file asks for
 * it to be sent again and says how far that is done (see replay.ts).
 */
import { mkdir, open, readFile, readdir, stat, type FileHandle } from 'node:fs/promises'
import path from 'node:path'
import type { Batch } from '../event/batch.ts'
import type { Log } from '../plugin/context.ts'
import { exists, syncFolder } from '../lib/durable-file.ts'
import { identityOf, letterLine, readLetter, streamOf, type DeadLetter } from './letter.ts'

/** Bytes after which the next file is begun. */
const FILE_SIZE = 8 * 1024 * 1024
/** Bytes at the end of the newest file in which letters are looked up that a crash may have left without acknowledgement. */
const TAIL = 1024 * 1024
/** Milliseconds between looks for room, and between tries to write. */
const PAUSE = 1000

/** Where the engine puts refused records. */
export interface LetterBox {
  open(): Promise<void>
  /**
   * Keeps record `index`; calls back once it is durable (true) or given up because there is no room (false).
   * One that was `replayed` is kept in any case: the room of the letter it was is freed after it.
   */
  add(batch: Batch, index: number, reason: string, attempts: number, done: (kept: boolean) => void, replayed?: boolean): void
  /** Writes what can be written now. */
  flush(): Promise<void>
  close(): Promise<void>
}

/** The limit that all outputs share. */
export class DeadLetterRoom {
  readonly directory: string
  readonly limit: number
  readonly onFull: 'block' | 'drop'
  used = 0
  #measuredAt = 0

  /** `limit` in bytes. */
  constructor(directory: string, limit: number, onFull: 'block' | 'drop') {
    this.directory = directory
    this.limit = limit
    this.onFull = onFull
  }

  hasRoomFor(bytes: number): boolean {
    return this.used + bytes <= this.limit
  }

  /** Looks how much there is. */
  async measure(): Promise<void> {
    this.#measuredAt = performance.now()
    let used = 0
    for (const { bytes } of await listDeadLetters(this.directory)) used += bytes
    this.used = used
  }

  /** Looks again, not too often: people remove files. */
  async refresh(): Promise<void> {
    if (performance.now() - this.#measuredAt >= PAUSE) await this.measure().catch(() => {})
  }
}

export interface DeadLettersOptions {
  readonly output: string
  readonly room: DeadLetterRoom
  readonly log: Log
  /** The path (or unit, or address) of a stream, for people. */
  readonly pathOf?: (uid: string) => string | undefined
}

interface Letter {
  readonly line: Buffer
  readonly replayed: boolean
  readonly done: (kept: boolean) => void
}

export class DeadLetters implements LetterBox {
  readonly directory: string
  readonly #output: string
  readonly #room: DeadLetterRoom
  readonly #log: Log
  readonly #pathOf: (uid: string) => string | undefined
  #number = 0
  #file: FileHandle | undefined
  #size = 0
  #waiting: Letter[] = []
  #writing: Promise<void> | undefined
  /** Identities of letters that were written before the start. */
  readonly #written = new Set<string>()
  #closed = false
  #wakeUp: (() => void) | undefined

  constructor(options: DeadLettersOptions) {
    this.#output = options.output
    this.#room = options.room
    this.#log = options.log
    this.#pathOf = options.pathOf ?? (() => undefined)
    this.directory = path.join(options.room.directory, fileNameOf(options.output))
  }

  /** Mends a torn end. Nothing is made on disk before the first letter. */
  async open(): Promise<void> {
    const numbers = await fileNumbers(this.directory)
    this.#number = numbers.at(-1) ?? 0
    await this.#room.measure()
    if (this.#number > 0) await this.#mend(path.join(this.directory, `${this.#number}.jsonl`))
  }

  async #mend(file: string): Promise<void> {
    const handle = await open(file, 'r+')
    try {
      const { size } = await handle.stat()
      const tail = Buffer.alloc(Math.min(size, TAIL))
      await handle.read(tail, 0, tail.length, size - tail.length)
      const end = tail.lastIndexOf(10) + 1
      if (end < tail.length) await handle.truncate(size - tail.length + end)
      const lines = tail.toString('utf8', 0, end).split('\n')
      if (tail.length < size) lines.shift()
      for (const line of lines) {
        const letter = line === '' ? undefined : readLetter(line)
        if (letter !== undefined) this.#written.add(identityOf(letter.stream))
      }
    } finally {
      await handle.close()
    }
  }

  add(batch: Batch, index: number, reason: string, attempts: number, done: (kept: boolean) => void, replayed = false): void {
    const stream = streamOf(batch, index)
    if (!replayed && this.#written.delete(identityOf(stream))) return done(true)
    const where = this.#pathOf(stream.uid)
    const about = { output: this.#output, reason, attempts, stream: where === undefined ? stream : { ...stream, path: where } }
    this.#waiting.push({ line: letterLine(batch, index, about), replayed, done })
    this.#writing ??= this.#writeAll()
  }

  /** Writes groups until nothing waits. */
  async #writeAll(): Promise<void> {
    // Records refused in the same turn make one group.
    await Promise.resolve()
    while (this.#waiting.length > 0) {
      const group = this.#fitting()
      if (group.length > 0 && (await this.#write(group))) {
        for (const { done } of group) done(true)
        continue
      }
      this.#waiting.unshift(...group)
      if (group.length === 0) {
        await this.#room.refresh()
        if (this.#room.hasRoomFor(this.#waiting[0]!.line.length)) continue
        if (this.#room.onFull === 'drop') {
          this.#waiting.shift()!.done(false)
          continue
        }
        this.#log.error(`the dead letters are full (${this.#room.limit} bytes): the output waits until some are removed`)
      }
      if (this.#closed) break
      await this.#pause()
    }
    this.#writing = undefined
  }

  /** Takes as many letters as there is room for. */
  #fitting(): Letter[] {
    let bytes = 0
    let count = 0
    for (const { line, replayed } of this.#waiting) {
      bytes += line.length
      if (!replayed && !this.#room.hasRoomFor(bytes)) break
      count++
    }
    return this.#waiting.splice(0, count)
  }

  async #write(group: readonly Letter[]): Promise<boolean> {
    const bytes = Buffer.concat(group.map(({ line }) => line))
    try {
      const file = await this.#current()
      await file.appendFile(bytes)
      await file.datasync()
      this.#size += bytes.length
      this.#room.used += bytes.length
      return true
    } catch (error) {
      this.#log.error(`cannot write dead letters in ${this.directory}, trying again: ${String(error)}`)
      // What was written in part is cut off, so that no line is there twice or torn.
      await this.#file?.truncate(this.#size).catch(() => {})
      await this.#roll()
      return false
    }
  }

  async #current(): Promise<FileHandle> {
    if (this.#file !== undefined && (this.#size >= FILE_SIZE || (await this.#isTakenAway()))) await this.#roll()
    if (this.#file === undefined) {
      await mkdir(this.directory, { recursive: true })
      this.#file = await open(path.join(this.directory, `${++this.#number}.jsonl`), 'ax')
      this.#size = 0
      await syncFolder(this.directory)
    }
    return this.#file
  }

  /** The file was removed or is to be sent again: letters go into the next one. */
  async #isTakenAway(): Promise<boolean> {
    const file = path.join(this.directory, `${this.#number}`)
    return !(await exists(`${file}.jsonl`)) || (await exists(`${file}.replay`))
  }

  async #roll(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    await file?.close().catch(() => {})
  }

  /** Called before a file is replayed, so that nothing more is written to it. */
  async leave(number: number): Promise<void> {
    await this.#writing
    if (number === this.#number) await this.#roll()
    this.#written.clear()
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, PAUSE)
      this.#wakeUp = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  async flush(): Promise<void> {
    this.#closed = true
    this.#wakeUp?.()
    await this.#writing
  }

  async close(): Promise<void> {
    await this.flush()
    await this.#roll()
  }
}

export interface DeadLetterFile {
  readonly output: string
  readonly number: number
  readonly path: string
  readonly bytes: number
  /** Asked to be sent again. */
  readonly replaying: boolean
}

/** The files below a folder of dead letters, by output and age. A folder that is not there has none. */
export async function listDeadLetters(directory: string): Promise<DeadLetterFile[]> {
  const files: DeadLetterFile[] = []
  for (const folder of (await names(directory)).sort()) {
    const below = path.join(directory, folder)
    for (const number of await fileNumbers(below)) {
      const file = path.join(below, `${number}.jsonl`)
      const bytes = await stat(file).then(({ size }) => size, () => undefined)
      if (bytes === undefined) continue
      const replaying = await exists(path.join(below, `${number}.replay`))
      files.push({ output: decodeURIComponent(folder), number, path: file, bytes, replaying })
    }
  }
  return files
}

/** The letters of an output, oldest first. Lines that are none are left out. */
export async function* showDeadLetters(directory: string, output: string): AsyncGenerator<DeadLetter> {
  const folder = path.join(directory, fileNameOf(output))
  for (const number of await fileNumbers(folder)) {
    const text = await readFile(path.join(folder, `${number}.jsonl`), 'utf8').catch(() => '')
    for (const line of text.split('\n')) {
      const letter = line === '' ? undefined : readLetter(line)
      if (letter !== undefined) yield letter
    }
  }
}

/**
 * Asks for an output's dead letters to be sent again, by the agent that runs or the next one. Asking twice is asking
 * once. Returns the files that were not asked for before.
 */
export async function requestReplay(directory: string, output: string): Promise<number[]> {
  const folder = path.join(directory, fileNameOf(output))
  const asked: number[] = []
  for (const number of await fileNumbers(folder)) {
    try {
      const marker = await open(path.join(folder, `${number}.replay`), 'wx')
      await marker.close()
      asked.push(number)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }
  return asked
}

/** The name of an output as a file name. */
export function fileNameOf(output: string): string {
  const name = encodeURIComponent(output)
  return name === '.' || name === '..' ? name.replaceAll('.', '%2E') : name
}

export async function fileNumbers(folder: string): Promise<number[]> {
  const found = (await names(folder)).flatMap((name) => /^(\d+)\.jsonl$/.exec(name)?.[1] ?? [])
  return found.map(Number).sort((a, b) => a - b)
}

async function names(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return []
    throw error
  }
}
