/**
 * A snapshot is the first frame of a segment: a frame without records whose streams, ranges and ledger terms are totals
 * of all that came before, so that a start reads the newest one and what follows it, and old segments can be deleted
 * without forgetting anything. It bears the first sequence number that the segment may hold.
 *
 * It vouches for segments that may not be on the disk for good yet, and names them (`unsynced`): when the
 * machine was started anew since and one of those is there but not whole, the snapshot before it counts instead. One that
 * is gone was deleted on purpose. As long as the machine runs, the system has what was written, killed or not.
 */
import fs from 'node:fs'
import { encodeDirectory, type Directory } from './frame.ts'
import type { Positions } from './positions.ts'
import type { Segment } from './segment.ts'
import type { Totals } from './totals.ts'

export function encodeSnapshot(
  sequence: number, positions: Positions, totals: Totals, outputs: readonly string[], segments: readonly Segment[], boot: string
): Buffer {
  const directory: Directory = {
    tags: [],
    routes: [],
    sections: [],
    constants: [],
    ...positions.directoryPart(),
    ...totals.directoryPart(),
    snapshot: {
      outputs,
      boot,
      unsynced: segments.filter((s) => !s.synced).map((s) => [s.first, s.length, s.corrupt] as const)
    }
  }
  return encodeDirectory(directory, sequence)
}

/** Tells one start of the machine from the next; empty when the system does not say. */
export function bootId(): string {
  try {
    return fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return ''
  }
}
