/** From frames to batches: the records of one output, cut by its limits, in lanes when it keeps order. */
import type { Limits } from '../plugin/output.ts'
import { Lanes, type LaneStream } from './lanes.ts'
import { Work, streamSlot, type Taken } from './work.ts'

/** No batch is larger, whatever an output allows: it is held in memory. */
const LARGEST = 16 * 1024 * 1024
/** A limit that was learned from refusals for size, or from answers that were late, goes no lower. */
const SMALLEST = 16 * 1024
const SPARE = 8

export class Intake {
  readonly lanes: Lanes
  readonly #output: string
  readonly #sourceOf: (uid: string) => string
  readonly #ordered: boolean
  readonly #most: number
  readonly #maxRecords: number
  /** Bytes of a batch; lower than the output's own limit for a while after one was refused for its size or took too long. */
  #maxBytes: number
  #order = 0
  readonly #spare: Work[] = []
  readonly #slots: (LaneStream | undefined)[] = []
  /** Says that a record needs no sending (it is parked since before the start). Set while there are such records. */
  skips: ((taken: Taken, offset: number) => boolean) | undefined

  /** `sourceOf` tells what keeps its order: the file of a stream, whatever stream it is after a rotation. */
  constructor(output: string, limits: Limits, sourceOf: (uid: string) => string = (uid) => uid) {
    this.#sourceOf = sourceOf
    this.#output = output
    this.#most = this.#maxBytes = Math.min(limits.maxBytes, LARGEST)
    this.#maxRecords = limits.maxRecords
    this.#ordered = limits.ordered && limits.concurrency > 1
    this.lanes = new Lanes(this.#ordered ? limits.concurrency : 1)
  }

  get maxBytes(): number {
    return this.#maxBytes
  }

  /** The destination refused a batch of so many bytes for its size. */
  tooLarge(bytes: number): void {
    this.#maxBytes = Math.max(Math.min(SMALLEST, this.#most), Math.min(this.#maxBytes, bytes >>> 1))
  }

  /** A batch of so many bytes was not answered in time. Returns whether smaller ones are worth a try. */
  tooSlow(bytes: number): boolean {
    if (bytes <= SMALLEST) return false
    this.tooLarge(bytes)
    return true
  }

  /** A batch was accepted: what was learned from refusals for size is forgotten slowly. */
  accepted(): void {
    if (this.#maxBytes < this.#most) this.#maxBytes = Math.min(this.#most, this.#maxBytes + (this.#maxBytes >>> 8) + 1)
  }

  /** A fresh batch. */
  work(): Work {
    return this.#spare.pop() ?? new Work()
  }

  /** Takes back a batch that is over. */
  over(work: Work): void {
    this.lanes.release(work)
    work.reset()
    if (this.#spare.length < SPARE) this.#spare.push(work)
  }

  /**
   * Puts the output's records of the frame into batches: of the lanes (new streams among the first `usable`), or of
   * `aside` when given. A frame without any is settled at once.
   */
  assign(taken: Taken, now: number, usable: number, aside?: Work[]): void {
    const { sections, routes } = taken.frame.directory
    const mine = routes.map((outputs) => outputs.includes(this.#output))
    for (const section of sections) if (mine[section[4]]) taken.records += section[2]
    taken.owed = taken.records
    // One more is owed until all records are assigned, so that a frame is settled only once.
    taken.owed++
    if (this.skips !== undefined && taken.origin.kind === 'queue') this.#assignSome(taken, now, usable, mine, this.skips)
    else {
      for (const section of sections) {
        if (!mine[section[4]]) continue
        const [start, end, , tag] = section
        if (aside !== undefined) this.#fill(aside, -1, taken, start, end, tag, now)
        else if (this.#ordered) this.#fillLanes(taken, start, end, tag, now, usable)
        else this.#fill(this.lanes.lanes[0]!.queue, 0, taken, start, end, tag, now)
      }
    }
    this.#slots.length = 0
    taken.settle(1)
  }

  #assignSome(
    taken: Taken, now: number, usable: number, mine: readonly boolean[], skips: (taken: Taken, offset: number) => boolean
  ): void {
    const { words } = taken.frame
    let skipped = 0
    for (const section of taken.frame.directory.sections) {
      if (!mine[section[4]]) continue
      const [start, end, , tag] = section
      for (let at = start; at < end; at += words[at >>> 2]!) {
        if (skips(taken, at)) skipped++
        else if (this.#ordered) this.#fillLanes(taken, at, at + 1, tag, now, usable)
        else this.#fill(this.lanes.lanes[0]!.queue, 0, taken, at, at + 1, tag, now)
      }
    }
    if (skipped > 0) taken.settle(skipped)
  }

  #fill(queue: Work[], lane: number, taken: Taken, start: number, end: number, tag: number, now: number): void {
    const { words } = taken.frame
    let work = this.#growing(queue, lane, now)
    for (let at = start; at < end; at += words[at >>> 2]!) {
      if (work.add(taken, at, tag, this.#maxBytes, this.#maxRecords)) continue
      work.full = true
      work = this.#growing(queue, lane, now)
      work.add(taken, at, tag, this.#maxBytes, this.#maxRecords)
    }
  }

  #fillLanes(taken: Taken, start: number, end: number, tag: number, now: number, usable: number): void {
    const { words } = taken.frame
    // records of one stream mostly follow each other
    let slot = -1
    let stream: LaneStream | undefined
    let work: Work | undefined
    for (let at = start; at < end; at += words[at >>> 2]!) {
      const next = streamSlot(words, at)
      if (next !== slot || stream === undefined || work === undefined) {
        slot = next
        stream = this.#streamAt(slot, taken, usable)
        work = undefined
      } else if (work.add(taken, at, tag, this.#maxBytes, this.#maxRecords)) continue
      else work.full = true
      const { queue } = this.lanes.lanes[stream.lane]!
      work = this.#growing(queue, stream.lane, now)
      if (!work.add(taken, at, tag, this.#maxBytes, this.#maxRecords)) {
        work.full = true
        work = this.#growing(queue, stream.lane, now)
        work.add(taken, at, tag, this.#maxBytes, this.#maxRecords)
      }
      this.lanes.hold(work, stream)
    }
  }

  /** The stream at this place of the frame's table, bound to a lane. */
  #streamAt(slot: number, { frame }: Taken, usable: number): LaneStream {
    return (this.#slots[slot] ??= this.lanes.bind(this.#sourceOf(frame.streams[slot]!.uid), usable))
  }

  #growing(queue: Work[], lane: number, now: number): Work {
    const last = queue[queue.length - 1]
    if (last !== undefined && !last.full) return last
    const work = this.work()
    work.openedAt = now
    work.lane = lane
    work.order = ++this.#order
    queue.push(work)
    return work
  }
}
