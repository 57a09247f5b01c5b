/** Streams that recovery found, matched to the files that are there now. */
import { sourcePath, type RecoveredStream } from '../../event/stream.ts'
import type { Followed } from './followed.ts'
import { headMatches, isSame, mayBeSame } from './identity.ts'

/** How a file stands to what was followed before. */
export type Match =
  /** It is the stream; go on. */
  | { readonly kind: 'same'; readonly stream: RecoveredStream }
  /** It has the stream's place, but other content: the next generation. */
  | { readonly kind: 'replaced'; readonly stream: RecoveredStream }

export class Recovered {
  readonly #byInode = new Map<string, RecoveredStream[]>()
  /** Earlier generations that were never closed. */
  readonly stale: readonly RecoveredStream[]
  /** Every path that a file was followed under. */
  readonly #paths: ReadonlySet<string>

  constructor(streams: readonly RecoveredStream[]) {
    this.#paths = new Set(streams.flatMap(({ identity }) => [identity.path, sourcePath(identity)]))
    const newest = new Map<string, RecoveredStream>()
    for (const stream of streams) {
      const known = newest.get(stream.uid)
      if (known === undefined || known.generation < stream.generation) newest.set(stream.uid, stream)
    }
    this.stale = streams.filter((stream) => !stream.closed && newest.get(stream.uid) !== stream)
    for (const stream of newest.values()) {
      const inode = String(stream.identity.marks['inode'] ?? '')
      const others = this.#byInode.get(inode)
      if (others === undefined) this.#byInode.set(inode, [stream])
      else others.push(stream)
    }
    // who has read further comes first
    for (const others of this.#byInode.values()) others.sort((a, b) => endOf(b) - endOf(a))
  }

  /** Whether a file was ever followed under this path, as far as streams are remembered. */
  knows(path: string): boolean {
    return this.#paths.has(path)
  }

  /** Whether a file with this inode was followed. */
  has(inode: string): boolean {
    return this.#byInode.has(inode)
  }

  /** The stream of an open file, if it was followed before; it is not given again. */
  take(file: Followed): Match | null {
    const { device, inode, path } = file
    for (const stream of this.#byInode.get(inode) ?? []) {
      const { marks } = stream.identity
      // device numbers may change at a restart of the machine
      if (marks['device'] !== device && (stream.identity.path !== path || Number(marks['head'] ?? 0) === 0)) continue
      const match = compare(stream, file)
      if (match !== null) {
        this.#remove(inode, stream)
        return match
      }
    }
    return null
  }

  /** Takes a stream back, to be found by another file. */
  giveBack(stream: RecoveredStream): void {
    const inode = String(stream.identity.marks['inode'] ?? '')
    this.#byInode.set(inode, [...(this.#byInode.get(inode) ?? []), stream])
  }

  /** The first stream, open or closed, that `fits`; it is not given again. */
  takeFitting(fits: (stream: RecoveredStream) => boolean): Match | null {
    for (const [inode, streams] of this.#byInode) {
      const stream = streams.find(fits)
      if (stream === undefined) continue
      this.#remove(inode, stream)
      return { kind: 'same', stream }
    }
    return null
  }

  /** Streams that no file was found for, still open; each is given once. Closed ones are known on. */
  rest(): RecoveredStream[] {
    const rest = [...this.#byInode.values()].flat().filter((stream) => !stream.closed)
    for (const stream of rest) this.#remove(String(stream.identity.marks['inode'] ?? ''), stream)
    return rest
  }

  #remove(inode: string, stream: RecoveredStream): void {
    const others = this.#byInode.get(inode)!.filter((other) => other !== stream)
    if (others.length === 0) this.#byInode.delete(inode)
    else this.#byInode.set(inode, others)
  }
}

/** Behind the last covered byte. */
export function endOf(stream: RecoveredStream): number {
  return stream.covered.at(-1)?.[1] ?? 0
}

/** How an open file with the stream's inode stands to it; null when it is another file that was given the inode. */
export function compare(stream: RecoveredStream, file: Followed): Match | null {
  const { marks, path } = stream.identity
  const born = String(marks['born'] ?? '0')
  if (!mayBeSame(file.born, born) || !mayBeSame(file.born, String(marks['made'] ?? '0'))) return null
  const head = Number(marks['head'] ?? 0)
  const end = endOf(stream)
  const known = isSame(file.born, born) || path === file.name
  // of an empty file nothing was taken, so that whatever is there now is to be read
  if (head > 0 ? headMatches(file.fd, head, Number(marks['sum'])) : known || end === 0) {
    if (file.size >= end || file.compressed) return { kind: 'same', stream }
  }
  return known ? { kind: 'replaced', stream } : null
}

/** Lets a file go on where its stream was left: holes first, then what follows the last covered byte. */
export function resumeRanges(file: Followed, covered: RecoveredStream['covered']): void {
  file.holes = []
  let end = 0
  for (const [from, to] of covered) {
    if (from > end) file.holes.push([end, from])
    end = to
  }
  file.resumeAt = end
  file.nextRange()
}
