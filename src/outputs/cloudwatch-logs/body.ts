/** The body of a PutLogEvents request, written from the records' own bytes. */
import type { Batch } from '../../event/batch.ts'
import { copyRun } from '../../event/encoded.ts'
import { ESCAPE_GROWTH, escapeText } from '../../event/escape.ts'
import { writeDigits } from '../../lib/digits.ts'
import type { BufferPool } from '../shared/buffer-pool.ts'
import type { Messages } from './messages.ts'
import { timeOf, type Put } from './plan.ts'

const BEFORE_TIME = Buffer.from('{"timestamp":')
const BEFORE_MESSAGE = Buffer.from(',"message":"')
const AFTER_MESSAGE = Buffer.from('"}')
const END = Buffer.from(']}')
/** What an event takes beside its message, with the longest timestamp. */
const EVENT_ROOM = BEFORE_TIME.length + 16 + BEFORE_MESSAGE.length + AFTER_MESSAGE.length + 1

/** Returns a buffer of the pool and how many of its bytes are the body. */
export function buildBody({ target, records, part }: Put, batch: Batch, messages: Messages, buffers: BufferPool): { buffer: Buffer; length: number } {
  const { head } = target
  const text = part === undefined ? undefined : messages.text(records[0]!).subarray(part.start, part.end)
  let room = head.length + END.length + (text === undefined ? 0 : text.length * ESCAPE_GROWTH + 1)
  for (const record of records) room += EVENT_ROOM + (text === undefined ? messages.size(record) : 0)
  // half as much again is the rule for JSON within JSON; what needs more grows
  let buffer = buffers.take(text === undefined ? room + (room >>> 1) : room)
  let at = copyRun(head, 0, head.length, buffer, 0)
  for (let i = 0; i < records.length; i++) {
    const record = records[i]!
    const need = at + EVENT_ROOM + END.length + (text === undefined ? messages.room(record) : text.length * ESCAPE_GROWTH + 1)
    if (need > buffer.length) buffer = buffers.grow(buffer, at, need)
    if (i > 0) buffer[at++] = 0x2c
    at = copyRun(BEFORE_TIME, 0, BEFORE_TIME.length, buffer, at)
    at = writeDigits(timeOf(batch, record), 1, buffer, at)
    at = copyRun(BEFORE_MESSAGE, 0, BEFORE_MESSAGE.length, buffer, at)
    at = text === undefined ? messages.write(record, buffer, at) : escapeText(text, 0, text.length, buffer, at)
    at = copyRun(AFTER_MESSAGE, 0, AFTER_MESSAGE.length, buffer, at)
  }
  return { buffer, length: copyRun(END, 0, END.length, buffer, at) }
}
