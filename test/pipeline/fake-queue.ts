/** A queue of frames in memory, and an output that answers as it is told, for tests of the delivery engine. */
import { FrameBuilder, Route } from '../../src/buffer/frame-builder.ts'
import type { Frame } from '../../src/buffer/frame.ts'
import { SlabPool } from '../../src/buffer/slab-pool.ts'
import type { OutputQueue } from '../../src/buffer/store.ts'
import type { Batch } from '../../src/event/batch.ts'
import { count, emptyOutputTerms, type OutputTerms } from '../../src/event/ledger.ts'
import { Pool } from '../../src/event/pool.ts'
import { BLOCK, Record } from '../../src/event/record.ts'
import { scanObject } from '../../src/event/json-scan.ts'
import { Stream } from '../../src/event/stream.ts'
import { DeadLetterRoom, DeadLetters, showDeadLetters } from '../../src/pipeline/dead-letters.ts'
import type { Delivery } from '../../src/pipeline/deliver.ts'
import { deliveryMeter, type DeliveryMeter } from '../../src/pipeline/delivery-meter.ts'
import type { DeadLetter } from '../../src/pipeline/letter.ts'
import type { Log } from '../../src/plugin/context.ts'
import { delivered, type Limits, type Output, type Verdict } from '../../src/plugin/output.ts'


export const limits: Limits = { maxBytes: 1e6, maxRecords: 1000, concurrency: 4, ordered: false, gather: false }

const silent = (): void => {}
export const log: Log = { error: silent, warn: silent, info: silent, debug: silent }

export function meter(): DeliveryMeter {
  return deliveryMeter({
    counter: () => ({ value: 0 }),
    gauge: silent,
    gauges: silent,
    histogram: () => ({ observe: silent })
  })
}

/** Makes frames; every record is `{"n": <number>}` with a number of its own, of the stream it is made for. */
export class FrameMaker {
  readonly #builder = new FrameBuilder(new SlabPool())
  readonly #record = new Record(new Pool())
  readonly #streams = new Map<string, Stream>()
  readonly #routes = new Map<string, Route>()
  readonly #at = new Map<string, number>()
  #sequence = 0
  made = 0

  /** One frame with a record for each of the streams named, in this order. */
  frame(streams: readonly string[], outputs: readonly string[] = ['out'], tag = 'app', pad = ''): Frame {
    return this.fill(streams, outputs, tag, pad).finish(++this.#sequence)
  }

  /** The builder with these records in it, to be appended to a store. */
  fill(streams: readonly string[], outputs: readonly string[] = ['out'], tag = 'app', pad = ''): FrameBuilder {
    for (const name of streams) {
      let stream = this.#streams.get(name)
      if (stream === undefined) {
        stream = new Stream(name, 0, { input: 'tail.0', path: `/var/log/${name}.log`, marks: {} })
        this.#streams.set(name, stream)
      }
      const start = this.#at.get(name) ?? 0
      this.#at.set(name, start + 10)
      const body = Buffer.from(JSON.stringify({ n: this.made++, s: name, ...(pad === '' ? {} : { pad }) }))
      this.#record.reset()
      this.#record.useBlock(body)
      this.#record.setTime(1_700_000_000 + this.made, 5)
      scanObject(this.#record, BLOCK, 0, body.length)
      const key = `${tag} ${outputs.join(' ')}`
      let route = this.#routes.get(key)
      if (route === undefined) this.#routes.set(key, (route = new Route(tag, outputs)))
      this.#builder.append(this.#record, route, stream, start, start + 10, 0)
      this.#builder.cover(stream, start, start + 10)
    }
    return this.#builder
  }
}

export class FakeQueue implements OutputQueue {
  readonly #frames: Frame[] = []
  #next = 0
  readonly open = new Set<Frame>()
  readonly finished = new Map<Frame, OutputTerms>()
  readonly terms = emptyOutputTerms()
  onFrame: (() => void) | undefined

  push(...frames: Frame[]): void {
    this.#frames.push(...frames)
    this.onFrame?.()
  }

  take(): Frame | undefined {
    const frame = this.#frames[this.#next]
    if (frame === undefined) return undefined
    this.#next++
    this.open.add(frame)
    return frame
  }

  done(frame: Frame, terms: OutputTerms): void {
    if (!this.open.delete(frame)) throw new Error('done with a frame that was not taken')
    this.finished.set(frame, terms)
    this.count(terms)
  }

  count(terms: OutputTerms): void {
    this.terms.routed += terms.routed
    this.terms.delivered += terms.delivered
    this.terms.dead_lettered += terms.dead_lettered
    this.terms.repeated += terms.repeated
    this.terms.fallback += terms.fallback
    for (const reason in terms.dropped) count(this.terms.dropped, reason, terms.dropped[reason]!)
  }

  untake(frame: Frame): void {
    if (!this.open.delete(frame)) throw new Error('gave back a frame that was not taken')
  }

  waiting(): { records: number; bytes: number; oldest: number; frames: number } {
    const left = this.#frames.filter((frame) => !this.finished.has(frame))
    return { records: left.reduce((all, frame) => all + frame.records, 0), bytes: 0, oldest: 0, frames: left.length }
  }

  /** What a start after a crash finds: all that is not done, from the front. */
  restarted(): FakeQueue {
    const after = new FakeQueue()
    after.#frames.push(...this.#frames.filter((frame) => !this.finished.has(frame)))
    return after
  }
}

/** The numbers of a batch's records. */
export function numbers(batch: Batch): number[] {
  return Array.from({ length: batch.count }, (_, i) => (JSON.parse(batch.bodyText(i)) as { n: number }).n)
}

export class FakeOutput implements Output {
  readonly requests: number[][] = []
  underWay = 0
  mostUnderWay = 0
  answer: (batch: Batch, request: number, signal: AbortSignal) => Verdict | Promise<Verdict> = () => delivered

  async write(batch: Batch, signal: AbortSignal): Promise<Verdict> {
    const request = this.requests.push(numbers(batch)) - 1
    this.mostUnderWay = Math.max(this.mostUnderWay, ++this.underWay)
    try {
      return await this.answer(batch, request, signal)
    } finally {
      this.underWay--
    }
  }
}

export function letters(directory: string, limit = 1e9, onFull: 'block' | 'drop' = 'block'): DeadLetters {
  return new DeadLetters({ output: 'out', room: new DeadLetterRoom(directory, limit, onFull), log, pathOf: (uid) => `/var/log/${uid}.log` })
}

/** Delivers everything that waits, then stops. */
export async function finish(delivery: Delivery): Promise<void> {
  await delivery.drain(Infinity)
  await delivery.stop()
}

export async function shown(directory: string): Promise<DeadLetter[]> {
  const found: DeadLetter[] = []
  for await (const letter of showDeadLetters(directory, 'out')) found.push(letter)
  return found
}

/** The delivery has opened its output. With faked timers too. */
export async function running(queue: FakeQueue): Promise<void> {
  while (queue.onFrame === undefined) await new Promise((resolve) => setImmediate(resolve))
}
