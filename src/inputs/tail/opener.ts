/** Opens files: new ones, those that were followed before the stop, and those that were rotated while nobody looked. */
import { closeSync, fstatSync, type BigIntStats } from 'node:fs'
import { sourcePath, type RecoveredStream } from '../../event/stream.ts'
import type { InputContext } from '../../plugin/input.ts'
import type { Beginnings } from './beginnings.ts'
import { continues, peek, type Content } from './compressed-copy.ts'
import { isMissing, tookInode, type Descriptors } from './descriptors.ts'
import { FileMaker, type MakerOptions } from './file-maker.ts'
import { identityKey, type Followed } from './followed.ts'
import { identityOf } from './identity.ts'
import type { Joins } from './joins.ts'
import { compare, resumeRanges, type Match, type Recovered } from './recovery.ts'
import { wasRotatedAway } from './rotated.ts'

/** What the follower knows, and what it does with a file that was opened. */
export interface Known {
  readonly files: Map<string, Followed>
  readonly byPath: Map<string, Followed>
  readonly recovered: Recovered
  readonly beginnings: Beginnings
  readonly descriptors: Descriptors
  /** Nothing was ever followed, and the very first look is taken. */
  isFirstStart(): boolean
  isFirstScan(): boolean
  /** A file was found under another name than the one it was first followed under. */
  moved(file: Followed, stream: RecoveredStream): void
  /** A file was deleted while it was closed. */
  gone(file: Followed): void
  wake(file: Followed): void
  followed(file: Followed): void
}

export class Opener {
  readonly #context: InputContext
  readonly #known: Known
  readonly #joins: Joins | null
  readonly #maker: FileMaker

  constructor(context: InputContext, options: MakerOptions, known: Known) {
    this.#context = context
    this.#known = known
    this.#joins = options.joins
    this.#maker = new FileMaker(context, options, (file) => known.wake(file))
  }

  /** Opens what a path of the patterns leads to; it is read after `before`. */
  open(path: string, target: string, before: Followed | null): void {
    let fd: number
    try {
      fd = this.#known.descriptors.openFile(target)
    } catch (error) {
      if (!isMissing(error)) this.#context.log.warn('A file cannot be opened.', { path, reason: (error as Error).message })
      return
    }
    const stats = fstatSync(fd, { bigint: true })
    if (!stats.isFile() || this.#isFollowed(fd, stats)) {
      closeSync(fd)
      return
    }
    let file = this.#maker.make(path, path, target, fd, stats)
    if (file === null) return
    this.#known.descriptors.open++
    const content = file.compressed ? peek(target) : null
    const match = this.#matchNew(file, content)
    if (match === null) {
      file.stream = this.#context.ingest.openStream(identityOf(this.#context.name, file))
      const first = this.#known.isFirstStart()
      const start = content !== null
        ? this.#known.beginnings.ofCompressed(content, first, this.#known.files.values())
        : before !== null || file.compressed ? 0 : this.#known.beginnings.ofPlain(file, first, this.#known.isFirstScan())
      if (start > 0) this.#context.ingest.cover(file.stream, 0, start)
      resumeRanges(file, start > 0 ? [[0, start]] : [])
    } else {
      const first = sourcePath(match.stream.identity)
      if (first !== path && match.kind === 'same') {
        // it keeps its tag, whatever its name is now
        this.#joins?.release(path)
        file = this.#maker.make(first, path, target, fd, stats)
        if (file === null) return
        if (!file.link) file.target = first
        this.#known.moved(file, match.stream)
      }
      this.#resume(file, match)
    }
    this.#known.byPath.set(path, file)
    file.after = before !== null && !before.drained && this.#known.files.has(identityKey(before.device, before.inode)) ? before : null
    this.#follow(file)
  }

  #isFollowed(fd: number, { dev, ino }: BigIntStats): boolean {
    const key = identityKey(String(dev), String(ino))
    const known = this.#known.files.get(key)
    if (known !== undefined && tookInode(fd, known)) this.#known.gone(known)
    return this.#known.files.has(key)
  }

  #matchNew(file: Followed, content: Content | null): Match | null {
    const match = this.#known.recovered.take(file)
    if (match?.kind === 'replaced' && wasRotatedAway(file, match.stream)) {
      // its inode was given to this one
      this.#known.recovered.giveBack(match.stream)
      return null
    }
    if (match !== null || content === null) return match
    return this.#known.recovered.takeFitting((stream) => continues(content, stream))
  }

  /** See `Rotations.openAs`. */
  openAs(place: string, path: string, target: string, stream: RecoveredStream | null, copy = false): Followed | null {
    let fd: number
    try {
      fd = this.#known.descriptors.openFile(place)
    } catch {
      return null
    }
    const stats = fstatSync(fd, { bigint: true })
    if (this.#isFollowed(fd, stats)) {
      closeSync(fd)
      return null
    }
    const first = stream === null ? path : sourcePath(stream.identity)
    const file = this.#maker.make(first, place, place, fd, stats)
    if (file === null) return null
    file.target = target
    this.#known.descriptors.open++
    const content = file.compressed && stream === null ? peek(place) : null
    const match = stream === null ? this.#matchNew(file, content) : copy ? { kind: 'same' as const, stream } : compare(stream, file)
    const isRead = content !== null && match === null && this.#known.beginnings.ofCompressed(content, false, this.#known.files.values()) > 0
    if (isRead || (stream !== null && match === null)) {
      this.#known.descriptors.close(file)
      this.#joins?.release(file.path)
      return null
    }
    if (match === null) {
      file.stream = this.#context.ingest.openStream(identityOf(this.#context.name, file))
      resumeRanges(file, [])
    } else this.#resume(file, match)
    this.#follow(file)
    return file
  }

  /** Lets a file go on with the stream it had. */
  #resume(file: Followed, { kind, stream }: Match): void {
    const { ingest, name } = this.#context
    const { uid, generation, covered, identity } = stream
    if (kind === 'replaced') ingest.closeStream(ingest.resumeStream(uid, generation, identity))
    file.stream = ingest.resumeStream(uid, kind === 'same' ? generation : generation + 1, identityOf(name, file))
    resumeRanges(file, kind === 'same' ? covered : [])
  }

  #follow(file: Followed): void {
    const { files, byPath } = this.#known
    files.set(identityKey(file.device, file.inode), file)
    file.checkedAt = performance.now()
    if (file.name === file.path) byPath.set(file.path, file)
    this.#known.followed(file)
  }
}
