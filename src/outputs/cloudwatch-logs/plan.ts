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
/** In the place of a target, of a record without a message. */
const NO_TARGET = 0xffff_ffff
/** Most bytes of one message. */
export const LONGEST_MESSAGE = MAX_BYTES - EVENT_OVERHEAD

/** One request. */
export interface Put {
  readonly target: Target
  /** The records of its events, in their order. */
  readonly records: Uint32Array
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
  const order = new Map<Target, number>()
  /** Of each record the index of its target, and of each target how many records it has. */
  const targetOf = new Uint32Array(count)
  const counts: number[] = []
  let last: Target | undefined
  let mine = 0
  for (let i = 0; i < count; i++) {
    if (messages.size(i) < 0) {
      without.push(i)
      targetOf[i] = NO_TARGET
      continue
    }
    times[i] = batch.seconds(i) * 1000 + Math.floor(batch.nanos(i) / 1e6)
    const target = targets.of(batch, i)
    if (target !== last) {
      last = target
      mine = order.get(target) ?? counts.push(0) - 1
      order.set(target, mine)
    }
    targetOf[i] = mine
    counts[mine]!++
  }
  const parts = gather(targetOf, counts)
  let long = 0
  const lines: Put[][] = []
  for (const [target, index] of order) {
    const records = parts[index]!
    if (!isSorted(records, times)) records.sort((a, b) => times[a]! - times[b]! || a - b)
    const line: Put[] = []
    long += cutLine(target, records, times, messages, longEvents, line)
    lines.push(line)
  }
  return { lines, times, without, long }
}

/** The records of each target in their order: parts of one array, since there may be a target for each record. */
function gather(targetOf: Uint32Array, counts: readonly number[]): Uint32Array[] {
  const all = new Uint32Array(targetOf.length)
  const ends = new Uint32Array(counts.length)
  let end = 0
  const starts = counts.map((count, index) => {
    ends[index] = end
    end += count
    return ends[index]
  })
  for (let i = 0; i < targetOf.length; i++) {
    const target = targetOf[i]!
    if (target !== NO_TARGET) all[ends[target]!++] = i
  }
  return starts.map((start, index) => all.subarray(start, ends[index]))
}

function isSorted(records: Uint32Array, times: Float64Array): boolean {
  for (let i = 1; i < records.length; i++) if (times[records[i]!]! < times[records[i - 1]!]!) return false
  return true
}

/** Appends the requests for a target's records to `line`; returns how many messages were too long. */
function cutLine(
  target: Target, records: Uint32Array, times: Float64Array, messages: Messages, longEvents: 'split' | 'cut', line: Put[]
): number {
  let long = 0
  let from = 0
  let bytes = 0
  const close = (to: number): void => {
    if (to > from) line.push({ target, records: records.subarray(from, to) })
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
      for (const part of partsOf(messages.text(record), longEvents)) line.push({ target, records: records.subarray(i, i + 1), part })
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
  return [{ target, records: records.subarray(0, half) }, { target, records: records.subarray(half) }]
}
