/** Bodies of PutLogEvents requests, written from the records' own bytes. */
import { copyRun } from '../../event/encoded.ts'
import { ESCAPE_GROWTH, escapeText } from '../../event/escape.ts'
import { writeDigits } from '../../lib/digits.ts'
import type { BufferPool } from '../shared/buffer-pool.ts'
import type { Messages } from './messages.ts'
import type { Put } from './plan.ts'

const BEFORE_TIME = Buffer.from('{"timestamp":')
const BEFORE_MESSAGE = Buffer.from(',"message":"')
const AFTER_MESSAGE = Buffer.from('"}')
const COMMA = 0x2c
const END = Buffer.from(']}')
/** What an event takes beside its message, with the longest timestamp and the comma before it. */
const EVENT_ROOM = 1 + BEFORE_TIME.length + 16 + BEFORE_MESSAGE.length + AFTER_MESSAGE.length

export interface Bodies {
  /** Of the pool; it holds all of them. */
  readonly buffer: Buffer
  /** The body of each request, in the order given. */
  readonly views: readonly Buffer[]
}

/** Builds the bodies of requests one behind the other, so that a batch takes one buffer whatever the number of its streams. */
export function buildBodies(puts: readonly Put[], times: Float64Array, messages: Messages, buffers: BufferPool): Bodies {
  let size = 0
  for (const { target, records, part } of puts) {
    size += target.head.length + END.length + records.length * EVENT_ROOM
    if (part !== undefined) size += part.end - part.start
    else for (let i = 0; i < records.length; i++) size += messages.size(records[i]!)
  }
  // a quarter more is the rule for JSON within JSON whose constants are long; what needs more grows
  let buffer = buffers.take(size + (size >>> 2))
  const ends: number[] = []
  let at = 0
  for (const { target, records, part } of puts) {
    const text = part === undefined ? undefined : messages.text(records[0]!).subarray(part.start, part.end)
    const { head } = target
    if (at + head.length > buffer.length) buffer = buffers.grow(buffer, at, at + head.length)
    at = copyRun(head, 0, head.length, buffer, at)
    for (let i = 0; i < records.length; i++) {
      const record = records[i]!
      const need = at + EVENT_ROOM + END.length + (text === undefined ? messages.room(record) : text.length * ESCAPE_GROWTH + 1)
      if (need > buffer.length) buffer = buffers.grow(buffer, at, need)
      if (i > 0) buffer[at++] = COMMA
      at = copyRun(BEFORE_TIME, 0, BEFORE_TIME.length, buffer, at)
      at = writeDigits(times[record]!, 1, buffer, at)
      at = copyRun(BEFORE_MESSAGE, 0, BEFORE_MESSAGE.length, buffer, at)
      at = text === undefined ? messages.write(record, buffer, at) : escapeText(text, 0, text.length, buffer, at)
      at = copyRun(AFTER_MESSAGE, 0, AFTER_MESSAGE.length, buffer, at)
    }
    at = copyRun(END, 0, END.length, buffer, at)
    ends.push(at)
  }
  return { buffer, views: ends.map((end, i) => buffer.subarray(i === 0 ? 0 : ends[i - 1], end)) }
}
