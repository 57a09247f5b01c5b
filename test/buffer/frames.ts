/** Frames for the tests of the buffer: records that number themselves, appended to a store. */
import { FrameBuilder, Route } from '../../src/buffer/frame-builder.ts'
import type { Frame } from '../../src/buffer/frame.ts'
import { SlabPool } from '../../src/buffer/slab-pool.ts'
import type { FrameStore, StoreOptions } from '../../src/buffer/store.ts'
import { Batch } from '../../src/event/batch.ts'
import { SIZE } from '../../src/event/encoded.ts'
import { emptyInputTerms, emptyOutputTerms, type OutputTerms } from '../../src/event/ledger.ts'
import { Pool } from '../../src/event/pool.ts'
import { Record } from '../../src/event/record.ts'
import { Stream } from '../../src/event/stream.ts'

/** Source bytes of one record. */
export const SPAN = 10

const pool = new Pool()
const number = pool.key('n')
const padding = pool.key('padding')
const record = new Record(pool)
const builder = new FrameBuilder(new SlabPool())

export function storeOptions(directory: string, outputs: readonly string[], more: Partial<StoreOptions> = {}): StoreOptions {
  return {
    directory,
    outputs: outputs.map((name) => ({ name, totalLimit: undefined })),
    inputs: [
      { name: 'disk', storage: 'filesystem', memoryLimit: Infinity },
      { name: 'memory', storage: 'memory', memoryLimit: 1 << 20 },
      { name: 'ring', storage: 'memrb', memoryLimit: 1 << 20 }
    ],
    syncEveryFrame: false, keepsCorrupt: true,
    limit: 1e12,
    ...more
  }
}

/** A source whose records are the numbers from 0 on, each `SPAN` bytes long. */
export class Source {
  readonly stream: Stream
  readonly input: string
  next: number

  constructor(uid: string, input: string, next = 0) {
    this.stream = new Stream(uid.padEnd(11, '-'), 0, { input, path: `/logs/${uid}`, marks: { inode: 7 } })
    this.input = input
    this.next = next
  }

  /** Appends the next `amount` records as one frame, each padded to about `size` bytes. */
  append(store: FrameStore, amount: number, outputs: readonly string[], size = 0): void {
    const route = new Route('tag', outputs)
    const from = this.next * SPAN
    for (let i = 0; i < amount; i++) {
      record.reset()
      record.setTime(1_700_000_000 + this.next, 5)
      record.setJson(number, String(this.next))
      if (size > 0) record.setText(padding, 'x'.repeat(size))
      builder.append(record, route, this.stream, this.next * SPAN, (this.next + 1) * SPAN, 0)
      this.next++
    }
    builder.cover(this.stream, from, this.next * SPAN)
    store.append(this.input, builder, { ...emptyInputTerms(), read: amount, buffered: amount })
  }

  /** Covers the next `amount` records' bytes without any record. */
  filter(store: FrameStore, amount: number): void {
    builder.cover(this.stream, this.next * SPAN, (this.next + amount) * SPAN)
    this.next += amount
    store.append(this.input, builder, { ...emptyInputTerms(), read: amount, filtered: { grep: amount } })
  }
}

/** The numbers of a frame's records for an output, with their stream. */
export function numbersIn(frame: Frame, output: string): string[] {
  const batch = new Batch()
  for (const [start, end, , tag, route] of frame.directory.sections) {
    if (!frame.directory.routes[route]!.includes(output)) continue
    for (let at = start; at < end; at += frame.words[(at >>> 2) + SIZE]!) batch.add(frame, at, tag)
  }
  return Array.from({ length: batch.count }, (_, i) =>
    `${batch.stream(i).uid.replace(/-+$/, '')}:${(JSON.parse(batch.bodyText(i)) as { n: number }).n}`)
}

export function delivered(amount: number): OutputTerms {
  return { ...emptyOutputTerms(), delivered: amount }
}

/** Takes and finishes everything; returns the numbers. */
export function drain(store: FrameStore, output: string): string[] {
  const queue = store.queue(output)
  const numbers: string[] = []
  for (let frame = queue.take(); frame !== undefined; frame = queue.take()) {
    const found = numbersIn(frame, output)
    numbers.push(...found)
    queue.done(frame, delivered(found.length))
  }
  return numbers
}

export function range(uid: string, from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, i) => `${uid}:${from + i}`)
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
