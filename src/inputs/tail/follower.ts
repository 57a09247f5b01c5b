/** The files that are followed: opened, renamed, replaced, deleted, given up. */
import { closeSync, fstatSync } from 'node:fs'
import type { InputContext } from '../../plugin/input.ts'
import type { Counter } from '../../plugin/context.ts'
import { Beginnings, type BeginningOptions } from './beginnings.ts'
import { Descriptors, GONE, LATER, leadsTo, look } from './descriptors.ts'
import type { MakerOptions } from './file-maker.ts'
import { ACTIVE, type Followed, RETIRED, SETTLED, identityKey } from './followed.ts'
import { GzSource } from './gz-source.ts'
import { birth, growHead, headMatches, identityOf } from './identity.ts'
import { Opener } from './opener.ts'
import { Recovered, resumeRanges } from './recovery.ts'
import { adoptRotated, type Moved } from './restart.ts'
import { followBetween, followUnseen, type Rotations } from './rotated.ts'
import { basesOf, countLines } from './search.ts'

export interface FollowerOptions extends MakerOptions, BeginningOptions {
  /** Files kept open at most, beside those with unread bytes. */
  readonly openLimit: number
}

export class Follower {
  readonly files = new Map<string, Followed>()
  readonly byPath = new Map<string, Followed>()
  /** Files that no pattern leads to any more, or that are read to their end. */
  readonly retired = new Set<Followed>()
  /** Paths whose file went away a short while ago: since when, and the file. */
  readonly vacant = new Map<string, { readonly since: number; readonly file: Followed }>()
  /** While the very first look is taken. */
  firstScan = true
  /** Bytes that were there and can never be read. */
  readonly lost: Counter
  readonly #context: InputContext
  readonly #options: FollowerOptions
  readonly #recovered: Recovered
  readonly #wake: (file: Followed) => void
  readonly #beginnings: Beginnings
  /** Files that the first look after a restart found under another name than that they were first followed under. */
  #moved: Moved[] = []
  /** Paths of files that nothing is known of; they wait until those that are known are in order. */
  #unknown: string[] | null
  readonly #descriptors: Descriptors
  readonly #seam: Rotations = {
    openAs: (...found) => this.#opener.openAs(...found),
    retire: (file) => this.retire(file),
    retireRenamed: (file) => {
      this.retire(file)
      this.byPath.set(file.name, file)
    }
  }
  readonly #opener: Opener
  readonly #closedCount: Counter
  readonly #rotated: Counter

  constructor(
    context: InputContext, options: FollowerOptions, wake: (file: Followed) => void, watch: (file: Followed) => void
  ) {
    this.#context = context
    this.#options = options
    this.#descriptors = new Descriptors(options.openLimit, () => {
      for (const file of this.files.values()) this.closeIdle(file)
    })
    this.#beginnings = new Beginnings(options)
    this.#recovered = new Recovered(context.recovered)
    this.#unknown = context.firstStart ? null : []
    this.#wake = wake
    const { meter } = context
    const opened = meter.counter('fluentbit_input_files_opened_total')
    this.#opener = new Opener(context, options, {
      files: this.files,
      byPath: this.byPath,
      recovered: this.#recovered,
      beginnings: this.#beginnings,
      descriptors: this.#descriptors,
      isFirstStart: () => this.firstScan && context.firstStart,
      isFirstScan: () => this.firstScan,
      moved: (file, stream) => void (this.#unknown !== null && this.#moved.push({ file, stream })),
      gone: (file) => this.#forgetUnread(file),
      wake,
      followed: (file) => {
        opened.value++
        if (!file.compressed) watch(file)
        this.closeIdle(file)
        wake(file)
      }
    })
    this.#closedCount = meter.counter('fluentbit_input_files_closed_total')
    this.#rotated = meter.counter('fluentbit_input_files_rotated_total')
    this.lost = meter.counter('fantail_tail_lost_bytes_total')
  }

  /** Takes note of a path that matches a pattern. */
  found(path: string): void {
    const current = this.byPath.get(path)
    const stats = look(path)
    if (stats === null) {
      if (current !== undefined) this.missing(path)
      return
    }
    if (!stats.isFile()) return
    const key = identityKey(String(stats.dev), String(stats.ino))
    if (current !== undefined && identityKey(current.device, current.inode) === key) {
      this.#seen(current, Number(stats.size), Number(stats.mtimeMs))
      return
    }
    const known = this.#knownBy(key, path)
    if (known !== undefined && this.#isAlias(known, path, key)) return
    if (current === undefined && known === undefined) {
      if (this.#beginnings.isTooOld(path, stats) || this.#mustWait(path, String(stats.ino))) return
      if (!this.firstScan) this.#lookAtBases(path)
      // it may have been met as one that was rotated
      if (this.files.has(key)) {
        this.found(path)
        return
      }
    }
    if (current !== undefined) this.retire(current)
    const before = current ?? this.vacant.get(path)?.file ?? null
    this.vacant.delete(path)
    if (known !== undefined) this.#renamed(known, path)
    else {
      // a link may be switched on at any instant: all that follows is about what it leads to now
      const target = leadsTo(path)
      this.#opener.open(path, target, before === null ? this.#unseen(path, target) : followBetween(before, target, this.#seam))
    }
  }

  /** The file that has this inode, unless it was deleted while it was closed and its inode given to the one at `path`. */
  #knownBy(key: string, path: string): Followed | undefined {
    const known = this.files.get(key)
    if (known !== undefined && this.#descriptors.isTakenBy(path, known)) this.#forgetUnread(known)
    return this.files.get(key)
  }

  #mustWait(path: string, inode: string): boolean {
    if (this.#unknown === null || this.#recovered.has(inode)) return false
    this.#unknown.push(path)
    return true
  }

  /** What is found under the new name of a path that is followed is put behind the files that had the path before. */
  #lookAtBases(path: string): void {
    for (const base of basesOf(path)) {
      if (this.byPath.has(base) || this.vacant.has(base)) this.found(base)
      const vacant = this.vacant.get(base)
      if (vacant !== undefined) this.vacant.set(base, { ...vacant, file: followBetween(vacant.file, base, this.#seam) })
    }
  }

  #unseen(path: string, target: string): Followed | null {
    const isUnseen = this.firstScan && !this.#context.firstStart && !this.#recovered.knows(path)
    return isUnseen ? followUnseen(path, target, this.#seam) : null
  }

  /** Takes note that a path that is followed leads nowhere. */
  missing(path: string): void {
    const file = this.byPath.get(path)
    if (file === undefined || look(path) !== null) return
    this.retire(file)
    this.vacant.set(path, { since: performance.now(), file })
  }

  /** Looks whether the file's name still leads to it, and whether it has grown. */
  check(file: Followed): void {
    file.checkedAt = performance.now()
    if (this.byPath.get(file.name) === file) {
      this.found(file.name)
      return
    }
    if (file.fd >= 0) {
      const stats = fstatSync(file.fd)
      file.deleted = stats.nlink === 0
      this.#seen(file, stats.size, stats.mtimeMs)
    }
  }

  /** Its path is gone or another file's: it is to be read to its end. */
  retire(file: Followed): void {
    if (this.byPath.get(file.name) === file) this.byPath.delete(file.name)
    this.retired.add(file)
    if (file.state === ACTIVE) {
      this.#rotated.value++
      file.retiredAt = performance.now()
    }
    file.state = RETIRED
    if (!file.drained) this.#wake(file)
  }

  /** Opens a file that was closed while idle. False: it cannot be read now, or never again. */
  ensureOpen(file: Followed): boolean {
    if (file.gz !== null) return true
    if (file.fd < 0 && !this.#reopen(file)) return false
    if (file.compressed) file.gz = new GzSource(this.#descriptors.give(file), () => this.#wake(file))
    return true
  }

  #reopen(file: Followed): boolean {
    const fd = this.#descriptors.reopen(file)
    if (fd === LATER) return false
    if (fd === GONE) {
      this.#forgetUnread(file)
      return false
    }
    file.fd = fd
    this.#descriptors.open++
    if (!headMatches(fd, file.headLength, file.headSum)) {
      // the inode was given to another file
      const path = file.name
      this.forget(file)
      this.found(path)
      return false
    }
    return true
  }

  /** The file was replaced in place: it begins anew. */
  restart(file: Followed): void {
    const { ingest } = this.#context
    const unread = file.scanned > file.offset
    this.#context.log.info('A file was truncated, so it is read from its beginning.', { path: file.name })
    if (unread) ingest.drop('truncated', 1)
    const size = fstatSync(file.fd).size
    // a size from before the file shrank tells how much was there
    const end = Math.max(file.scanned, file.shrunkFrom, size < file.size ? file.size : 0)
    this.lost.value += end - file.offset
    const old = file.stream
    file.headLength = 0
    file.stream = ingest.resumeStream(old.uid, old.generation + 1, identityOf(this.#context.name, file))
    ingest.closeStream(old)
    file.size = size
    file.shrunkFrom = 0
    resumeRanges(file, [])
    this.#wake(file)
  }

  /** To be called after lines of the file were taken. */
  progressed(file: Followed): void {
    if (!growHead(file)) return
    // a file that was just made when it was opened had not changed since its creation
    if (file.born === '0') file.born = birth(fstatSync(file.fd, { bigint: true }))
    file.stream.identity = identityOf(this.#context.name, file)
    this.#context.ingest.identityChanged(file.stream)
  }

  /** A retired file is read to its end for good. */
  settle(file: Followed): void {
    this.retired.delete(file)
    this.#descriptors.close(file)
    file.gz?.destroy()
    file.gz = null
    if (this.byPath.get(file.name) === file) {
      file.state = SETTLED
      file.unwatch()
    } else this.forget(file, file.offset)
  }

  /** Gives a file up with bytes that were not read. */
  giveUp(file: Followed): void {
    this.lost.value += file.lag
    this.#context.ingest.drop('rotated_away', countLines(file))
    this.forget(file)
  }

  /** Closes a file that is idle, to be opened again when it grows. */
  closeIdle(file: Followed): void {
    if (this.#descriptors.open > this.#descriptors.limit && file.state === ACTIVE && file.gz === null) this.#descriptors.close(file)
  }

  /** Nothing more will come from it; it was taken up to `end`, if that is all of it. */
  forget(file: Followed, end = 0): void {
    this.#descriptors.close(file)
    file.close(closeSync)
    this.retired.delete(file)
    const key = identityKey(file.device, file.inode)
    if (this.files.get(key) === file) {
      this.files.delete(key)
      this.#closedCount.value++
      this.#options.joins?.release(file.path)
    }
    if (this.byPath.get(file.name) === file) this.byPath.delete(file.name)
    this.#context.ingest.closeStream(file.stream, end)
    this.#beginnings.forgotten(file)
    this.release(file)
  }

  /** Lets the file that waits for this one go on: the one that has its path now, or one that was rotated after it. */
  release(file: Followed): void {
    const current = this.byPath.get(file.path)
    const next = current?.after === file ? current : [...this.files.values()].find((other) => other.after === file)
    if (next === undefined) return
    next.after = null
    this.#wake(next)
  }

  /** The first look is done: see restart.ts. */
  adoptRotated(): void {
    adoptRotated(this.#context.ingest, this.#recovered, {
      byPath: this.byPath,
      moved: this.#moved,
      vacate: (path, file) => this.vacant.set(path, { since: performance.now(), file }),
      lost: this.lost
    }, this.#seam)
    this.#moved = []
    const unknown = this.#unknown ?? []
    this.#unknown = null
    for (const path of unknown) this.found(path)
    this.firstScan = false
  }

  closeAll(): void {
    for (const file of this.files.values()) file.close(closeSync)
  }

  #seen(file: Followed, size: number, modified: number): void {
    const changed = size !== file.size || modified !== file.modified
    if (size < file.size) file.shrunkFrom = Math.max(file.shrunkFrom, file.size)
    file.size = size
    file.modified = modified
    if (file.compressed) {
      if (changed && file.gz === null) this.#wake(file)
    } else if (size !== file.scanned || (changed && file.fd < 0)) {
      if (file.state === SETTLED) {
        file.state = RETIRED
        file.drained = false
        this.retired.add(file)
      }
      this.#wake(file)
    }
  }

  /** Whether a file known under another path is there still, so that this is a second name for it. */
  #isAlias(known: Followed, path: string, key: string): boolean {
    if (this.byPath.get(known.name) !== known || known.name === path) return false
    const stats = look(known.name)
    if (stats !== null && identityKey(String(stats.dev), String(stats.ino)) === key) return true
    this.vacant.set(known.name, { since: performance.now(), file: known })
    this.retire(known)
    return false
  }

  #renamed(file: Followed, path: string): void {
    file.name = path
    this.byPath.set(path, file)
    file.stream.identity = identityOf(this.#context.name, file)
    this.#context.ingest.identityChanged(file.stream)
    this.#wake(file)
  }

  #forgetUnread(file: Followed): void {
    if (file.size > file.offset && !file.compressed) {
      const bytes = file.size - file.offset
      this.lost.value += bytes
      this.#context.log.error('A file is gone before it was read to its end.', { path: file.name, bytes })
    }
    if (file.scanned > file.offset) this.#context.ingest.drop('rotated_away', 1)
    const path = file.name
    const listed = this.byPath.get(path) === file
    this.forget(file)
    if (listed) this.found(path)
  }
}
