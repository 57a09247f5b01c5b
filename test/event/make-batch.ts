/** Batches for tests of outputs: records written down as objects, encoded by the real frame builder. */
import { FrameBuilder, Route } from '../../src/buffer/frame-builder.ts'
import { SlabPool } from '../../src/buffer/slab-pool.ts'
import { Batch } from '../../src/event/batch.ts'
import { Constant } from '../../src/event/constant.ts'
import { HEADER, SIZE } from '../../src/event/encoded.ts'
import { scanObject } from '../../src/event/json-scan.ts'
import { Pool } from '../../src/event/pool.ts'
import { BLOCK, Record } from '../../src/event/record.ts'
import { Stream } from '../../src/event/stream.ts'

export interface RecordSpec {
  /** The body: an object, or its JSON text. */
  readonly body: object | string
  readonly tag?: string
  readonly seconds?: number
  readonly nanos?: number
  readonly metadata?: string
  /** Set under the key `shared` as a constant of the frame. */
  readonly constant?: string
  readonly start?: number
  readonly end?: number
  readonly ordinal?: number
  readonly stream?: Stream
}

const identity = { input: 'tail.0', path: '/var/log/a.log', marks: {} }
export const STREAM = new Stream('abcdefghijk', 0, identity)

/** 2026-11-22T10:00:00Z */
export const TEN = 1_795_341_600

/** A batch of one frame. Without places in the source, each record covers 100 bytes after the one before. */
export function makeBatch(specs: readonly RecordSpec[]): Batch {
  const pool = new Pool()
  const record = new Record(pool)
  const builder = new FrameBuilder(new SlabPool())
  const constants = new Map<string, Constant>()
  specs.forEach((spec, i) => {
    const text = Buffer.from(typeof spec.body === 'string' ? spec.body : JSON.stringify(spec.body))
    record.reset()
    record.useBlock(text)
    record.setTime(spec.seconds ?? TEN, spec.nanos ?? 123_456_789)
    record.metadata = spec.metadata ?? ''
    if (scanObject(record, BLOCK, 0, text.length) < 0) throw new Error(`not an object: ${text.toString()}`)
    if (spec.constant !== undefined) {
      const constant = constants.get(spec.constant) ?? new Constant(spec.constant)
      constants.set(spec.constant, constant)
      record.setConstant(pool.key('shared'), constant)
    }
    const start = spec.start ?? i * 100
    builder.append(record, new Route(spec.tag ?? 'app', ['out']), spec.stream ?? STREAM, start, spec.end ?? start + 100, spec.ordinal ?? 0)
  })
  const frame = builder.finish(1)
  const batch = new Batch()
  for (const [start, end, , tag] of frame.directory.sections) {
    for (let at = start; at < end; at += frame.words[(at >>> 2) + SIZE]!) {
      if (frame.words[(at >>> 2) + SIZE]! < HEADER) throw new Error('no record')
      batch.add(frame, at, tag)
    }
  }
  return batch
}
