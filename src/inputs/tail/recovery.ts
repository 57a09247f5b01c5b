/** Streams that recovery found, matched to the files that are there now. */
import type { RecoveredStream } from '../../event/stream.ts'
import type { Followed } from './followed.ts'
import { headMatches, mayBeSame } from './identity.ts'

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

  constructor(streams: readonly RecoveredStream[]) {
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
  }

  /** The stream of an open file, if it was followed before; it is not given again. */
  take(file: Followed): Match | null {
    const { device, inode, path, fd, size, born } = file
    const candidates = this.#byInode.get(inode)
    if (candidates === undefined) return null
    for (const stream of candidates) {
      const { marks } = stream.identity
      const length = Number(marks['head'] ?? 0)
      // device numbers may change at a restart of the machine
      if (marks['device'] !== device && (stream.identity.path !== path || length === 0)) continue
      const end = stream.covered.at(-1)?.[1] ?? 0
      const same = mayBeSame(born, String(marks['born'] ?? '0'))
        && (length > 0 ? headMatches(fd, length, Number(marks['sum'])) : end === 0 || path === stream.identity.path)
        && (size >= end || file.compressed)
      if (same) return { kind: 'same', stream: this.#remove(inode, stream) }
      if (stream.identity.path === path) return { kind: 'replaced', stream: this.#remove(inode, stream) }
    }
    return null
  }

  /** Streams that no file was found for, still open; each is given once. */
  rest(): RecoveredStream[] {
    const rest = [...this.#byInode.values()].flat().filter((stream) => !stream.closed)
    this.#byInode.clear()
    return rest
  }

  #remove(inode: string, stream: RecoveredStream): RecoveredStream {
    const others = this.#byInode.get(inode)!.filter((other) => other !== stream)
    if (others.length === 0) this.#byInode.delete(inode)
    else this.#byInode.set(inode, others)
    return stream
  }
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
