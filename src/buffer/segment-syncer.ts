/**
 * Puts segments on the disk for good, off the main thread. A segment that everybody is done with soon after it is complete
 * is deleted without ever being synced.
 */
import fs from 'node:fs'
import type { Segment } from './segment.ts'

/** An output that keeps up is done with a segment long before this. */
const SYNC_AFTER = 1000

export class SegmentSyncer {
  readonly #directory: string
  readonly #segments: readonly Segment[]
  readonly #synced: () => void
  #chain: Promise<void> = Promise.resolve()
  readonly #running = new Set<Promise<void>>()
  readonly #timers = new Set<NodeJS.Timeout>()

  /** `synced` is called when a snapshot is on the disk, so that older segments may be deleted. */
  constructor(directory: string, segments: readonly Segment[], synced: () => void) {
    this.#directory = directory
    this.#segments = segments
    this.#synced = synced
  }

  /** The snapshot of a new segment goes to the disk before the segments that it makes superfluous are deleted. */
  head(segment: Segment): void {
    this.#run(async () => {
      await syncPath(segment.path)
      await syncPath(this.#directory)
      segment.headSynced = true
      this.#synced()
    })
  }

  /** Syncs a complete segment when somebody still waits for it after a while. */
  later(segment: Segment): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      // one after the other: a sync may take long, and the threads that do it are needed for other things too
      this.#run(() => (this.#chain = this.#chain.catch(() => {}).then(() => this.#syncWaiting(segment))))
    }, SYNC_AFTER).unref()
    this.#timers.add(timer)
  }

  async #syncWaiting(segment: Segment): Promise<void> {
    if (!segment.synced && segment.waiting > 0 && this.#segments.includes(segment)) await syncSegment(segment)
  }

  /** Syncs whatever is not synced and not done. */
  async all(): Promise<void> {
    await Promise.all(this.#segments.filter((s) => !s.synced && (s.waiting > 0 || !s.sealed)).map(syncSegment))
    await syncPath(this.#directory)
  }

  /** A sync that fails vouches for nothing: the segment stays one that was not synced. */
  #run(work: () => Promise<void>): void {
    const running = work().catch(() => {}).finally(() => this.#running.delete(running))
    this.#running.add(running)
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer)
    await Promise.all(this.#running)
  }
}

async function syncSegment(segment: Segment): Promise<void> {
  const { sealed } = segment
  await syncPath(segment.path)
  segment.headSynced = true
  if (sealed) segment.synced = true
}

async function syncPath(path: string): Promise<void> {
  const file = await fs.promises.open(path, 'r')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}
