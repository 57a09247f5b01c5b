/**
 * The events that CloudWatch took in some stretch of time, in an order that is the same whenever they are read. The API
 * finds events by their own time only, so that each stretch is asked for from `lateness` before its begin; what arrived
 * earlier or later is left out here.
 */

export interface LogEvent {
  /** Unix milliseconds. */
  readonly timestamp: number
  readonly message: string
  /** Unix milliseconds at which CloudWatch took it. */
  readonly ingestionTime: number
  readonly eventId: string
  readonly stream: string
}

export interface Question {
  /** By the events' own time, `[from, until)`. */
  readonly from: number
  readonly until: number
  readonly prefix: string | undefined
  readonly token: string | undefined
}

export interface Page {
  readonly events: readonly LogEvent[]
  readonly token: string | undefined
}

export interface SliceOptions {
  readonly ask: (question: Question, signal: AbortSignal) => Promise<Page>
  readonly prefix: string | undefined
  readonly takes: (event: LogEvent) => boolean
  readonly lateness: number
  readonly signal: AbortSignal
  /** Characters of messages held at once. */
  readonly room?: number
}

export interface Slice {
  readonly events: readonly LogEvent[]
  /** They are all that arrived before this time: earlier than asked for when they were too many to hold. */
  readonly until: number
}

const ROOM = 4 * 1024 * 1024

/** Events with an ingestion time in `[from, until)`. */
export async function readSlice(from: number, until: number, { ask, prefix, takes, lateness, signal, room = ROOM }: SliceOptions): Promise<Slice> {
  let events: LogEvent[] = []
  let size = 0
  let end = until
  let token: string | undefined
  do {
    const page = await ask({ from: from - lateness, until: until + lateness, prefix, token }, signal)
    for (const event of page.events) {
      if (event.ingestionTime < from || event.ingestionTime >= end || !inTime(event, lateness) || !takes(event)) continue
      events.push(event)
      size += event.message.length
    }
    if (size > room) {
      end = middle(events)
      events = events.filter(({ ingestionTime }) => ingestionTime < end)
      size = events.reduce((sum, { message }) => sum + message.length, 0)
    }
    token = page.token
  } while (token !== undefined)
  events.sort((a, b) => a.ingestionTime - b.ingestionTime || a.timestamp - b.timestamp || (a.eventId < b.eventId ? -1 : 1))
  return { events, until: end }
}

/** Whether an event arrived so soon after its own time that the look at its arrival finds it. */
export function inTime({ timestamp, ingestionTime }: LogEvent, lateness: number): boolean {
  return timestamp >= ingestionTime - lateness && timestamp < ingestionTime + lateness
}

/** A time with about half of the events before it, and at least one moment of them. */
function middle(events: readonly LogEvent[]): number {
  const times = events.map(({ ingestionTime }) => ingestionTime).sort((a, b) => a - b)
  const half = times[times.length >>> 1]!
  return half > times[0]! ? half : half + 1
}
