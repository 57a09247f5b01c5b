/**
 * The queue of an output with processors of its own: each frame that is taken becomes one of the output's records as the
 * processors leave them, under the same identities. What they take out is counted as filtered when the frame is done.
 */
import type { Frame } from '../buffer/frame.ts'
import type { OutputQueue } from '../buffer/store.ts'
import { Batch } from '../event/batch.ts'
import { bodyRoom, encodeBody } from '../event/encode.ts'
import { count, type OutputTerms, type Reasons } from '../event/ledger.ts'
import type { Pool } from '../event/pool.ts'
import { Record } from '../event/record.ts'
import { RecordFrame } from './record-frame.ts'
import { passThrough, type FilterUnit, type Step } from './tag-path.ts'

interface Open {
  /** The frame as it was taken. */
  readonly frame: Frame
  readonly filtered: Reasons
  readonly dropped: number
}

export class ProcessedQueue implements OutputQueue {
  readonly #queue: OutputQueue
  readonly #output: string
  readonly #units: readonly FilterUnit[]
  readonly #steps = new Map<string, readonly Step[]>()
  readonly #record: Record
  readonly #open = new Map<Frame, Open>()
  #body = Buffer.alloc(0)
  #sequence = 0

  /** `output` is the name of the output, as routes in frames call it. */
  constructor(queue: OutputQueue, output: string, units: readonly FilterUnit[], pool: Pool) {
    this.#queue = queue
    this.#output = output
    this.#units = units
    this.#record = new Record(pool)
  }

  take(): Frame | undefined {
    const frame = this.#queue.take()
    if (frame === undefined) return undefined
    const batch = this.#recordsOf(frame)
    const made = new RecordFrame(this.#output)
    const filtered: Reasons = {}
    let dropped = 0
    for (let i = 0; i < batch.count; i++) {
      batch.open(i, this.#record)
      const by = this.#pass(batch.tag(i))
      if (by === undefined) this.#add(made, batch, i)
      else {
        count(filtered, by.name, 1)
        dropped++
      }
    }
    this.#record.reset()
    const processed = made.finish(++this.#sequence)
    this.#open.set(processed, { frame, filtered, dropped })
    return processed
  }

  #recordsOf(frame: Frame): Batch {
    const batch = new Batch()
    const { routes, sections } = frame.directory
    for (const [start, end, , tag, route] of sections) {
      if (!routes[route]!.includes(this.#output)) continue
      for (let at = start; at < end; at += frame.words[at >>> 2]!) batch.add(frame, at, tag)
    }
    return batch
  }

  /** Takes the record through the processors; returns the one that took it out. */
  #pass(tag: string): FilterUnit | undefined {
    let steps = this.#steps.get(tag)
    if (steps === undefined) {
      steps = this.#units.map((unit) => ({ unit, apply: unit.filter.forTag(tag) }))
      this.#steps.set(tag, steps)
    }
    return passThrough(steps, this.#record)
  }

  #add(made: RecordFrame, batch: Batch, index: number): void {
    const record = this.#record
    const room = bodyRoom(record)
    if (room > this.#body.length) this.#body = Buffer.allocUnsafeSlow(room * 2)
    const { uid, generation } = batch.stream(index)
    const head = {
      uid, generation, start: batch.start(index), end: batch.end(index), ordinal: batch.ordinal(index), seconds: record.seconds, nanos: record.nanos
    }
    made.addBody(batch.tag(index), head, record.metadata, this.#body, encodeBody(record, this.#body, 0, null))
  }

  done(frame: Frame, terms: OutputTerms): void {
    const open = this.#open.get(frame)
    if (open === undefined) return
    this.#open.delete(frame)
    const filtered = { ...terms.filtered }
    for (const reason in open.filtered) count(filtered, reason, open.filtered[reason]!)
    this.#queue.done(open.frame, { ...terms, routed: terms.routed + open.dropped, filtered })
  }

  untake(frame: Frame): void {
    const open = this.#open.get(frame)
    if (open === undefined) return
    this.#open.delete(frame)
    this.#queue.untake(open.frame)
  }

  count(terms: OutputTerms): void {
    this.#queue.count(terms)
  }

  get onFrame(): (() => void) | undefined {
    return this.#queue.onFrame
  }

  set onFrame(callback: (() => void) | undefined) {
    this.#queue.onFrame = callback
  }

  waiting(): ReturnType<OutputQueue['waiting']> {
    return this.#queue.waiting()
  }
}
