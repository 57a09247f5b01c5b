/**
 * The order in which files are read: each a few blocks at a time, one after the other, those that are rotated or deleted
 * first. A turn reads a bounded number of bytes and gives way to the outputs; it ends with a commit.
 */
import { tellWork } from '../../lib/compilers.ts'
import type { Ingest } from '../../plugin/input.ts'
import type { Log } from '../../plugin/context.ts'
import { ACTIVE, RETIRED, type Followed } from './followed.ts'
import type { Follower } from './follower.ts'
import { JoinerHandler } from './handlers.ts'
import { headMatches } from './identity.ts'
import type { Joins } from './joins.ts'
import type { Lines } from './lines.ts'
import { BLOCK_SIZE, END, MORE, REPLACED, type Outcome, type PlainReader } from './plain-reader.ts'

/**
 * Blocks that one file is read before the next one's turn. More of them make frames, and so requests, of fewer streams
 * each; a quiet file waits for all others.
 */
const BLOCKS = 4
/** Bytes of a turn: some 10 ms of work. */
const TURN = 16 * BLOCK_SIZE
/** Least time between two turns when there is nothing left to read, so that many small writes share a turn. */
const PAUSE = 5
/** Milliseconds that lines wait for others at most before their frame is closed. */
const GATHER = 15

export class Sweep {
  readonly #ingest: Ingest
  readonly #reader: PlainReader
  readonly #lines: Lines
  readonly #joins: Joins | null
  readonly #log: Log
  readonly #turnBytes: number
  readonly #idle: () => void
  #follower: Follower | null = null
  #queue: Followed[] = []
  #urgent: Followed[] = []
  #scheduled = false
  #blocked = false
  #stopped = false
  #committedAt = 0
  #endedAt = 0
  /** Bytes read at which the turn ends. */
  #turnEnd = Infinity

  /** `idle` is called when all that is known is read. */
  constructor(
    ingest: Ingest, reader: PlainReader, lines: Lines, joins: Joins | null, log: Log, turnBytes: number, idle: () => void
  ) {
    this.#ingest = ingest
    this.#reader = reader
    this.#lines = lines
    this.#joins = joins
    this.#log = log
    this.#turnBytes = Math.min(TURN, turnBytes)
    this.#idle = idle
  }

  attach(follower: Follower): void {
    this.#follower = follower
  }

  /** Says that a file may have something to read. */
  wake(file: Followed): void {
    if (file.queued || this.#stopped) return
    this.#enqueue(file)
    this.schedule()
  }

  schedule(): void {
    if (this.#scheduled || this.#blocked || this.#stopped) return
    this.#scheduled = true
    const wait = this.#endedAt + PAUSE - performance.now()
    if (wait > 1) setTimeout(() => this.#turn(), wait)
    else setImmediate(() => this.#turn())
  }

  get empty(): boolean {
    return this.#queue.length === 0 && this.#urgent.length === 0
  }

  /** Reads retired files to their end while there is room and time, then nothing more. */
  async stop(deadline: number): Promise<void> {
    this.#stopped = true
    this.#turnEnd = Infinity
    const retired = [...this.#follower!.retired]
    for (const file of retired) {
      file.queued = true
      const mayGoOn = (): boolean => this.#read(file) || (file.gz !== null && !file.gz.done)
      while (performance.now() < deadline && this.#ingest.hasRoom() && mayGoOn()) {
        await new Promise(setImmediate)
      }
    }
    this.#ingest.commit()
  }

  #turn(): void {
    this.#scheduled = false
    if (this.#stopped) return
    this.#turnEnd = this.#reader.bytes + this.#turnBytes
    const urgent = this.#urgent
    const queue = this.#queue
    this.#urgent = []
    this.#queue = []
    this.#run(urgent)
    this.#run(queue)
    const now = performance.now()
    // while there is more to read, frames grow: a full one costs no more than a small one
    if (this.empty || this.#blocked || now - this.#committedAt >= GATHER) {
      this.#committedAt = now
      this.#ingest.commit()
    }
    if (this.empty) {
      this.#endedAt = now
      this.#idle()
      if (this.#queue.length + this.#urgent.length > 0) this.schedule()
    } else if (!this.#blocked) {
      this.#scheduled = true
      setImmediate(() => this.#turn())
    }
  }

  /** Reads files in turn until the turn's bytes are spent; the rest waits for the next one. */
  #run(files: Followed[]): void {
    let round = files
    while (round.length > 0) {
      const more: Followed[] = []
      for (const file of round) {
        if (!this.#blocked && !this.#ingest.hasRoom()) this.#block()
        if (this.#blocked || this.#reader.bytes >= this.#turnEnd) this.#enqueue(file)
        else if (this.#read(file)) more.push(file)
      }
      round = more
    }
  }

  #enqueue(file: Followed): void {
    file.queued = true
    if (file.state === ACTIVE) this.#queue.push(file)
    else this.#urgent.push(file)
  }

  #block(): void {
    this.#blocked = true
    this.#ingest.whenRoom(() => {
      this.#blocked = false
      this.schedule()
    })
  }

  /** Reads some blocks of a file. Returns whether there may be more. */
  #read(file: Followed): boolean {
    let outcome: Outcome = END
    file.queued = false
    // paused or behind the file before it, it is woken again
    if (file.paused || this.#mustWait(file)) return false
    try {
      if (!this.#follower!.ensureOpen(file)) return false
      if (file.gz === null && !headMatches(file.fd, file.headLength, file.headSum)) {
        this.#follower!.restart(file)
        return false
      }
      if (file.size > file.offset) tellWork(file.size - file.offset)
      for (let i = 0; i < BLOCKS; i++) {
        const offset = file.offset
        const { stream } = file
        outcome = file.gz === null ? this.#reader.read(file) : file.gz.read(file, this.#lines)
        if (file.offset !== offset || file.stream !== stream) this.#took(file)
        if (outcome !== MORE || this.#reader.bytes >= this.#turnEnd || !this.#ingest.hasRoom()) break
      }
    } catch (error) {
      this.#log.error('A file cannot be read.', { path: file.name, reason: (error as Error).message })
      return false
    }
    if (outcome === REPLACED) {
      this.#follower!.restart(file)
      return false
    }
    if (outcome === END) {
      this.#ended(file)
      return false
    }
    return true
  }

  #mustWait(file: Followed): boolean {
    const before = file.after
    if (before === null) return false
    if (before.state === RETIRED && !before.drained && this.#follower!.retired.has(before)) return true
    file.after = null
    return false
  }

  #took(file: Followed): void {
    file.lastRead = performance.now()
    if (file.handler instanceof JoinerHandler) this.#joins!.touched(file.handler)
    this.#follower!.progressed(file)
  }

  #ended(file: Followed): void {
    if (file.gz !== null) {
      this.#endedGz(file)
      return
    }
    if (file.state === RETIRED && !file.drained) {
      file.drained = true
      this.#follower!.release(file)
    }
    this.#follower!.closeIdle(file)
  }

  #endedGz(file: Followed): void {
    const gz = file.gz!
    if (!gz.done) return
    if (gz.error === null) {
      gz.takeRest(file, this.#lines)
      this.#took(file)
    } else this.#log.warn('A compressed file cannot be read on.', { path: file.name, reason: gz.error.message })
    file.drained = true
    this.#follower!.settle(file)
    this.#follower!.release(file)
  }
}
