/**
 * Sends dead letters again, to the output that refused them. A file that is asked for (`<n>.replay` beside it, see
 * dead-letters.ts) is read in pieces; after each piece the marker says in bytes how far it is done, and at the end both
 * files are removed. A restart goes on where the marker says, so that at most one piece is repeated.
 */
import { open, readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Frame } from '../buffer/frame.ts'
import type { Log } from '../plugin/context.ts'
import { fileNumbers, type DeadLetters } from './dead-letters.ts'
import { exists } from '../lib/durable-file.ts'
import { readLetter, type DeadLetter } from './letter.ts'
import { RecordFrame } from './record-frame.ts'

/** Bytes of a file that are read at once. A letter is longer only when a single record is. */
const PIECE = 512 * 1024
/** Milliseconds between looks for markers. */
const LOOK = 5000

export interface ReplayPiece {
  readonly frame: Frame
  readonly number: number
  /** Offset in the file behind the piece. */
  readonly end: number
}

export class Replay {
  readonly #letters: DeadLetters
  readonly #output: string
  readonly #log: Log
  #sequence = 1
  #closed = false
  /** Monotonic milliseconds of the next look; a piece under way puts it off. */
  nextLook = 0

  constructor(letters: DeadLetters, output: string, log: Log) {
    this.#letters = letters
    this.#output = output
    this.#log = log
  }

  /** The next piece to be sent; undefined when nothing is asked for. */
  async next(now: number): Promise<ReplayPiece | undefined> {
    this.nextLook = now + LOOK
    if (this.#closed) return undefined
    try {
      for (const number of await fileNumbers(this.#letters.directory)) {
        if (!(await exists(this.#path(number, 'replay')))) continue
        await this.#letters.leave(number)
        const piece = await this.#read(number)
        if (piece === undefined) continue
        this.nextLook = Infinity
        return piece
      }
    } catch (error) {
      this.#log.error(`cannot read dead letters again: ${String(error)}`)
    }
    return undefined
  }

  /** The piece from where the marker says; undefined, and the file is removed, when there is none left. */
  async #read(number: number): Promise<ReplayPiece | undefined> {
    const from = Number(await readFile(this.#path(number, 'replay'), 'utf8')) || 0
    const lines = await readLines(this.#path(number, 'jsonl'), from)
    if (lines === undefined) {
      await rm(this.#path(number, 'jsonl'), { force: true })
      await rm(this.#path(number, 'replay'), { force: true })
      return undefined
    }
    const made = new RecordFrame(this.#output)
    for (const line of lines.text.split('\n')) {
      const letter = line === '' ? undefined : readLetter(line)
      if (letter !== undefined) addLetter(made, letter)
      else if (line !== '') this.#log.error(`a line of ${this.#path(number, 'jsonl')} is no dead letter and is left out`)
    }
    const piece = { frame: made.finish(this.#sequence++), number, end: lines.end }
    if (made.records > 0) return piece
    await this.settle(piece)
    return this.#read(number)
  }

  /** Everything in the piece was delivered or has become a new dead letter. */
  async settle({ number, end }: ReplayPiece): Promise<void> {
    try {
      const marker = this.#path(number, 'replay')
      await writeFile(`${marker}.new`, String(end))
      await rename(`${marker}.new`, marker)
    } catch (error) {
      this.#log.error(`cannot write how far dead letters are sent again: ${String(error)}`)
    }
    this.nextLook = 0
  }

  close(): Promise<void> {
    this.#closed = true
    return Promise.resolve()
  }

  #path(number: number, kind: 'jsonl' | 'replay'): string {
    return path.join(this.#letters.directory, `${number}.${kind}`)
  }
}

/** Whole lines from `from` on, about a piece of them; undefined at the end of the file. */
async function readLines(file: string, from: number): Promise<{ readonly text: string; readonly end: number } | undefined> {
  const handle = await open(file, 'r')
  try {
    for (let length = PIECE; ; length *= 2) {
      const bytes = Buffer.alloc(length)
      const { bytesRead } = await handle.read(bytes, 0, length, from)
      const end = bytes.lastIndexOf(10, bytesRead - 1) + 1
      if (bytesRead > 0 && end > 0) return { text: bytes.toString('utf8', 0, end), end: from + end }
      if (bytesRead < length) return undefined
    }
  } finally {
    await handle.close()
  }
}

function addLetter(made: RecordFrame, letter: DeadLetter): void {
  const seconds = Math.floor(Date.parse(`${letter.time.slice(0, 19)}Z`) / 1000)
  const nanos = Number(letter.time.slice(20, 29))
  const metadata = letter.metadata === undefined ? '' : JSON.stringify(letter.metadata)
  made.addText(letter.tag, { ...letter.stream, seconds, nanos }, metadata, letter.record)
}
