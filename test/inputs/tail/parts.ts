/** The parts of tail put together without what finds files and wakes them: a test says what is there. */
import { Follower, type FollowerOptions } from '../../../src/inputs/tail/follower.ts'
import { makeHandling } from '../../../src/inputs/tail/handlers.ts'
import { Lines, type LineOptions } from '../../../src/inputs/tail/lines.ts'
import { PlainReader } from '../../../src/inputs/tail/plain-reader.ts'
import { Sweep } from '../../../src/inputs/tail/sweep.ts'
import type { Followed } from '../../../src/inputs/tail/followed.ts'
import { makeContext, type RecordingIngest } from '../recording-ingest.ts'

export interface Parts {
  readonly follower: Follower
  readonly sweep: Sweep
  readonly reader: PlainReader
  readonly lines: Lines
  readonly options: FollowerOptions
  readonly context: ReturnType<typeof makeContext>
  /** Files that the follower asked to be watched. */
  readonly watched: Followed[]
  /** How often all was read. */
  idle: number
}

export interface Chosen {
  readonly follower?: Partial<FollowerOptions>
  readonly lines?: Partial<LineOptions>
  readonly turnBytes?: number
}

export function makeParts(ingest: RecordingIngest, chosen: Chosen = {}): Parts {
  const context = makeContext(ingest)
  const handling = makeHandling(ingest, context.pool, {
    key: 'log', pathKey: undefined, offsetKey: undefined, parser: null, joiner: null, ignoreOlder: 0
  })
  const counter = { value: 0 }
  const lines = new Lines(ingest, handling.clock, { skipEmpty: false, longLine: 1_000, long: 'whole', ...chosen.lines }, {
    skipped: counter, truncated: counter, invalid: counter
  })
  const reader = new PlainReader(lines, ingest)
  const options: FollowerOptions = {
    handling, joins: null, tagOf: () => 'app', unicode: undefined, generic: undefined,
    readFromHead: true, newFromHead: true, ignoreOlder: 0, openLimit: 1_000, positions: null, ...chosen.follower
  }
  const watched: Followed[] = []
  const sweep = new Sweep(ingest, reader, lines, null, context.log, chosen.turnBytes ?? 50_000_000, () => parts.idle++)
  const follower = new Follower(context, options, (file) => sweep.wake(file), (file) => watched.push(file))
  sweep.attach(follower)
  const parts: Parts = { follower, sweep, reader, lines, options, context, watched, idle: 0 }
  return parts
}

/** Waits until a condition holds; false when it does not within the time. */
export async function until(holds: () => boolean, millis = 3_000): Promise<boolean> {
  const end = performance.now() + millis
  while (!holds() && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 2))
  return holds()
}
