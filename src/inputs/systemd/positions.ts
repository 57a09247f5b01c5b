/** How far each numbering of entries (files with one seqnum id) is read, and where to begin with one that is new. */
import type { Counter, Log } from '../../plugin/context.ts'
import type { Ingest } from '../../plugin/input.ts'
import type { RecoveredStream, Stream } from '../../event/stream.ts'
import type { Cursor } from './fluent-bit-cursor.ts'
import type { JournalFile } from './journal-file.ts'

/** A numbering that is read: the stream whose positions are the numbers of its entries. */
export class Numbering {
  readonly stream: Stream
  /** Everything before is dealt with. */
  next: number
  /** Ranges from there on that are dealt with too, ascending: what lies between them is read again. */
  readonly #ahead: (readonly [from: number, to: number])[]

  constructor(stream: Stream, next: number, ahead: readonly (readonly [number, number])[] = []) {
    this.stream = stream
    this.next = next
    this.#ahead = [...ahead]
  }

  /** Whether an entry is dealt with already. To be asked in the order of the numbers. */
  has(seqnum: number): boolean {
    while (this.#ahead.length > 0 && seqnum >= this.#ahead[0]![0]) {
      const [, to] = this.#ahead.shift()!
      this.next = Math.max(this.next, to)
    }
    return seqnum < this.next
  }
}

export interface PositionOptions {
  readonly input: string
  readonly path: string
  /** Leave out what is there at the very first start. */
  readonly fromTail: boolean
  /** Every entry is taken, so that those that are gone can be counted. */
  readonly takesAll: boolean
}

export class Positions {
  readonly #options: PositionOptions
  readonly #ingest: Ingest
  readonly #log: Log
  readonly #lost: Counter
  readonly #gaps: Counter
  readonly #numberings = new Map<string, Numbering>()
  readonly #recovered = new Map<string, RecoveredStream>()
  #cursor: Cursor | undefined
  /** Nothing of the journal was read before. */
  #fresh: boolean

  constructor(
    options: PositionOptions, ingest: Ingest, log: Log, recovered: readonly RecoveredStream[],
    counters: { readonly lost: Counter; readonly gaps: Counter }
  ) {
    this.#options = options
    this.#ingest = ingest
    this.#log = log
    this.#lost = counters.lost
    this.#gaps = counters.gaps
    for (const stream of recovered) this.#recovered.set(String(stream.identity.marks['seqnum_id']), stream)
    this.#fresh = recovered.length === 0
  }

  /** Takes over where another agent was; only before anything is read. */
  use(cursor: Cursor | undefined): void {
    this.#cursor = cursor
  }

  of(seqnumId: string): Numbering {
    return this.#numberings.get(seqnumId)!
  }

  /** Puts files that were just opened where they are to be read from; `all` are all that are open. */
  place(opened: readonly JournalFile[], all: Iterable<JournalFile>): void {
    const files = Map.groupBy([...all].filter((file) => file.entries > 0), (file) => file.seqnumId)
    for (const file of opened) {
      const numbering = this.#numberings.get(file.seqnumId) ?? this.#begin(file.seqnumId, files.get(file.seqnumId) ?? [])
      file.seek(numbering.next)
    }
    if (opened.length === 0) return
    this.#fresh = false
    for (const [seqnumId, stream] of this.#recovered) {
      this.#recovered.delete(seqnumId)
      if (!stream.closed) this.#gone(stream)
    }
  }

  /** Entries that nobody has read and that are not filtered out, as the last look at the headers tells. */
  lag(files: Iterable<JournalFile>): number {
    let lag = 0
    for (const [seqnumId, group] of Map.groupBy(files, (file) => file.seqnumId)) {
      const tail = Math.max(...group.map((file) => file.tailSeqnum))
      lag += Math.max(0, tail + 1 - (this.#numberings.get(seqnumId)?.next ?? 0))
    }
    return lag
  }

  #begin(seqnumId: string, files: readonly JournalFile[]): Numbering {
    const recovered = this.#recovered.get(seqnumId)
    this.#recovered.delete(seqnumId)
    const numbering = recovered === undefined ? this.#new(seqnumId, files) : this.#resume(recovered, files)
    this.#numberings.set(seqnumId, numbering)
    return numbering
  }

  #new(seqnumId: string, files: readonly JournalFile[]): Numbering {
    const { input, path, fromTail } = this.#options
    const stream = this.#ingest.openStream({ input, path, marks: { seqnum_id: seqnumId } })
    let start = 0
    if (this.#fresh) {
      const cursor = this.#cursor
      for (const file of files) {
        if (cursor !== undefined) {
          start = Math.max(start, cursor.seqnumId === seqnumId ? cursor.seqnum + 1 : file.seqnumAfter(cursor.realtime))
        } else if (fromTail) start = Math.max(start, file.tailSeqnum + 1)
      }
    }
    if (start > 0) this.#ingest.cover(stream, 0, start)
    return new Numbering(stream, start)
  }

  #resume({ uid, generation, identity, covered }: RecoveredStream, files: readonly JournalFile[]): Numbering {
    const stream = this.#ingest.resumeStream(uid, generation, identity)
    const next = covered[0]?.[1] ?? 0
    const numbering = new Numbering(stream, next, covered.slice(1))
    if (next > 0) this.#tellGap(numbering, files)
    return numbering
  }

  /** Entries may have been vacuumed away while the agent was stopped. */
  #tellGap(numbering: Numbering, files: readonly JournalFile[]): void {
    const heads = files.filter((file) => file.tailSeqnum >= numbering.next).map((file) => file.headSeqnum)
    const head = Math.min(...heads)
    if (heads.length === 0 || head <= numbering.next) return
    const lost = head - numbering.next
    this.#gaps.value++
    this.#lost.value += lost
    const { takesAll, path } = this.#options
    if (takesAll) {
      this.#ingest.drop('vacuumed', lost)
      this.#ingest.cover(numbering.stream, numbering.next, head)
    }
    this.#log.error(
      takesAll
        ? 'Entries of the journal were deleted before they were read.'
        : 'Entries of the journal were deleted before they were read; how many of them the filters would have taken is not known.',
      { path, entries: lost })
  }

  /** No file of what was read before is left: what followed the last entry that was read, if anything, is not known. */
  #gone(stream: RecoveredStream): void {
    this.#gaps.value++
    this.#log.warn('The journal that was read before is gone; what followed in it, if anything did, was not read.', {
      path: stream.identity.path, last: (stream.covered.at(-1)?.[1] ?? 1) - 1
    })
    this.#ingest.closeStream(this.#ingest.resumeStream(stream.uid, stream.generation, stream.identity))
  }
}
