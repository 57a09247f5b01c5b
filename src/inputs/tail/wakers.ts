/**
 * What wakes a file: a notice of the file system for each followed file, and below it as a net a round that looks at
 * every file now and then. Where notices do not work, the round is all there is.
 */
import { watch } from 'node:fs'
import type { Log } from '../../plugin/context.ts'
import { ACTIVE, RETIRED, type Followed } from './followed.ts'
import type { Follower } from './follower.ts'
import type { PlainReader } from './plain-reader.ts'
import type { Ingest } from '../../plugin/input.ts'
import type { Sweep } from './sweep.ts'

/** Notices asked for at most; files beyond are looked at in the round. */
const WATCH_LIMIT = 4_096
/** A file with notices is looked at this many times less often than one without. */
const TRUST = 5
/** How often files are looked at where there are no notices. */
const POLL = 250
const ROUND = 1_000
/** How soon, how often and how long a path is looked at whose file went away. */
const VACANT_STEPS = [5, 10, 20, 40, 80, 160, 320, 640]
const VACANT_FOR = 60_000

export interface WakerOptions {
  readonly notices: boolean
  /** Milliseconds between two looks at a file without notices, and at a symbolic link. */
  readonly progress: number
  readonly links: number
  readonly rotateWait: number
  /** Files not changed for longer are closed; 0 for never. */
  readonly closeOlder: number
  /** Bytes that only our descriptors keep may take up. */
  readonly deletedLimit: number
  readonly log: Log
}

export class Wakers {
  readonly #options: WakerOptions
  readonly #follower: Follower
  readonly #sweep: Sweep
  readonly #reader: PlainReader
  readonly #ingest: Ingest
  #watched = 0
  #notices: boolean
  #timer: NodeJS.Timeout | null = null
  #vacantTimer: NodeJS.Timeout | null = null
  #vacantStep = 0

  constructor(
    options: WakerOptions,
    parts: {
      readonly follower: Follower
      readonly sweep: Sweep
      readonly reader: PlainReader
      readonly ingest: Ingest
    }
  ) {
    this.#options = options
    this.#follower = parts.follower
    this.#sweep = parts.sweep
    this.#reader = parts.reader
    this.#ingest = parts.ingest
    this.#notices = options.notices
  }

  start(): void {
    this.#timer = setInterval(() => this.#round(), this.#options.notices ? Math.min(ROUND, this.#options.progress) : POLL)
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    if (this.#vacantTimer !== null) clearTimeout(this.#vacantTimer)
  }

  /** Asks for notices about a file. */
  watch(file: Followed): void {
    if (!this.#notices || this.#watched >= WATCH_LIMIT) return
    try {
      const watcher = watch(file.name, { persistent: false }, (event) => this.#noticed(file, event))
      file.watcher = watcher
      this.#watched++
      watcher.on('close', () => this.#watched--)
      watcher.on('error', () => file.unwatch())
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'ENOENT') return
      this.#notices = false
      this.#options.log.warn('No more notices of the file system are to be had, so files are looked at in turn.', {
        files: this.#watched, reason: code
      })
    }
  }

  #noticed(file: Followed, event: string): void {
    this.#sweep.wake(file)
    if (event !== 'rename' || file.state !== ACTIVE) return
    this.#follower.check(file)
    if (this.#follower.vacant.size > 0) this.#lookSoon()
  }

  #lookSoon(): void {
    if (this.#vacantTimer !== null) clearTimeout(this.#vacantTimer)
    this.#vacantStep = 0
    this.#vacantTimer = setTimeout(() => this.#lookAtVacant(), VACANT_STEPS[0])
  }

  #lookAtVacant(): void {
    this.#vacantTimer = null
    const now = performance.now()
    for (const [path, { since }] of this.#follower.vacant) {
      if (now - since > VACANT_FOR) this.#follower.vacant.delete(path)
      else this.#follower.found(path)
    }
    if (this.#follower.vacant.size === 0 || ++this.#vacantStep >= VACANT_STEPS.length) return
    this.#vacantTimer = setTimeout(() => this.#lookAtVacant(), VACANT_STEPS[this.#vacantStep])
  }

  #round(): void {
    const now = performance.now()
    const { progress, links, closeOlder } = this.#options
    const follower = this.#follower
    for (const file of follower.files.values()) {
      const pace = !this.#options.notices ? 0 : file.watcher === null ? progress : progress * TRUST
      if (now - file.checkedAt < (file.link ? Math.min(pace, links) : pace) - 1) continue
      follower.check(file)
      if (closeOlder > 0 && file.state === ACTIVE && Date.now() - file.modified > closeOlder) this.#closeOld(file)
    }
    if (follower.vacant.size > 0) this.#lookAtVacant()
    this.#settleRetired(now)
    this.#limitDeleted()
  }

  #closeOld(file: Followed): void {
    if (file.size <= file.scanned && !file.queued && file.gz === null) this.#follower.settle(file)
  }

  /** Gives up files that were read to their end and got nothing more for a while. */
  #settleRetired(now: number): void {
    let settled = false
    for (const file of this.#follower.retired) {
      if (file.queued || file.paused) continue
      const idle = now - Math.max(file.retiredAt, file.lastRead)
      if (file.drained && file.lag <= file.scanned - file.offset && idle >= this.#options.rotateWait) {
        this.settle(file)
        settled = true
      } else this.#sweep.wake(file)
    }
    if (settled) this.#ingest.commit()
  }

  /** Takes the last line, ended or not, of a file that nothing is added to any more, and closes it. */
  settle(file: Followed): void {
    if (file.fd >= 0 && !file.compressed) this.#reader.takeRest(file)
    this.#follower.settle(file)
  }

  /** Gives up the oldest of the bytes that only our descriptors keep, when there are too many. */
  #limitDeleted(): void {
    const deleted = [...this.#follower.retired].filter((file) => file.deleted).sort((a, b) => a.retiredAt - b.retiredAt)
    let bytes = deleted.reduce((sum, file) => sum + file.lag, 0)
    for (const file of deleted) {
      if (bytes <= this.#options.deletedLimit) return
      bytes -= file.lag
      this.#options.log.error('A deleted file is given up before it was read to its end, so that the disk does not fill.', {
        path: file.name, bytes: file.lag
      })
      this.#follower.giveUp(file)
    }
  }
}

/** Bytes of deleted files that are not read yet. */
export function deletedBytes(follower: Follower): number {
  let bytes = 0
  for (const file of follower.retired) if (file.state === RETIRED && file.deleted) bytes += file.lag
  return bytes
}
