/**
 * From a batch to the requests it takes, within the limits of PutLogEvents: 10,000 events and 1,048,576 bytes (26 more
 * than the UTF-8 of each message), in chronological order, over less than 24 hours. Events of one millisecond keep the
 * order of their records.
 */
import type { Batch } from '../../event/batch.ts'
import type { Messages } from './messages.ts'
import type { Target, Targets } from './targets.ts'

export const EVENT_OVERHEAD = 26
export const MAX_BYTES = 1_048_576
export const MAX_EVENTS = 10_000
const MAX_SPAN = 86_400_000
/** Most bytes of one message. */
export const LONGEST_MESSAGE = MAX_BYTES - EVENT_OVERHEAD

/** One request. */
export interface Put {
  readonly target: Target
  /** The records of its events, in their order. */
  readonly records: readonly number[]
  /** Set when its one event is a part of a message that is too long: the bytes of that part. */
  readonly part?: { readonly start: number; readonly end: number }
}

export interface Plan {
  /** The requests of each target, in order. */
  readonly lines: readonly (readonly Put[])[]
  /** Unix milliseconds of each record. */
  readonly times: Float64Array
  /** Records without a message. */
  readonly without: readonly number[]
  /** Messages that were too long for one event. */
  readonly long: number
}

export function planRequests(batch: Batch, targets: Targets, messages: Messages, longEvents: 'split' | 'cut'): Plan {
  const { count } = batch
  const times = new Float64Array(count)
  const without: number[] = []
  const records = new Map<Target, number[]>()
  let last: Target | undefined
  let list: number[] = []
  for (let i = 0; i < count; i++) {
    if (messages.size(i) < 0) {
      without.push(i)
      continue
    }
    times[i] = batch.seconds(i) * 1000 + Math.floor(batch.nanos(i) / 1e6)
    const target = targets.of(batch, i)
    if (target !== last) {
      last = target
      list = records.get(target) ?? []
      if (list.length === 0) records.set(target, list)
    }
    list.push(i)
  }
  let long = 0
  const lines: Put[][] = []
  for (const [target, mine] of records) {
    if (!isSorted(mine, times)) mine.sort((a, b) => times[a]! - times[b]! || a - b)
    const line: Put[] = []
    long += cutLine(target, mine, times, messages, longEvents, line)
    lines.push(line)
  }
  return { lines, times, without, long }
}

function isSorted(records: readonly number[], times: Float64Array): boolean {
  for (let i = 1; i < records.length; i++) if (times[records[i]!]! < times[records[i - 1]!]!) return false
  return true
}

/** Appends the requests for a target's records to `line`; returns how many messages were too long. */
function cutLine(
  target: Target, records: readonly number[], times: Float64Array, messages: Messages, longEvents: 'split' | 'cut', line: Put[]
): number {
  let long = 0
  let from = 0
  let bytes = 0
  const close = (to: number): void => {
    if (to > from) line.push({ target, records: records.slice(from, to) })
    from = to
    bytes = 0
  }
  for (let i = 0; i < records.length; i++) {
    const record = records[i]!
    const size = messages.size(record) + EVENT_OVERHEAD
    if (size > MAX_BYTES) {
      long++
      close(i)
      from = i + 1
      for (const part of partsOf(messages.text(record), longEvents)) line.push({ target, records: [record], part })
      continue
    }
    if (bytes + size > MAX_BYTES || i - from === MAX_EVENTS || times[record]! - times[records[from]!]! >= MAX_SPAN) close(i)
    bytes += size
  }
  close(records.length)
  return long
}

/** The parts of a long text, cut between characters. */
function partsOf(text: Buffer, longEvents: 'split' | 'cut'): { start: number; end: number }[] {
  const parts: { start: number; end: number }[] = []
  for (let start = 0; start < text.length;) {
    let end = Math.min(start + LONGEST_MESSAGE, text.length)
    while (end < text.length && (text[end]! & 0xc0) === 0x80) end--
    parts.push({ start, end })
    if (longEvents === 'cut') break
    start = end
  }
  return parts
}

/** Two requests in the place of one that the service refused as a whole. */
export function halve({ target, records }: Put): readonly [Put, Put] {
  const half = records.length >>> 1
  return [{ target, records: records.slice(0, half) }, { target, records: records.slice(half) }]
}
