/**
 * Frames of inputs whose data stays in memory. When every output is done with one, its ranges and what became of its
 * records go to the disk log, many frames' together, so that a position is durable only after the data it covers.
 */
import type { OutputTerms } from '../event/ledger.ts'
import type { DiskLog } from './disk-log.ts'
import { mergeRanges } from './frame-builder.ts'
import { withDirectory, type Directory, type Frame, type StreamEntry } from './frame.ts'
import { streamKey } from './positions.ts'
import { sharesOf, type Share } from './segment.ts'
import type { Claim } from './segment-reader.ts'
import { Totals, addOutputTerms } from './totals.ts'

export interface MemoryFrame {
  readonly frame: Frame
  readonly input: string
  /** What outputs have of it; those that it was given up for are taken out. */
  readonly shares: Map<string, Share>
  /** Outputs that are not done with it. */
  needs: number
  readonly outcomes: Totals
}

export interface MemoryClaim extends Claim {
  readonly memory: MemoryFrame
}

export class MemoryLog {
  readonly #frames: MemoryFrame[] = []
  readonly #bytes = new Map<string, number>()
  // what is done and not on disk yet
  #totals = new Totals()
  #streams: StreamEntry[] = []
  #slots = new Map<string, number>()
  #ranges: [number, number, number][] = []

  get count(): number {
    return this.#frames.length
  }

  get bytes(): number {
    let bytes = 0
    for (const amount of this.#bytes.values()) bytes += amount
    return bytes
  }

  bytesOf(input: string): number {
    return this.#bytes.get(input) ?? 0
  }

  /** Frames of an input that are not done, the oldest first. */
  framesOf(input: string): MemoryFrame[] {
    return this.#frames.filter((memory) => memory.input === input)
  }

  /** Takes a frame for `needs` of the outputs in `shares`. */
  append(input: string, frame: Frame, shares: Map<string, Share>, needs: number): void {
    const memory: MemoryFrame = { frame, input, shares, needs, outcomes: new Totals() }
    if (needs === 0) {
      this.#complete(memory)
      return
    }
    this.#frames.push(memory)
    this.#bytes.set(input, this.bytesOf(input) + frame.size)
  }

  /** The first frame with records for `output` whose sequence number is `from` or higher. */
  following(output: string, from: number): MemoryClaim | undefined {
    for (let at = this.#lowerBound(from); at < this.#frames.length; at++) {
      const memory = this.#frames[at]!
      const share = memory.shares.get(output)
      if (share !== undefined) return { sequence: memory.frame.sequence, ...share, memory }
    }
    return undefined
  }

  #lowerBound(sequence: number): number {
    let low = 0
    let high = this.#frames.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#frames[middle]!.frame.sequence < sequence) low = middle + 1
      else high = middle
    }
    return low
  }

  /** An output is done with a frame; returns whether it was the last one. */
  done(memory: MemoryFrame, output: string, terms: OutputTerms): boolean {
    addOutputTerms(memory.outcomes.output(output), terms)
    if (--memory.needs > 0) return false
    this.#frames.splice(this.#lowerBound(memory.frame.sequence), 1)
    this.#bytes.set(memory.input, this.bytesOf(memory.input) - memory.frame.size)
    this.#complete(memory)
    return true
  }

  #complete({ frame, outcomes }: MemoryFrame): void {
    const { directory } = frame
    const slots = directory.streams.map((entry) => this.#slot(entry))
    for (const [stream, from, to] of directory.ranges) this.#ranges.push([slots[stream]!, from, to])
    if (this.#ranges.length > 4096) this.#ranges = mergeRanges(this.#ranges)
    this.#totals.apply(directory)
    for (const [output, terms] of outcomes.delivered) addOutputTerms(this.#totals.output(output), terms)
    frame.release()
  }

  #slot(entry: StreamEntry): number {
    const key = streamKey(entry.uid, entry.generation)
    const slot = this.#slots.get(key) ?? this.#streams.length
    this.#slots.set(key, slot)
    this.#streams[slot] = { ...this.#streams[slot], ...entry }
    return slot
  }

  /** What is done since the last call, as a frame's directory; undefined when there is nothing. */
  takeDone(): Directory | undefined {
    if (this.#streams.length === 0 && this.#totals.isEmpty) return undefined
    const directory: Directory = {
      tags: [], routes: [], sections: [], constants: [], streams: this.#streams, ranges: mergeRanges(this.#ranges),
      ...this.#totals.directoryPart()
    }
    this.#totals = new Totals()
    this.#streams = []
    this.#slots = new Map()
    this.#ranges = []
    return directory
  }

  /**
   * Puts what is not done into the log on disk, oldest first: in its place there, only those of the outputs `configured`
   * have a share that are not done with it, and it says what became of it at the others.
   */
  putDown(log: DiskLog, configured: ReadonlySet<string>): void {
    this.#bytes.clear()
    for (const { frame, outcomes } of this.#frames.splice(0)) {
      const waits = (output: string): boolean => configured.has(output) && !outcomes.delivered.has(output)
      const directory = {
        ...frame.directory,
        routes: frame.directory.routes.map((outputs) => outputs.filter(waits)),
        delivered: outcomes.directoryPart().delivered ?? {}
      }
      const sequence = log.takeSequence()
      const shares = sharesOf(directory)
      log.append(withDirectory(frame, directory, sequence), directory, sequence, shares, shares.size, () => {})
      frame.release()
    }
  }

  /** Streams of frames that are not done (`streamKey`). */
  mentioned(): Set<string> {
    const keys = new Set(this.#slots.keys())
    for (const { frame } of this.#frames) {
      for (const { uid, generation } of frame.directory.streams) keys.add(streamKey(uid, generation))
    }
    return keys
  }
}
