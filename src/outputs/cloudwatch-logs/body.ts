/** Bodies of PutLogEvents requests, written from the records' own bytes. */
import { copyRun } from '../../event/encoded.ts'
import { ESCAPE_GROWTH, escapeText } from '../../event/escape.ts'
import { writeDigits } from '../../lib/digits.ts'
import type { TextSink } from '../../lib/repeats.ts'
import type { Messages } from './messages.ts'
import type { Put } from './plan.ts'

const BEFORE_TIME = Buffer.from('{"timestamp":')
const BEFORE_MESSAGE = Buffer.from(',"message":"')
const AFTER_MESSAGE = Buffer.from('"}')
const COMMA = 0x2c
const END = Buffer.from(']}')
/** What an event takes beside its message, with the longest timestamp and the comma before it. */
const EVENT_ROOM = 1 + BEFORE_TIME.length + 16 + BEFORE_MESSAGE.length + AFTER_MESSAGE.length

/** Bytes that the body of a request takes about: a quarter more than the messages is the rule for JSON within JSON. */
export function expectedSize({ target, records, part }: Put, messages: Messages): number {
  let size = part === undefined ? 0 : part.end - part.start
  if (part === undefined) for (let i = 0; i < records.length; i++) size += messages.size(records[i]!)
  return target.head.length + END.length + records.length * EVENT_ROOM + size + (size >>> 2)
}

/** Writes the body of a request; `times` are the Unix milliseconds of the records. */
export function writeBody({ target, records, part }: Put, times: Float64Array, messages: Messages, sink: TextSink): void {
  const { out } = sink
  const text = part === undefined ? undefined : messages.text(records[0]!).subarray(part.start, part.end)
  out.copy(target.head)
  for (let i = 0; i < records.length; i++) {
    const record = records[i]!
    out.reserve(EVENT_ROOM + END.length + (text === undefined ? messages.room(record) : text.length * ESCAPE_GROWTH + 1))
    const { bytes } = out
    let at = out.length
    if (i > 0) bytes[at++] = COMMA
    at = copyRun(BEFORE_TIME, 0, BEFORE_TIME.length, bytes, at)
    at = writeDigits(times[record]!, 1, bytes, at)
    at = copyRun(BEFORE_MESSAGE, 0, BEFORE_MESSAGE.length, bytes, at)
    if (text === undefined) {
      out.length = at
      messages.write(record, sink)
      out.reserve(AFTER_MESSAGE.length)
    } else out.length = escapeText(text, 0, text.length, bytes, at)
    out.length = copyRun(AFTER_MESSAGE, 0, AFTER_MESSAGE.length, out.bytes, out.length)
  }
  out.copy(END)
}
