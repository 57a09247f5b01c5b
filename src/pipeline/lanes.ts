/**
 * Lanes of an output: queues of batches. An output that keeps order has one request under way per lane, and all records
 * of a stream that are on their way are in one lane. A stream is bound to a lane only while it has records there, so
 * that a quiet agent uses one lane and a busy one as many as it may. An output without order has one lane from which
 * any number of batches goes out.
 */
import type { Work } from './work.ts'

/** A stream with records on their way. */
export class LaneStream {
  readonly source: string
  lane = 0
  /** Batches that hold records of it, and the last one of them. */
  batches = 0
  last: Work | undefined

  constructor(source: string) {
    this.source = source
  }
}

export interface Lane {
  /** Batches in order; the last one may still grow. */
  readonly queue: Work[]
  active: number
}

export class Lanes {
  readonly lanes: Lane[] = []
  readonly #streams = new Map<string, LaneStream>()

  constructor(count: number) {
    for (let i = 0; i < count; i++) this.lanes.push({ queue: [], active: 0 })
  }

  /** Puts a batch back into its lane, before those that were cut later. */
  putBack(work: Work): void {
    const { queue } = this.lanes[work.lane]!
    let at = 0
    while (at < queue.length && queue[at]!.order < work.order) at++
    queue.splice(at, 0, work)
  }

  /** The stream's lane, chosen among the first `usable` when it has none. */
  bind(source: string, usable: number): LaneStream {
    const known = this.#streams.get(source)
    if (known !== undefined) return known
    const stream = new LaneStream(source)
    stream.lane = this.#freest(usable)
    this.#streams.set(source, stream)
    return stream
  }

  /** The lane that gathers already, else one with nothing under way, else the shortest. */
  #freest(usable: number): number {
    let best = 0
    let least = Infinity
    for (let i = 0; i < usable && i < this.lanes.length; i++) {
      const { active, queue } = this.lanes[i]!
      const last = queue[queue.length - 1]
      const gathers = active === 0 && last !== undefined && !last.full
      const load = gathers ? queue.length - 1.5 : active + queue.length
      if (load < least) {
        least = load
        best = i
      }
    }
    return best
  }

  /** Says that `work` holds records of the stream. */
  hold(work: Work, stream: LaneStream): void {
    if (stream.last === work) return
    stream.last = work
    stream.batches++
    work.streams.push(stream)
  }

  /** `part` holds records of the same streams as `whole`, or of some of them. */
  share(whole: Work, part: Work): void {
    for (const stream of whole.streams) {
      part.streams.push(stream)
      stream.batches++
    }
  }

  /** The batch is over: its streams are free when nothing else holds them. */
  release(work: Work): void {
    for (const stream of work.streams) {
      if (stream.last === work) stream.last = undefined
      if (--stream.batches === 0) this.#streams.delete(stream.source)
    }
    work.streams.length = 0
  }
}
