/**
 * What a person can do with a buffer while no agent runs: look at it, check it, take the records out, mend it, let an
 * output go. Looking changes nothing and works beside a running agent too.
 */
import fs from 'node:fs'
import { basename, join } from 'node:path'
import { FantailError } from '../errors.ts'
import { Batch } from '../event/batch.ts'
import { SIZE } from '../event/encoded.ts'
import { count, type InputTerms, type OutputTerms } from '../event/ledger.ts'
import { DirectoryInUse, lockDirectory } from '../lib/directory-lock.ts'
import { CursorFile, readCursors, type CursorState } from './cursor-file.ts'
import { DiskLog, SEGMENT_SIZE, systemDisk } from './disk-log.ts'
import { FrameCache } from './frame-cache.ts'
import type { Frame } from './frame.ts'
import { MemoryLog } from './memory-log.ts'
import { cursorDirectory, logDirectory, quarantineDirectory } from './folders.ts'
import { Queue } from './output-queue.ts'
import { recover, type Recovered } from './recovery.ts'
import { scanFrames } from './scan.ts'
import { bootId } from './snapshot.ts'

export interface BufferListing {
  readonly segments: readonly SegmentListing[]
  readonly outputs: readonly OutputListing[]
  /** Streams with positions, and how many of them nothing more is expected of. */
  readonly streams: number
  readonly closedStreams: number
  /** What the next start will cut off and put aside. */
  readonly tornBytes: number
  readonly corruptFrames: number
  /** Files in `quarantine/`. */
  readonly quarantined: readonly string[]
}

export interface SegmentListing {
  readonly name: string
  readonly bytes: number
  /** Frames with records. */
  readonly frames: number
  /** Pairs of frame and output that are not done. */
  readonly waiting: number
}

export interface OutputListing {
  readonly name: string
  readonly frames: number
  readonly records: number
  readonly bytes: number
  /** Unix time in seconds of the oldest record that waits, or 0. */
  readonly oldest: number
  readonly forgotten: boolean
}

export interface Verification {
  readonly segments: number
  readonly frames: number
  readonly records: number
  readonly bytes: number
  /** One sentence each. */
  readonly problems: readonly string[]
}

export interface Repair {
  readonly tornBytes: number
  readonly corruptFrames: number
  readonly segments: number
}

interface Inspection {
  readonly recovered: Recovered
  readonly cursors: readonly CursorState[]
  readonly queues: readonly Queue[]
}

/** What lies in the buffer and for whom. Throws `FantailError` when the directory holds none. */
export function listBuffer(directory: string): BufferListing {
  const { recovered, cursors, queues } = inspect(directory)
  const streams = recovered.positions.recovered()
  return {
    segments: recovered.segments.map((segment) => ({
      name: basename(segment.path), bytes: segment.fileBytes, frames: segment.frameCount, waiting: segment.waiting
    })),
    outputs: queues.map((queue, i) => ({ name: queue.name, ...queue.waiting(), forgotten: cursors[i]!.forgotten ?? false })),
    streams: streams.length,
    closedStreams: streams.filter(({ closed }) => closed).length,
    tornBytes: recovered.report.tornBytes,
    corruptFrames: recovered.report.corruptFrames,
    quarantined: filesIn(quarantineDirectory(directory))
  }
}

/** Reads every frame and checks it. */
export function verifyBuffer(directory: string): Verification {
  needBuffer(directory)
  const problems: string[] = []
  let frames = 0
  let records = 0
  let bytes = 0
  const segments = filesIn(logDirectory(directory))
  for (const name of segments) {
    let snapshots = 0
    const { torn, corrupt, end } = scanFrames(join(logDirectory(directory), name), (frame, offset) => {
      if (offset === 0 && frame.directory.snapshot !== undefined) snapshots++
      frames++
      records += frame.records
      const problem = recordsProblem(frame)
      if (problem !== undefined) problems.push(`log/${name}: the frame at byte ${offset} ${problem}`)
    })
    bytes += end
    if (snapshots === 0) problems.push(`log/${name}: does not begin with a valid snapshot`)
    for (const [offset, length] of corrupt) problems.push(`log/${name}: ${length} bytes from ${offset} are no valid frame`)
    if (torn > 0) problems.push(`log/${name}: the last ${torn} bytes are a frame that was not finished`)
  }
  for (const name of filesIn(cursorDirectory(directory))) {
    if (new CursorFile(cursorDirectory(directory), '', name).read() === undefined) {
      problems.push(`cursors/${name}: neither of its slots is valid`)
    }
  }
  return { segments: segments.length, frames, records, bytes, problems }
}

/** What is wrong with the records of a frame whose checksum is right, or undefined. */
function recordsProblem(frame: Frame): string | undefined {
  let found = 0
  for (const [start, end, records] of frame.directory.sections) {
    let at = start
    while (at < end && frame.words[at >>> 2]! > 0) {
      at += frame.words[(at >>> 2) + SIZE]!
      found++
    }
    if (at !== end || records < 0) return 'has a section that its records do not fill'
  }
  return found === frame.records ? undefined : `says that it has ${frame.records} records and has ${found}`
}

/**
 * The records that wait, oldest first, as JSON lines: time (ISO 8601, nanoseconds), tag, outputs that wait for it, source
 * (path, uid, generation, start, end) and the record. With `output`, only what that one waits for.
 */
export async function * exportBuffer(directory: string, options: { readonly output?: string } = {}): AsyncIterable<string> {
  const { recovered, cursors } = inspect(directory)
  if (options.output !== undefined) needOutput(cursors, options.output)
  const wanted = options.output === undefined ? cursors : cursors.filter(({ name }) => name === options.output)
  const waiting = wanted.map(({ name, position, open }) => ({ name, position, open: new Set(open) }))
  const paths = new Map(recovered.positions.recovered().map(({ uid, identity }) => [uid, identity.path]))
  for (const segment of recovered.segments) {
    if (segment.waiting === 0) continue
    const lines: string[] = []
    scanFrames(segment.path, (frame) => {
      const names = waiting.filter(({ position, open }) => frame.sequence >= position || open.has(frame.sequence))
        .map(({ name }) => name)
      if (names.length > 0) exportFrame(frame, new Set(names), paths, lines)
    })
    yield * lines
  }
}

function exportFrame(frame: Frame, waiting: ReadonlySet<string>, paths: ReadonlyMap<string, string>, lines: string[]): void {
  const batch = new Batch()
  for (const [start, end, , tag, route] of frame.directory.sections) {
    const outputs = frame.directory.routes[route]!.filter((name) => waiting.has(name))
    if (outputs.length === 0) continue
    const first = batch.count
    for (let at = start; at < end; at += frame.words[(at >>> 2) + SIZE]!) batch.add(frame, at, tag)
    for (let i = first; i < batch.count; i++) {
      const { uid, generation } = batch.stream(i)
      const source = { path: paths.get(uid), uid, generation, start: batch.start(i), end: batch.end(i) }
      const head = JSON.stringify({ time: isoTime(batch.seconds(i), batch.nanos(i)), tag: batch.tag(i), outputs, source })
      const metadata = batch.metadata(i)
      lines.push(`${head.slice(0, -1)},${metadata === '' ? '' : `"metadata":${metadata},`}"record":${batch.bodyText(i)}}`)
    }
  }
}

function isoTime(seconds: number, nanos: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${String(nanos).padStart(9, '0')}Z`
}

/** Does now what the next start would do: cuts torn tails, puts corrupt frames into `quarantine/`, writes indexes anew. */
export async function repairBuffer(directory: string): Promise<Repair> {
  needBuffer(directory)
  return alone(directory, () => {
    const { report, segments } = recover(logDirectory(directory), quarantineDirectory(directory), true, bootId())
    return { tornBytes: report.tornBytes, corruptFrames: report.corruptFrames, segments: segments.length }
  })
}

/** Gives up what waits for an output; returns how much it was. The next start deletes it. */
export async function forgetOutput(directory: string, name: string): Promise<{ readonly records: number, readonly bytes: number }> {
  needBuffer(directory)
  return alone(directory, () => {
    const { recovered, cursors, queues } = inspect(directory)
    needOutput(cursors, name)
    const at = cursors.findIndex((cursor) => cursor.name === name)
    const { records, bytes } = queues[at]!.waiting()
    const { terms } = cursors[at]!
    terms.routed += records
    if (records > 0) count(terms.dropped, 'forgotten', records)
    const file = new CursorFile(cursorDirectory(directory), name)
    file.read()
    file.write({ name, position: Math.max(recovered.next, cursors[at]!.position), open: [], terms, forgotten: true })
    file.close()
    return { records, bytes }
  })
}

/** The totals as a start would find them; `waiting` from the frames on disk. */
export function readLedger(directory: string): {
  readonly inputs: { readonly [name: string]: InputTerms }
  readonly outputs: { readonly [name: string]: OutputTerms }
} {
  const { recovered, queues } = inspect(directory)
  const outputs = new Map(recovered.totals.delivered)
  for (const queue of queues) {
    const earlier = recovered.totals.delivered.get(queue.name)
    if (earlier !== undefined) queue.addEarlier(earlier)
    outputs.set(queue.name, { ...queue.totals, waiting: queue.waiting().records })
  }
  return { inputs: Object.fromEntries(recovered.totals.inputs), outputs: Object.fromEntries(outputs) }
}

function inspect(directory: string): Inspection {
  needBuffer(directory)
  const recovered = recover(logDirectory(directory), quarantineDirectory(directory), false, bootId())
  const cursors = readCursors(cursorDirectory(directory), recovered.outputs)
  const log = new DiskLog(logDirectory(directory), recovered,
    { segmentSize: SEGMENT_SIZE, syncEveryFrame: false, disk: systemDisk, boot: '' })
  const parts = { log, memory: new MemoryLog(), cache: new FrameCache(), changed: () => {}, corrupt: () => {}, gaveUp: () => {} }
  const queues = cursors.map((state) =>
    new Queue(structuredClone(state), new CursorFile(cursorDirectory(directory), state.name), parts, undefined))
  return { recovered, cursors, queues }
}

async function alone<T>(directory: string, work: () => T): Promise<T> {
  let lock
  try {
    lock = await lockDirectory(directory)
  } catch (error) {
    if (!(error instanceof DirectoryInUse)) throw error
    throw new FantailError('state-in-use', { path: error.pid === undefined ? directory : `${directory} (process ${error.pid})` })
  }
  try {
    return work()
  } finally {
    await lock.release()
  }
}

function needBuffer(directory: string): void {
  if (!fs.existsSync(logDirectory(directory)) || !fs.existsSync(cursorDirectory(directory))) {
    throw new FantailError('not-a-buffer', { path: directory })
  }
}

function needOutput(cursors: readonly CursorState[], name: string): void {
  if (!cursors.some((cursor) => cursor.name === name)) throw new FantailError('unknown-output', { name })
}

function filesIn(directory: string): string[] {
  return fs.existsSync(directory) ? fs.readdirSync(directory).filter((name) => /\.(log|cursor|frame)$/.test(name)).sort() : []
}
